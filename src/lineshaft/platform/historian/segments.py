"""Headers and signatures in SQL: young segments a row each, older ones in runs.

Whoever asks gets the same answer from both. The runs of a source are always older than its rows.
Rows are looked at before runs: a segment that is packed between the two looks is found as well.
"""

import hashlib
from collections.abc import Sequence
from itertools import chain
from typing import Any

import msgspec
import sqlalchemy as sa

from lineshaft.core.period import Instant
from lineshaft.core.reading import SourceId
from lineshaft.platform.historian.files.archive import unpack
from lineshaft.platform.historian.model import StoredHeader
from lineshaft.platform.historian.packed import SegmentRun
from lineshaft.platform.historian.rows import to_header
from lineshaft.platform.historian.sql import parts
from lineshaft.platform.historian.tables import SEGMENT, SEGMENT_RUN, SOURCE_EPOCH

_RUN = sa.select(*[SEGMENT_RUN.c[name] for name in SegmentRun.__struct_fields__]).where(
    SEGMENT_RUN.c.source_epoch == sa.bindparam("of")
)
_YOUNG_HEADERS = (
    sa.select(SEGMENT.c.header, SEGMENT.c.signature, SEGMENT.c.known_at)
    .where(SEGMENT.c.source_epoch == sa.bindparam("of"))
    .where(SEGMENT.c.number.between(sa.bindparam("first"), sa.bindparam("last")))
    .order_by(SEGMENT.c.number)
)
_RUNS = _RUN.where(
    SEGMENT_RUN.c.first_number <= sa.bindparam("last"),
    SEGMENT_RUN.c.last_number >= sa.bindparam("first"),
).order_by(SEGMENT_RUN.c.first_number)
_YOUNG_BYTES = (
    sa.select(SEGMENT.c.source_epoch, SEGMENT.c.number, SEGMENT.c.first_sequence, SEGMENT.c.header)
    .where(SEGMENT.c.source_epoch.in_(sa.bindparam("some", expanding=True)))
    .order_by(SEGMENT.c.source_epoch, SEGMENT.c.number)
)
_HAVE_RUNS = (
    sa.select(SEGMENT_RUN.c.source_epoch)
    .where(SEGMENT_RUN.c.source_epoch.in_(sa.bindparam("some", expanding=True)))
    .distinct()
)
_YOUNG_NUMBER = (
    sa.select(SEGMENT.c.number)
    .where(SEGMENT.c.source_epoch == sa.bindparam("of"))
    .where(SEGMENT.c.first_sequence <= sa.bindparam("sequence"))
    .order_by(SEGMENT.c.first_sequence.desc())
    .limit(1)
)
_RUN_OF_SEQUENCE = (
    _RUN.where(SEGMENT_RUN.c.first_sequence <= sa.bindparam("sequence"))
    .order_by(SEGMENT_RUN.c.first_sequence.desc())
    .limit(1)
)
_RUN_AT = _RUN.where(SEGMENT_RUN.c.first_number == sa.bindparam("first"))
_YOUNG_KNOWN_AT = (
    sa.select(SEGMENT.c.source_epoch, sa.func.max(SEGMENT.c.last_sequence))
    .where(SEGMENT.c.known_at <= sa.bindparam("at"))
    .group_by(SEGMENT.c.source_epoch)
)
_YOUNG_STAMPS = (
    sa.select(SEGMENT.c.source_epoch, sa.func.min(SEGMENT.c.min_ts), sa.func.max(SEGMENT.c.max_ts))
    .where(SEGMENT.c.known_at <= sa.bindparam("at"))
    .group_by(SEGMENT.c.source_epoch)
)
_PACKED_STAMPS = (
    sa.select(
        SEGMENT_RUN.c.source_epoch,
        sa.func.min(SEGMENT_RUN.c.min_ts),
        sa.func.max(SEGMENT_RUN.c.max_ts),
    )
    .where(SEGMENT_RUN.c.last_known_at <= sa.bindparam("at"))
    .group_by(SEGMENT_RUN.c.source_epoch)
)
_PARTLY_KNOWN = sa.select(*[SEGMENT_RUN.c[name] for name in SegmentRun.__struct_fields__]).where(
    SEGMENT_RUN.c.first_known_at <= sa.bindparam("at"),
    SEGMENT_RUN.c.last_known_at > sa.bindparam("at"),
)
_NAME = sa.select(SOURCE_EPOCH.c.source, SOURCE_EPOCH.c.epoch).where(
    SOURCE_EPOCH.c.id == sa.bindparam("of")
)


def _latest_runs() -> Any:
    """Choose of each source the last run that had begun to be known `at` an instant."""
    packed = SEGMENT_RUN.c
    latest = (
        sa.select(packed.source_epoch, sa.func.max(packed.first_number).label("first_number"))
        .where(packed.first_known_at <= sa.bindparam("at"))
        .group_by(packed.source_epoch)
        .subquery()
    )
    names = ("source_epoch", "first_number", "last_sequence", "last_known_at")
    is_latest = sa.and_(
        packed.source_epoch == latest.c.source_epoch, packed.first_number == latest.c.first_number
    )
    return sa.select(*(packed[name] for name in names)).join(latest, is_latest)


_LATEST_RUNS = _latest_runs()

