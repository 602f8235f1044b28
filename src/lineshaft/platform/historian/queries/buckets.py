"""Buckets of a signal for the eye: minimum, maximum, mean and count.

Where a bucket is longer than half an hour it is made of whole hours, and then of the zone map: a
year of one signal is 8,760 entries, not 31 million rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import RecordKind
from lineshaft.core.segment.detail import CorrectionDetail
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.model import (
    BUCKET_SCHEMA,
    POINTS_MAX,
    US_PER_HOUR,
    SourceEpoch,
    StoreFile,
    ZoneRows,
)

SCANNED_ROWS_MAX = 1_000_000
"""Rows of one series that are held in memory at once."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Buckets of equal width, `[start + i * width_us, start + (i + 1) * width_us)`."""

    start: Instant
    width_us: int
    count: int

    @property
    def is_of_hours(self) -> bool:
        """Whether no hour is cut by the grid."""
        return self.width_us % US_PER_HOUR == 0


def grid(period: Period, points: int) -> Grid:
    """Lay at most `points` buckets over a period.

    Raises:
        Invalid: when `points` is not from 1 to `POINTS_MAX`.
    """
    if not 1 <= points <= POINTS_MAX:
        msg = f"cannot downsample to {points} points: expected 1 to {POINTS_MAX}"
        raise Invalid(msg)
    width = -(-period.duration_us // points)
    if width * 2 <= US_PER_HOUR:
        return Grid(period.start, width, -(-period.duration_us // width))
    start = period.start - period.start % US_PER_HOUR
    hours = -(-(period.end - start) // US_PER_HOUR)
    per_bucket = -(-hours // points)
    return Grid(Instant(start), per_bucket * US_PER_HOUR, -(-hours // per_bucket))


class Buckets:
    """Sums up values and zone entries over a grid."""

    def __init__(self, layout: Grid) -> None:
        """Start with empty buckets."""
        self._grid = layout
        self._count = np.zeros(layout.count, dtype=np.int64)
        self._sum = np.zeros(layout.count)
        self._min = np.full(layout.count, np.inf)
        self._max = np.full(layout.count, -np.inf)

    def add_values(self, ts: NDArray[np.int64], values: NDArray[np.float64]) -> None:
        """Add readings."""
        self._add(ts, np.ones(len(ts), dtype=np.int64), (values, values, values))

    def add_zones(self, entries: NDArray[np.void]) -> None:
        """Add zone entries whose rows lie in one bucket each."""
        used = entries[entries["count"] > 0]
        self._add(used["first_ts"], used["count"], (used["sum"], used["min"], used["max"]))

    def _add(
        self,
        ts: NDArray[np.int64],
        count: NDArray[np.int64],
        measures: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    ) -> None:
        index = (ts - self._grid.start) // self._grid.width_us
        total, low, high = measures
        np.add.at(self._count, index, count)
        np.add.at(self._sum, index, total)
        np.minimum.at(self._min, index, low)
        np.maximum.at(self._max, index, high)

    def table(self) -> pa.Table:
        """Return the buckets that have readings."""
        used = np.flatnonzero(self._count)
        starts = self._grid.start + used * self._grid.width_us
        mean = self._sum[used] / self._count[used]
        arrays = [starts, self._min[used], self._max[used], mean, self._count[used]]
        return pa.table([pa.array(one) for one in arrays], schema=BUCKET_SCHEMA)


def split(
    zones: ZoneRows, period: Period, layout: Grid, corrected: frozenset[int]
) -> tuple[NDArray[np.void], list[list[StoreFile]]]:
    """Divide files into those whose zone entries suffice and those that have to be read.

    An hour has to be read when the grid or the period cuts it, when two of its files overlap in
    time (readings of one instant may then stand in both), when something in it was corrected, or
    when a file of a whole day has it.

    Returns:
        The entries that suffice, and groups of whole hours to be read one after the other.
    """
    entries = zones.entries
    hour = np.array([file.hour for file in zones.files], dtype=np.int64)
    order = np.lexsort((entries["first_ts"], hour))
    overlaps = _overlaps(hour[order], entries[order])
    read = {int(one) for one in hour[order][1:][overlaps]} | corrected
    if not layout.is_of_hours:
        read |= set(hour.tolist())
    for edge in (period.start, period.end):
        if edge % US_PER_HOUR:
            read.add(edge // US_PER_HOUR)
    read |= {one for file in zones.files if file.hours > 1 for one in _hours_of(file)}
    is_read = np.isin(hour, np.fromiter(read, dtype=np.int64, count=len(read)))
    to_read = [
        (zones.files[index], int(entries["rows"][index]))
        for index in np.flatnonzero(is_read).tolist()
    ]
    return entries[~is_read], list(_groups(to_read))


def _overlaps(hour: NDArray[np.int64], entries: NDArray[np.void]) -> NDArray[np.bool_]:
    """Tell of each entry but the first whether it begins before an earlier one of its hour ends."""
    if len(hour) < 2:
        return np.zeros(0, dtype=np.bool_)
    # Hours ascend, so the running maximum never reaches from one hour into the next.
    reached = np.maximum.accumulate(entries["last_ts"])
    same_hour = hour[1:] == hour[:-1]
    result: NDArray[np.bool_] = same_hour & (entries["first_ts"][1:] <= reached[:-1])
    return result


def _hours_of(file: StoreFile) -> range:
    return range(file.hour, file.last_hour + 1)


def _groups(files: Iterable[tuple[StoreFile, int]]) -> Iterable[list[StoreFile]]:
    """Cut files, in the order of hours, into groups with few enough rows that share no hour."""
    group: list[StoreFile] = []
    rows, reached = 0, 0
    for file, count in files:
        if group and file.hour > reached and rows + count > SCANNED_ROWS_MAX:
            yield group
            group, rows = [], 0
        reached = max(reached, file.last_hour) if group else file.last_hour
        group.append(file)
        rows += count
    if group:
        yield group


def values_in_force(
    table: pa.Table, sources: Sequence[SourceEpoch]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return instant and value of the good readings of one series that are in force.

    Args:
        table: all rows of the series in some hours, in any order.
        sources: every source and epoch in the store.
    """
    rows = columns.ordered(table, columns.ranks(sources))
    ts, kind = columns.array(rows, "ts"), columns.array(rows, "kind")
    status, series = columns.array(rows, "status").copy(), columns.array(rows, "series")
    values, has_value = columns.numeric(rows)
    values, has_value = values.copy(), has_value.copy()
    if (kind == RecordKind.CORRECTION).any():
        _correct(rows, sources, (values, has_value, status))
    counted = columns.in_force(series, ts, columns.is_state(kind))
    counted &= columns.is_good_reading(kind, status) & has_value
    return ts[counted], values[counted]


def _correct(
    rows: pa.Table,
    sources: Sequence[SourceEpoch],
    columns_of: tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.uint32]],
) -> None:
    """Put the values of corrections in the place of those that they replace, in order."""
    numbers = {(one.source, one.epoch): one.id for one in sources}
    source, sequence = columns.array(rows, "source_epoch"), columns.array(rows, "sequence")
    is_correction = columns.array(rows, "kind") == RecordKind.CORRECTION
    texts = rows.column("text").filter(pa.array(is_correction)).to_pylist()
    for row, text in zip(np.flatnonzero(is_correction).tolist(), texts, strict=True):
        try:
            detail = CorrectionDetail.decode(text or "")
        except Invalid:
            continue
        number = numbers.get((detail.source, detail.epoch), 0)
        target = (source == number) & (sequence == detail.sequence)
        values, has_value, status = columns_of
        values[target], status[target] = values[row], status[row]
        has_value[target] = has_value[row] and detail.new_text is None
