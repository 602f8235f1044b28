"""Roll-ups in SQL."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from lineshaft.core.period import Instant
from lineshaft.platform.historian.model import HOURS_PER_DAY, PackedRollup
from lineshaft.platform.historian.rollups.tables import ROLLUP
from lineshaft.platform.historian.sql import insert_new, insert_rows, parts
from lineshaft.platform.historian.tables import DELETED_DAY, STORE_FILE


class RollupRows:
    """The part of the manifest that has the roll-ups of series by day."""

    def write_rollups(
        self,
        connection: sa.Connection,
        day: int,
        series: Sequence[int],
        packed: Sequence[tuple[int, bytes]],
    ) -> None:
        """Write the roll-ups of a day, in the place of all that `series` have there.

        Those that have outlived their rows stay as they are: they cannot be made anew.
        """
        known_at = _known_at(connection, day)
        outlived = {one for one, _ in self.outlived(connection, [day])}
        for part in parts([one for one in series if one not in outlived]):
            mine = sa.and_(ROLLUP.c.day == day, ROLLUP.c.series.in_(part))
            connection.execute(sa.delete(ROLLUP).where(mine))
        rows = [
            {"series": one, "day": day, "known_at": known_at, "data": data}
            for one, data in packed
            if one not in outlived
        ]
        insert_rows(connection, ROLLUP, rows)

    def note_outlived(self, connection: sa.Connection, days: Iterable[tuple[int, int]]) -> None:
        """Note series and days (since 1970-01-01) of which rows go and the roll-up stays.

        Where there is no roll-up yet, one is made of the rows that are left, and follows them.
        """
        wanted = set(days)
        kept = sa.select(ROLLUP.c.series, ROLLUP.c.day)
        rows = [
            {"series": series, "day": day}
            for part in parts(sorted({day for _, day in wanted}))
            for series, day in connection.execute(kept.where(ROLLUP.c.day.in_(part)))
            if (series, day) in wanted
        ]
        insert_new(connection, DELETED_DAY, rows)

    def forget_rollups(self, connection: sa.Connection, day: int, series: Sequence[int]) -> None:
        """Forget the roll-ups of series on a day: the rows that are left are read instead."""
        for part in parts(series):
            for table in (ROLLUP, DELETED_DAY):
                mine = sa.and_(table.c.day == day, table.c.series.in_(part))
                connection.execute(sa.delete(table).where(mine))

    def forget_rollups_known_after(self, connection: sa.Connection, at: Instant) -> None:
        """Forget the roll-ups that may have been made of rows known after an instant."""
        connection.execute(sa.delete(ROLLUP).where(ROLLUP.c.known_at > at))
        same = sa.and_(ROLLUP.c.series == DELETED_DAY.c.series, ROLLUP.c.day == DELETED_DAY.c.day)
        connection.execute(sa.delete(DELETED_DAY).where(~sa.exists().where(same)))

    def outlived(
        self, connection: sa.Connection, days: Iterable[int]
    ) -> frozenset[tuple[int, int]]:
        """Return the series and days of roll-ups that have outlived rows of theirs."""
        query = sa.select(ROLLUP.c.series, ROLLUP.c.day).join(
            DELETED_DAY,
            (DELETED_DAY.c.series == ROLLUP.c.series) & (DELETED_DAY.c.day == ROLLUP.c.day),
        )
        found: set[tuple[int, int]] = set()
        for part in parts(sorted(set(days))):
            rows = connection.execute(query.where(DELETED_DAY.c.day.in_(part)))
            found |= {(series, day) for series, day in rows}
        return frozenset(found)

    def rollups(
        self, connection: sa.Connection, series: Sequence[int], days: tuple[int, int]
    ) -> list[PackedRollup]:
        """Return the roll-ups of series on days (both included), by series and day."""
        query = sa.select(ROLLUP).where(ROLLUP.c.day.between(*days))
        query = query.order_by(ROLLUP.c.series, ROLLUP.c.day)
        return [
            _to_packed(row)
            for part in parts(sorted(series))
            for row in connection.execute(query.where(ROLLUP.c.series.in_(part)))
        ]


def _known_at(connection: sa.Connection, day: int) -> Instant:
    """Return an instant at which all rows of the files of a day were known."""
    first = day * HOURS_PER_DAY
    query = sa.select(sa.func.max(STORE_FILE.c.known_at)).where(
        STORE_FILE.c.hour.between(first, first + HOURS_PER_DAY - 1)
    )
    return Instant(connection.scalar(query) or 0)


def _to_packed(row: Any) -> PackedRollup:
    return PackedRollup(row.series, row.day, Instant(row.known_at), row.data)
