"""Many series over a period, from roll-ups where they are to be trusted and from rows elsewhere.

An hourly entry of a roll-up is trusted when the whole hour is asked for, no file but that of the
day has rows of the series in it, and all rows of the day were known at the instant asked for. So a
late reading counts at once: it comes in a file of its own. Series are read in groups, whole series
of a day, by a few threads; no query is made per series.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import msgspec
import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, Period
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.model import (
    HOURS_PER_DAY,
    US_PER_HOUR,
    ZONE_DTYPE,
    Loss,
    StoreFile,
    ZoneRows,
)
from lineshaft.platform.historian.ports import Manifest
from lineshaft.platform.historian.queries.model import ROWS_MAX
from lineshaft.platform.historian.queries.rowgroups import RowGroups, Wanted
from lineshaft.platform.historian.queries.stream import rows_about
from lineshaft.platform.historian.rollups.compute import entries_of
from lineshaft.platform.historian.rollups.entries import Entries, empty, folded, joined
from lineshaft.platform.historian.rollups.model import Rollup, carried, combine
from lineshaft.platform.historian.rollups.packing import unpack
from lineshaft.platform.historian.rollups.rows import StateRows, state_rows

GROUP_ROWS = 400_000
"""Rows of whole series that one thread works on at once, where a day has as many."""
THREADS = 2
RUNS_MAX = 16
"""Stretches of hours without trusted roll-ups that are looked up one by one."""
_EXECUTOR = ThreadPoolExecutor(THREADS, thread_name_prefix="historian-query")

T = TypeVar("T")
R = TypeVar("R")


class _Group(msgspec.Struct, frozen=True):
    """Whole series of one day that are read together.

    Attributes:
        has_several: whether a series stands in more than one file.
    """

    wanted: Sequence[Wanted]
    has_several: bool


class FleetReader:
    """Reads within one read transaction, as the historian knew things at one instant."""

    def __init__(
        self,
        connection: sa.Connection,
        manifest: Manifest,
        rowgroups: RowGroups,
        known_at: Instant | None = None,
        *,
        rows_only: bool = False,
    ) -> None:
        """Read what `connection` sees; None for `known_at` is all of it."""
        self._connection, self._manifest, self._rowgroups = connection, manifest, rowgroups
        self._known_at, self._rows_only = known_at, rows_only
        self._sources = manifest.source_epochs(connection)
        self._ranks = columns.ranks(self._sources)
        self._last_sequences = np.zeros(len(self._ranks), dtype=np.int64)
        if known_at is not None:
            known = manifest.sequences_known_at(connection, known_at)
            self._last_sequences[list(known)] = list(known.values())

    # ---- roll-ups

    def entries(self, series: Sequence[int], period: Period) -> Entries:
        """Return the roll-ups of series (ascending) by the hour, cut to the period, in order."""
        trusted, parts = self.hours(series, period, entries_of)
        return joined([trusted, *parts]).in_order()

    def hours(
        self,
        series: Sequence[int],
        period: Period,
        work: Callable[[StateRows], R],
        *,
        numbers_only: bool = False,
    ) -> tuple[Entries, list[R]]:
        """Return the trusted entries of series (ascending), and work done on the rows of the rest.

        A group of rows has whole series of a day, by series and instant; several threads do the
        work. With `numbers_only` the rows come without states, which is faster.
        """
        need = _Need(series, period)
        trusted = empty() if self._rows_only else self._trusted(need)
        return trusted, self._worked(need, work, numbers_only=numbers_only)

    def _trusted(self, need: "_Need") -> Entries:
        """Return the entries that are trusted, and take their hours from what is needed."""
        first, last = need.whole
        if first > last or not len(need.series):
            return empty()
        series = need.series.tolist()
        days = first // HOURS_PER_DAY, last // HOURS_PER_DAY
        packed = [
            (one.series, one.day, one.data)
            for one in self._manifest.rollups(self._connection, series, days)
            if self._known_at is None or one.known_at <= self._known_at
        ]
        if not packed:
            return empty()
        need.drop([one for one, _, _ in packed], [day for _, day, _ in packed])
        young = self._manifest.fleet_zones(self._connection, series, need.whole, below_level=2)
        outlived = self._manifest.outlived(self._connection, [file.day for file in young.files])
        for file, one in zip(young.files, young.entries["series"].tolist(), strict=True):
            # What comes late to a day that was deleted does not undo the roll-up that is left.
            if (one, file.day) not in outlived:
                need.add(one, file)
        entries = unpack(packed)
        usable = (entries.hour >= first) & (entries.hour <= last)
        usable &= ~need.has(entries.series, np.clip(entries.hour, first, last))
        return entries if usable.all() else entries.where(usable)

    def carried(self, series: Sequence[int], at: Instant) -> dict[int, Rollup]:
        """Return what each series hands over to an instant: see `rollups.model.carried`.

        It is that of the last state row before it, and of the last good one; looked for further
        and further back.
        """
        found: dict[int, Rollup] = {}
        first_hour = self._manifest.first_hour(self._connection)
        reached, width = int(at), US_PER_HOUR
        missing = list(series)
        while missing and first_hour is not None and reached > first_hour * US_PER_HOUR:
            start = (reached - width) // US_PER_HOUR * US_PER_HOUR
            window = Period(Instant(start), Instant(reached))
            for one, rollup in folded(self.entries(missing, window)).items():
                found[one] = combine(rollup, found[one]) if one in found else rollup
            missing = [one for one in missing if one not in found or not _is_settled(found[one])]
            reached, width = start, 2 * width
        return {one: carried(rollup, at) for one, rollup in found.items()}

    # ---- rows

    def rows(self, series: Sequence[int], period: Period) -> StateRows:
        """Return the state rows in force of series (ascending), by series and instant.

        Raises:
            Invalid: when there are more than `ROWS_MAX` rows.
        """
        need = _Need(series, period)
        zones = self._zones(need)
        rows = rows_about(zones.entries, period)
        if rows > ROWS_MAX:
            msg = (
                f"cannot hold about {rows} readings of {len(series)} signals: at most {ROWS_MAX}; "
                "ask for a shorter period, fewer signals, or buckets"
            )
            raise Invalid(msg)
        return self._state_rows(_group(zones, np.arange(len(zones.files))), need)

    def each(
        self,
        series: Sequence[int],
        period: Period,
        work: Callable[[StateRows], R],
        *,
        numbers_only: bool = False,
    ) -> list[R]:
        """Do work on the rows of series (ascending), however many: see `hours`."""
        return self._worked(_Need(series, period), work, numbers_only=numbers_only)

    def _worked(
        self, need: "_Need", work: Callable[[StateRows], R], *, numbers_only: bool
    ) -> list[R]:
        groups = self._groups(self._zones(need))

        def worked(group: _Group) -> R:
            return work(self._state_rows(group, need, numbers_only=numbers_only))

        return _parallel(worked, groups)

    def _state_rows(self, group: _Group, need: "_Need", *, numbers_only: bool = False) -> StateRows:
        """Read a group: sorted, known at the instant asked for, corrected, in force."""
        known_at = self._known_at
        is_partly_known = known_at is not None and any(
            one.file.known_at > known_at for one in group.wanted
        )
        table = self._rowgroups.rows(
            group.wanted, need.span, with_identity=group.has_several or is_partly_known
        )
        if is_partly_known:
            last = self._last_sequences[columns.array(table, "source_epoch")]
            table = table.filter(pa.array(columns.array(table, "sequence") <= last))
        if not need.is_all:
            hour = columns.array(table, "ts") // US_PER_HOUR
            table = table.filter(pa.array(need.has(columns.array(table, "series"), hour)))
        if group.has_several:
            table = columns.ordered(table, self._ranks)
        return state_rows(table, self._sources, numbers_only=numbers_only)

    def _groups(self, zones: ZoneRows) -> list[_Group]:
        """Cut what is to be read into groups of whole series of a day."""
        if not len(zones.files):
            return []
        day = np.array([file.day for file in zones.files])
        series = zones.entries["series"]
        order = np.lexsort((series, day))
        rows = np.cumsum(zones.entries["rows"].astype(np.int64)[order])
        is_new_day = np.diff(day[order]) != 0
        is_new_series = is_new_day | (np.diff(series[order]) != 0)
        groups, start = [], 0
        for cut in [*(np.flatnonzero(is_new_series) + 1).tolist(), len(order)]:
            before = int(rows[start - 1]) if start else 0
            is_end = cut == len(order) or bool(is_new_day[cut - 1])
            if is_end or int(rows[cut - 1]) - before >= GROUP_ROWS:
                groups.append(_group(zones, order[start:cut]))
                start = cut
        return groups

    def _zones(self, need: "_Need") -> ZoneRows:
        """Return the zone entries of what has to be read.

        Raises:
            RowsLost, KnowledgeCut: when some of it is known to be lost.
        """
        self._require_known(need)
        found = [
            self._manifest.fleet_zones(self._connection, need.series.tolist(), hours)
            for hours in need.runs()
        ]
        files = [file for zones in found for file in zones.files]
        if not files:
            return NO_ZONES
        entries = np.concatenate([zones.entries for zones in found])
        inside = (entries["first_ts"] < need.span[1]) & (entries["last_ts"] >= need.span[0])
        chosen: dict[tuple[int, int], int] = {}
        for index in np.flatnonzero(inside).tolist():
            series, file = int(entries["series"][index]), files[index]
            # A day file can be in two runs.
            if need.touches(series, file):
                chosen[file.id, series] = index
        kept = list(chosen.values())
        return ZoneRows([files[index] for index in kept], entries[kept])

    def _require_known(self, need: "_Need") -> None:
        connection, manifest, known_at = self._connection, self._manifest, self._known_at
        span = Period(Instant(need.span[0]), Instant(need.span[1]))
        if known_at is not None:
            manifest.require_known(connection, _NO_SERIES, span, known_at)
        for loss in manifest.losses(connection, None, span):
            if need.needs(loss):
                manifest.require_known(connection, loss.series, span, known_at)


_NO_SERIES = 0
NO_ZONES = ZoneRows([], np.zeros(0, dtype=ZONE_DTYPE))


class _Need:
    """Which hours of which series have to be read."""

    def __init__(self, series: Sequence[int], period: Period) -> None:
        """Begin with all hours of the period."""
        self.series = np.array(series, dtype=np.int64)
        self.span = (int(period.start), int(period.end))
        self._first = period.start // US_PER_HOUR
        count = (period.end - 1) // US_PER_HOUR - self._first + 1
        self._hours = np.ones((len(series), max(count, 0)), dtype=np.bool_)

    @property
    def whole(self) -> tuple[int, int]:
        """The first and the last hour that the period has wholly."""
        return -(-self.span[0] // US_PER_HOUR), self.span[1] // US_PER_HOUR - 1

    @property
    def is_all(self) -> bool:
        """Whether every hour of every series has to be read."""
        return bool(self._hours.all())

    def drop(self, series: Sequence[int], days: Sequence[int]) -> None:
        """Take out the whole hours of series on days, a day of the period for each series."""
        first, last = self.whole
        first_day = first // HOURS_PER_DAY
        is_dropped = np.zeros((len(self.series), last // HOURS_PER_DAY - first_day + 1), dtype=bool)
        is_dropped[np.searchsorted(self.series, series), np.array(days) - first_day] = True
        begin, count = first - first_day * HOURS_PER_DAY, last - first + 1
        dropped = np.repeat(is_dropped, HOURS_PER_DAY, axis=1)[:, begin : begin + count]
        begin = first - self._first
        self._hours[:, begin : begin + count] &= ~dropped

    def add(self, series: int, file: StoreFile) -> None:
        """Put in the hours of a file."""
        self._hours[self._place(series), self._of_file(file)] = True

    def touches(self, series: int, file: StoreFile) -> bool:
        """Tell whether an hour of a file has to be read."""
        return bool(self._hours[self._place(series), self._of_file(file)].any())

    def needs(self, loss: Loss) -> bool:
        """Tell whether an hour has to be read in which rows are lost."""
        if loss.series not in self.series:
            return False
        begin = max(loss.first_ts // US_PER_HOUR - self._first, 0)
        end = max(loss.last_ts // US_PER_HOUR - self._first + 1, begin)
        return bool(self._hours[self._place(loss.series), begin:end].any())

    def has(self, series: NDArray[np.int64], hour: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell of hours of the period whether they have to be read."""
        result: NDArray[np.bool_] = self._hours[
            np.searchsorted(self.series, series), hour - self._first
        ]
        return result

    def runs(self) -> list[tuple[int, int]]:
        """Return stretches of hours (both ends included) in which something has to be read."""
        hours = np.flatnonzero(self._hours.any(axis=0)) + self._first
        if not len(hours):
            return []
        cuts = np.flatnonzero(np.diff(hours) > 1)
        if len(cuts) >= RUNS_MAX:
            return [(int(hours[0]), int(hours[-1]))]
        firsts = hours[np.r_[0, cuts + 1]]
        lasts = hours[np.r_[cuts, len(hours) - 1]]
        return list(zip(firsts.tolist(), lasts.tolist(), strict=True))

    def _place(self, series: int) -> int:
        return int(np.searchsorted(self.series, series))

    def _of_file(self, file: StoreFile) -> slice:
        begin = max(file.hour - self._first, 0)
        return slice(begin, max(file.last_hour + 1 - self._first, begin))


def _group(zones: ZoneRows, chosen: NDArray[np.int64]) -> _Group:
    """Gather entries into one group."""
    of_file: dict[int, list[int]] = {}
    files: dict[int, StoreFile] = {}
    series = zones.entries["series"][chosen]
    for index, one in zip(chosen.tolist(), series.tolist(), strict=True):
        file = zones.files[index]
        files[file.id] = file
        of_file.setdefault(file.id, []).append(one)
    wanted = [
        Wanted(files[identity], np.array(sorted(mine), dtype=np.int64))
        for identity, mine in of_file.items()
    ]
    return _Group(wanted, has_several=len(np.unique(series)) != len(series))


def _is_settled(rollup: Rollup) -> bool:
    """Tell whether nothing earlier can matter: the last state row is good, or a number is known."""
    return rollup.last is not None or rollup.last_state is not None


def _parallel(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Do work on each of some items, by a few threads where there is more than one."""
    todo = list(items)
    return [work(todo[0])] if len(todo) == 1 else list(_EXECUTOR.map(work, todo))
