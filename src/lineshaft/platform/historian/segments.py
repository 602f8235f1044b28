"""Headers and signatures in SQL: young segments a row each, older ones in runs.

Whoever asks gets the same answer from both. The runs of a source are always older than its rows.
Rows are looked at before runs: a segment that is packed between the two looks is found as well.
"""

import hashlib
from typing import Any

import sqlalchemy as sa

from lineshaft.core.period import Instant
from lineshaft.core.reading import SourceId
from lineshaft.platform.historian.files.archive import unpack
from lineshaft.platform.historian.model import StoredHeader
from lineshaft.platform.historian.packed import SegmentRun
from lineshaft.platform.historian.rows import to_header
from lineshaft.platform.historian.tables import SEGMENT, SEGMENT_RUN, SOURCE_EPOCH

_RUN_COLUMNS = [SEGMENT_RUN.c[name] for name in SegmentRun.__slots__]


class SegmentStore:
    """The segments of all sources."""

    def stored_hash(
        self, connection: sa.Connection, source_epoch: int, number: int
    ) -> bytes | None:
        """Return the hash of a stored header."""
        found = self.headers(connection, source_epoch, number, number)
        return hashlib.sha256(found[0].header_bytes).digest() if found else None

    def headers(
        self, connection: sa.Connection, source_epoch: int, first: int, last: int
    ) -> list[StoredHeader]:
        """Return the headers with numbers from `first` to `last`, in order.

        Raises:
            SegmentRunDamaged: when some are not stored as they were packed.
        """
        query = (
            sa.select(SEGMENT.c.header, SEGMENT.c.signature, SEGMENT.c.known_at)
            .where(SEGMENT.c.source_epoch == source_epoch, SEGMENT.c.number.between(first, last))
            .order_by(SEGMENT.c.number)
        )
        young = [to_header(row) for row in connection.execute(query)]
        before = young[0].header.number - 1 if young else last
        packed = SEGMENT_RUN.c
        query = (
            sa.select(*_RUN_COLUMNS)
            .where(packed.source_epoch == source_epoch)
            .where(packed.first_number <= before, packed.last_number >= first)
            .order_by(packed.first_number)
        )
        runs = [_to_run(row) for row in connection.execute(query)] if first <= before else []
        found = (one for run in runs for one in self._unpacked(connection, run))
        return [*(one for one in found if first <= one.header.number <= before), *young]

    def number_of(self, connection: sa.Connection, source_epoch: int, sequence: int) -> int | None:
        """Return the number of the segment that a record stands in."""
        query = (
            sa.select(SEGMENT.c.number)
            .where(SEGMENT.c.source_epoch == source_epoch, SEGMENT.c.first_sequence <= sequence)
            .order_by(SEGMENT.c.first_sequence.desc())
            .limit(1)
        )
        young: int | None = connection.execute(query).scalar()
        if young is not None:
            return young
        packed = SEGMENT_RUN.c
        query = (
            sa.select(*_RUN_COLUMNS)
            .where(packed.source_epoch == source_epoch, packed.first_sequence <= sequence)
            .order_by(packed.first_sequence.desc())
            .limit(1)
        )
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        headers = [one.header for one in self._unpacked(connection, _to_run(row))]
        return max(one.number for one in headers if one.first_sequence <= sequence)

    def sequences_known_at(self, connection: sa.Connection, known_at: Instant) -> dict[int, int]:
        """Return by source and epoch the last record that was stored at an instant."""
        query = (
            sa.select(SEGMENT.c.source_epoch, sa.func.max(SEGMENT.c.last_sequence))
            .where(SEGMENT.c.known_at <= known_at)
            .group_by(SEGMENT.c.source_epoch)
        )
        young = {row[0]: row[1] for row in connection.execute(query)}
        return self._packed_sequences(connection, known_at) | young

    def _packed_sequences(self, connection: sa.Connection, known_at: Instant) -> dict[int, int]:
        packed = SEGMENT_RUN.c
        latest = (
            sa.select(packed.source_epoch, sa.func.max(packed.first_number).label("first_number"))
            .where(packed.first_known_at <= known_at)
            .group_by(packed.source_epoch)
            .subquery()
        )
        names = ("source_epoch", "first_number", "last_sequence", "last_known_at")
        query = sa.select(*(packed[name] for name in names))
        is_latest = sa.and_(
            packed.source_epoch == latest.c.source_epoch,
            packed.first_number == latest.c.first_number,
        )
        found = {}
        for row in connection.execute(query.join(latest, is_latest)).all():
            found[row.source_epoch] = row.last_sequence
            if row.last_known_at > known_at:
                run = self._run(connection, row.source_epoch, row.first_number)
                known = [one for one in self._unpacked(connection, run) if one.known_at <= known_at]
                found[row.source_epoch] = known[-1].header.last_sequence
        return found

    def _run(self, connection: sa.Connection, source_epoch: int, first_number: int) -> SegmentRun:
        packed = SEGMENT_RUN.c
        query = sa.select(*_RUN_COLUMNS).where(
            packed.source_epoch == source_epoch, packed.first_number == first_number
        )
        return _to_run(connection.execute(query).one())

    def _unpacked(self, connection: sa.Connection, run: SegmentRun) -> list[StoredHeader]:
        query = sa.select(SOURCE_EPOCH.c.source, SOURCE_EPOCH.c.epoch)
        row = connection.execute(query.where(SOURCE_EPOCH.c.id == run.source_epoch)).one()
        return unpack(run, SourceId(row.source), row.epoch)

    # ---- packing

    def first_young(self, connection: sa.Connection, source_epoch: int) -> int | None:
        """Return the number of the oldest segment of a source that has a row of its own."""
        query = sa.select(sa.func.min(SEGMENT.c.number))
        found: int | None = connection.scalar(query.where(SEGMENT.c.source_epoch == source_epoch))
        return found

    def put_run(self, connection: sa.Connection, run: SegmentRun) -> int:
        """Put a run in the place of the rows of its segments; return how many there were."""
        values: dict[str, Any] = {name: getattr(run, name) for name in SegmentRun.__slots__}
        connection.execute(sa.insert(SEGMENT_RUN).values(values))
        gone = SEGMENT.c.number.between(run.first_number, run.last_number)
        statement = sa.delete(SEGMENT).where(SEGMENT.c.source_epoch == run.source_epoch, gone)
        return connection.execute(statement).rowcount


def _to_run(row: Any) -> SegmentRun:
    return SegmentRun(*row)
