"""Paths of held blocks in SQL: a row for each commit, later one for each run of segments."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from lineshaft.platform.historian.packed import HeldPath, HeldPaths
from lineshaft.platform.historian.proof.paths import decode_paths, encode_paths
from lineshaft.platform.historian.tables import HELD_PATH

_PATHS = (
    sa.select(HELD_PATH.c.data)
    .where(HELD_PATH.c.source_epoch == sa.bindparam("of"))
    .where(HELD_PATH.c.series == sa.bindparam("series_of"))
    .where(HELD_PATH.c.first_number <= sa.bindparam("last"))
    .where(HELD_PATH.c.last_number >= sa.bindparam("first"))
    .order_by(HELD_PATH.c.first_number)
)

_PATHS_OF_MANY = (
    sa.select(HELD_PATH.c.series, HELD_PATH.c.data)
    .where(HELD_PATH.c.source_epoch == sa.bindparam("of"))
    .where(HELD_PATH.c.series.in_(sa.bindparam("series_of", expanding=True)))
    .where(HELD_PATH.c.first_number <= sa.bindparam("last"))
    .where(HELD_PATH.c.last_number >= sa.bindparam("first"))
)
SERIES_AT_ONCE_MAX = 500
"""Series that are asked for in one statement."""


class PathRows:
    """The paths of all held series; the rows of a series never overlap."""

    def add_paths(self, connection: sa.Connection, found: Iterable[HeldPaths]) -> None:
        """Write paths of segments that have none yet."""
        rows = [_row(one.source_epoch, one.series, one.paths) for one in found if one.paths]
        if rows:
            connection.execute(sa.insert(HELD_PATH), rows)

    def put_paths(self, connection: sa.Connection, found: HeldPaths) -> None:
        """Write paths of a series; where segments have one already, it is replaced."""
        if found.paths:
            numbers = found.paths[0].number, found.paths[-1].number
            self._gather(connection, (found.source_epoch, found.series), numbers, found.paths)

    def paths_of(
        self, connection: sa.Connection, source_epoch: int, series: int, numbers: tuple[int, int]
    ) -> list[HeldPath]:
        """Return the paths of a series in segments from one number to another, in order.

        Raises:
            SegmentRunDamaged: when a row is not as it was written.
        """
        first, last = numbers
        found = self._overlapping(connection, (source_epoch, series), numbers)
        return [one for one in found if first <= one.number <= last]

    def paths_of_many(
        self,
        connection: sa.Connection,
        source_epoch: int,
        series: Sequence[int],
        numbers: tuple[int, int],
    ) -> dict[int, dict[int, HeldPath]]:
        """Return the paths of many series by series, then by number of the segment.

        Raises:
            SegmentRunDamaged: when a row is not as it was written.
        """
        found: dict[int, dict[int, HeldPath]] = {one: {} for one in series}
        values = {"of": source_epoch, "first": numbers[0], "last": numbers[1]}
        for at in range(0, len(series), SERIES_AT_ONCE_MAX):
            some = {"series_of": list(series[at : at + SERIES_AT_ONCE_MAX])}
            for row in connection.execute(_PATHS_OF_MANY, values | some):
                found[row.series].update({one.number: one for one in decode_paths(row.data)})
        return found

    def pack_paths(
        self, connection: sa.Connection, source_epoch: int, numbers: tuple[int, int]
    ) -> None:
        """Gather the paths of segments from one number to another: one row for each series."""
        query = sa.select(HELD_PATH.c.series).distinct()
        held = connection.execute(query.where(_is_overlapping(source_epoch, numbers))).scalars()
        for series in sorted(held):
            self._gather(connection, (source_epoch, series), numbers, ())

    def _gather(
        self,
        connection: sa.Connection,
        owner: tuple[int, int],
        numbers: tuple[int, int],
        new: Sequence[HeldPath],
    ) -> None:
        """Write what a series has in a range of segments as one row, and what sticks out beside."""
        first, last = numbers
        found = {one.number: one for one in self._overlapping(connection, owner, numbers)}
        found |= {one.number: one for one in new}
        paths = [found[number] for number in sorted(found)]
        parts = (
            [one for one in paths if one.number < first],
            [one for one in paths if first <= one.number <= last],
            [one for one in paths if one.number > last],
        )
        source_epoch, series = owner
        gone = sa.and_(_is_overlapping(source_epoch, numbers), HELD_PATH.c.series == series)
        connection.execute(sa.delete(HELD_PATH).where(gone))
        self.add_paths(connection, [HeldPaths(source_epoch, series, part) for part in parts])

    def _overlapping(
        self, connection: sa.Connection, owner: tuple[int, int], numbers: tuple[int, int]
    ) -> list[HeldPath]:
        values = dict(zip(("of", "series_of", "first", "last"), owner + numbers, strict=True))
        rows = connection.execute(_PATHS, values).scalars()
        return [one for data in rows for one in decode_paths(data)]


def _is_overlapping(source_epoch: int, numbers: tuple[int, int]) -> Any:
    first, last = numbers
    return sa.and_(
        HELD_PATH.c.source_epoch == source_epoch,
        HELD_PATH.c.first_number <= last,
        HELD_PATH.c.last_number >= first,
    )


def _row(source_epoch: int, series: int, paths: Sequence[HeldPath]) -> dict[str, Any]:
    return {
        "source_epoch": source_epoch,
        "series": series,
        "first_number": paths[0].number,
        "last_number": paths[-1].number,
        "data": encode_paths(paths),
    }
