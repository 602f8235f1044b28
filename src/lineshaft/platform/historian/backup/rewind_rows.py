"""Takes rows of the manifest back, in SQL."""

from collections.abc import Sequence

import sqlalchemy as sa

from lineshaft.core.period import Instant
from lineshaft.platform.historian.model import Mark, StoredHeader
from lineshaft.platform.historian.tables import (
    CORRECTION,
    HELD_PATH,
    REFUSAL,
    SEGMENT,
    SEGMENT_DELETED,
    SEGMENT_RUN,
    SOURCE_EPOCH,
    TOMBSTONE,
)
from lineshaft.platform.historian.usage.tables import USAGE_EVENT

_RUNS = (SEGMENT_RUN, SEGMENT_DELETED)


class RewindRows:
    """What a cut takes out of the manifest."""

    def straddling(self, connection: sa.Connection, source_epoch: int, number: int) -> list[int]:
        """Return the first numbers of runs that begin before and end behind a segment."""
        found: list[int] = []
        for table in _RUNS:
            run = table.c
            query = sa.select(run.first_number).where(
                run.source_epoch == source_epoch,
                run.first_number <= number,
                run.last_number > number,
            )
            found += connection.execute(query).scalars()
        return found

    def cut(
        self,
        connection: sa.Connection,
        source_epoch: int,
        mark: Mark,
        known_at: Instant,
        kept: Sequence[StoredHeader],
    ) -> None:
        """Cut what a source has behind a mark.

        Args:
            connection: of the transaction of the cut.
            source_epoch: the number of the source and epoch.
            mark: its mark from now on.
            known_at: when the segment of that mark became known.
            kept: the segments up to the mark from the first on that stands in a run with later
                ones: such a run is taken apart.
        """
        self._cut_deleted(connection, source_epoch, mark.number, kept)
        self._cut_runs(connection, source_epoch, mark.number, kept)
        for table in (SEGMENT, TOMBSTONE):
            _delete(connection, table, source_epoch, table.c.number > mark.number)
        _delete(connection, HELD_PATH, source_epoch, HELD_PATH.c.last_number > mark.number)
        for table in (CORRECTION, REFUSAL):
            _delete(connection, table, source_epoch, table.c.sequence > mark.sequence)
        # What a producer sends again was not recorded, as far as is known now.
        _delete(connection, USAGE_EVENT, source_epoch, USAGE_EVENT.c.sequence > mark.sequence)
        values = {"number": mark.number, "sequence": mark.sequence, "known_at": known_at}
        values |= {"header_hash": mark.header_hash}  # type: ignore[dict-item]
        statement = sa.update(SOURCE_EPOCH).where(SOURCE_EPOCH.c.id == source_epoch)
        connection.execute(statement.values(values))

    def _cut_deleted(
        self,
        connection: sa.Connection,
        source_epoch: int,
        number: int,
        kept: Sequence[StoredHeader],
    ) -> None:
        """End a run of deleted segments at the mark."""
        run = SEGMENT_DELETED.c
        query = sa.select(run.first_number).where(
            run.source_epoch == source_epoch, run.first_number <= number, run.last_number > number
        )
        first = connection.execute(query).scalar_one_or_none()
        _delete(connection, SEGMENT_DELETED, source_epoch, run.last_number > number)
        if first is not None:
            records = sum(one.header.record_count for one in kept if one.header.number >= first)
            values = {"source_epoch": source_epoch, "first_number": first, "last_number": number}
            connection.execute(sa.insert(SEGMENT_DELETED).values(values | {"records": records}))

    def _cut_runs(
        self,
        connection: sa.Connection,
        source_epoch: int,
        number: int,
        kept: Sequence[StoredHeader],
    ) -> None:
        """Give the segments of a run that straddles the mark a row each; they are packed again."""
        run = SEGMENT_RUN.c
        query = sa.select(run.first_number).where(
            run.source_epoch == source_epoch, run.first_number <= number, run.last_number > number
        )
        first = connection.execute(query).scalar_one_or_none()
        _delete(connection, SEGMENT_RUN, source_epoch, run.last_number > number)
        if first is not None:
            rows = [_row(source_epoch, one) for one in kept if one.header.number >= first]
            connection.execute(sa.insert(SEGMENT), rows)


def _delete(
    connection: sa.Connection,
    table: sa.Table,
    source_epoch: int,
    condition: sa.ColumnElement[bool],
) -> None:
    connection.execute(sa.delete(table).where(table.c.source_epoch == source_epoch, condition))


def _row(source_epoch: int, stored: StoredHeader) -> dict[str, object]:
    header = stored.header
    return {
        "source_epoch": source_epoch,
        "number": header.number,
        "first_sequence": header.first_sequence,
        "last_sequence": header.last_sequence,
        "min_ts": header.min_ts,
        "max_ts": header.max_ts,
        "header": stored.header_bytes,
        "signature": stored.signature,
        "known_at": stored.known_at,
    }