NUMBER_MAX = 2**63 - 1
"""Of a segment, in SQL."""
HEADERS_AT_ONCE = 10_000
"""Headers that are fetched together: a call for each takes longer than to hash it."""


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
        values = {"of": source_epoch, "first": first, "last": last}
        young = [to_header(row) for row in connection.execute(_YOUNG_HEADERS, values)]
        before = values["last"] = young[0].header.number - 1 if young else last
        rows = connection.execute(_RUNS, values).all() if first <= before else []
        runs = map(_to_run, rows)
        found = (one for run in runs for one in self._unpacked(connection, run))
        return [*(one for one in found if first <= one.header.number <= before), *young]

    def header_hashes(
        self, connection: sa.Connection, source_epochs: Sequence[int]
    ) -> dict[int, list[tuple[int, bytes]]]:
        """Return by source and epoch of each segment its first record and the hash of its header.

        Segments are in the order of their numbers.

        Raises:
            SegmentRunDamaged: when some are not stored as they were packed.
        """
        found: dict[int, list[tuple[int, bytes]]] = {of: [] for of in source_epochs}
        first_young: dict[int, int] = {}
        for some in parts(source_epochs):
            young = connection.execute(_YOUNG_BYTES, {"some": some})
            for of, number, first, header in chain.from_iterable(young.partitions(HEADERS_AT_ONCE)):
                first_young.setdefault(of, number)
                found[of].append((first, hashlib.sha256(header).digest()))
            for of in connection.scalars(_HAVE_RUNS, {"some": some}).all():
                last = first_young.get(of, NUMBER_MAX) - 1
                found[of] = [*self._packed_hashes(connection, of, last), *found[of]]
        return found

    def _packed_hashes(
        self, connection: sa.Connection, source_epoch: int, last: int
    ) -> list[tuple[int, bytes]]:
        rows = connection.execute(_RUNS, {"of": source_epoch, "first": 0, "last": last}).all()
        return [
            (one.header.first_sequence, hashlib.sha256(one.header_bytes).digest())
            for row in rows
            for one in self._unpacked(connection, _to_run(row))
            if one.header.number <= last
        ]

    def number_of(self, connection: sa.Connection, source_epoch: int, sequence: int) -> int | None:
        """Return the number of the segment that a record stands in."""
        values = {"of": source_epoch, "sequence": sequence}
        young: int | None = connection.execute(_YOUNG_NUMBER, values).scalar()
        if young is not None:
            return young
        row = connection.execute(_RUN_OF_SEQUENCE, values).one_or_none()
        if row is None:
            return None
        headers = [one.header for one in self._unpacked(connection, _to_run(row))]
        return max(one.number for one in headers if one.first_sequence <= sequence)

    def sequences_known_at(self, connection: sa.Connection, known_at: Instant) -> dict[int, int]:
        """Return by source and epoch the last record that was stored at an instant."""
        rows = connection.execute(_YOUNG_KNOWN_AT, {"at": known_at})
        young = {row[0]: row[1] for row in rows}
        return self._packed_sequences(connection, known_at) | young

    def stamps_known_at(
        self, connection: sa.Connection, known_at: Instant
    ) -> dict[int, tuple[Instant, Instant]]:
        """Return by source and epoch the first and last stamp of what was stored at an instant."""
        rows = [tuple(row) for row in connection.execute(_YOUNG_STAMPS, {"at": known_at})]
        rows += [tuple(row) for row in connection.execute(_PACKED_STAMPS, {"at": known_at})]
        for row in connection.execute(_PARTLY_KNOWN, {"at": known_at}).all():
            headers = self._unpacked(connection, _to_run(row))
            rows += [
                (row.source_epoch, one.header.min_ts, one.header.max_ts)
                for one in headers
                if one.known_at <= known_at
            ]
        found: dict[int, tuple[Instant, Instant]] = {}
        for source, first, last in rows:
            before = found.get(source, (first, last))
            found[source] = min(before[0], first), max(before[1], last)
        return found

    def _packed_sequences(self, connection: sa.Connection, known_at: Instant) -> dict[int, int]:
        found = {}
        for row in connection.execute(_LATEST_RUNS, {"at": known_at}).all():
            found[row.source_epoch] = row.last_sequence
            if row.last_known_at > known_at:
                run = self._run(connection, row.source_epoch, row.first_number)
                known = [one for one in self._unpacked(connection, run) if one.known_at <= known_at]
                found[row.source_epoch] = known[-1].header.last_sequence
        return found

    def _run(self, connection: sa.Connection, source_epoch: int, first_number: int) -> SegmentRun:
        values = {"of": source_epoch, "first": first_number}
        return _to_run(connection.execute(_RUN_AT, values).one())

    def _unpacked(self, connection: sa.Connection, run: SegmentRun) -> list[StoredHeader]:
        row = connection.execute(_NAME, {"of": run.source_epoch}).one()
        return unpack(run, SourceId(row.source), row.epoch)

    # ---- packing

    def first_young(self, connection: sa.Connection, source_epoch: int) -> int | None:
        """Return the number of the oldest segment of a source that has a row of its own."""
        query = sa.select(sa.func.min(SEGMENT.c.number))
        found: int | None = connection.scalar(query.where(SEGMENT.c.source_epoch == source_epoch))
        return found

    def put_run(self, connection: sa.Connection, run: SegmentRun) -> int:
        """Put a run in the place of the rows of its segments; return how many there were."""
        values = msgspec.structs.asdict(run)
        connection.execute(sa.insert(SEGMENT_RUN).values(values))
        gone = SEGMENT.c.number.between(run.first_number, run.last_number)
        statement = sa.delete(SEGMENT).where(SEGMENT.c.source_epoch == run.source_epoch, gone)
        return connection.execute(statement).rowcount


def _to_run(row: Any) -> SegmentRun:
    return SegmentRun(*row)
