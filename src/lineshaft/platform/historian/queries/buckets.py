"""Buckets of signals for the eye: minimum, maximum, mean and count, in binary floats.

Where no bucket cuts an hour they are made of hourly roll-ups: a year of one signal is 8,760
entries, not 31 million rows.
"""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import SignalId
from lineshaft.platform.historian.model import BUCKET_SCHEMA, POINTS_MAX, US_PER_HOUR
from lineshaft.platform.historian.queries.model import FLEET_BUCKET_SCHEMA
from lineshaft.platform.historian.rollups.compute import entries_of
from lineshaft.platform.historian.rollups.entries import Entries
from lineshaft.platform.historian.rollups.rows import StateRows, decimals

_SUM_MAX = 2**63


class Grid(msgspec.Struct, frozen=True):
    """Buckets of equal width, `[start + i * width_us, start + (i + 1) * width_us)`."""

    start: Instant
    width_us: int
    count: int

    @property
    def is_of_hours(self) -> bool:
        """Whether no hour is cut by the grid."""
        return self.width_us % US_PER_HOUR == 0 and self.start % US_PER_HOUR == 0


def grid(period: Period, points: int) -> Grid:
    """Lay at most `points` buckets over a period; those longer than half an hour on whole hours.

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


class Sums(msgspec.Struct, frozen=True):
    """What some readings add to buckets.

    Attributes:
        key: of the bucket: series by series, bucket by bucket.
        ts: where the readings begin; sums are added in that order, whatever they were made of.
    """

    key: NDArray[np.int64]
    ts: NDArray[np.int64]
    count: NDArray[np.int64]
    total: NDArray[np.float64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]


class Buckets:
    """Gathers values of several series over a grid."""

    def __init__(self, layout: Grid, series: Sequence[int]) -> None:
        """Start with empty buckets for `series`, ascending."""
        self._grid, self._series = layout, np.array(series, dtype=np.int64)
        size = layout.count * len(series)
        self._count = np.zeros(size, dtype=np.int64)
        self._sum = np.zeros(size)
        self._min = np.full(size, np.inf)
        self._max = np.full(size, -np.inf)

    def of_rows(self, rows: StateRows) -> Sums:
        """Return what rows, by series and instant, add; changes nothing.

        They are summed up by the hour where the grid cuts none, as roll-ups are.
        """
        is_number = rows.is_number
        if not is_number.all():
            rows = rows.where(is_number)
        is_exact = _fits_integers(rows)
        if self._grid.is_of_hours and not is_exact:
            return self.of_entries(entries_of(rows))
        origin, width_us = (
            (0, US_PER_HOUR) if self._grid.is_of_hours else (self._grid.start, self._grid.width_us)
        )
        starts, number = rows.cut(origin, width_us)
        value = rows.mantissa if is_exact else rows.floats()
        measures: list[NDArray[np.float64]] = []
        for function in (np.add, np.minimum, np.maximum):
            found = function.reduceat(value, starts) if len(starts) else np.zeros(0)
            measures.append(decimals(found, rows.exponent[starts]) if is_exact else found)
        ts = origin + number * width_us
        # The first bucket can begin before the period does.
        key = self._key(rows.series[starts], rows.ts[starts])
        return Sums(key, ts, np.diff(np.r_[starts, len(rows)]), *measures)

    def of_entries(self, entries: Entries) -> Sums:
        """Return what hours add that lie in one bucket each; changes nothing."""
        used = entries.where(entries.count > 0)
        names = ("total", "minimum", "maximum")
        total, minimum, maximum = (used.floats(name) for name in names)
        key = self._key(used.series, used.first_ts)
        return Sums(key, used.hour * US_PER_HOUR, used.count, total, minimum, maximum)

    def add(self, parts: Sequence[Sums]) -> None:
        """Add up, in the order of instants."""
        if not parts:
            return
        joined = Sums(
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in Sums.__struct_fields__
            )
        )
        order = np.argsort(joined.ts, kind="stable")
        key = joined.key[order]
        np.add.at(self._count, key, joined.count[order])
        np.add.at(self._sum, key, joined.total[order])
        np.minimum.at(self._min, key, joined.minimum[order])
        np.maximum.at(self._max, key, joined.maximum[order])

    def _key(self, series: NDArray[np.integer], ts: NDArray[np.int64]) -> NDArray[np.int64]:
        place = np.searchsorted(self._series, series)
        bucket = (ts - self._grid.start) // self._grid.width_us
        result: NDArray[np.int64] = place * self._grid.count + bucket
        return result

    def table(self) -> pa.Table:
        """Return the buckets of the one series that have readings (`BUCKET_SCHEMA`)."""
        return pa.table(self._columns(np.flatnonzero(self._count)), schema=BUCKET_SCHEMA)

    def fleet_table(self, series: Mapping[int, SignalId], signals: Sequence[SignalId]) -> pa.Table:
        """Return the buckets that have readings, by signal in a given order and by instant.

        Args:
            series: the signal of each number.
            signals: the order wanted.
        """
        place = {signal: index for index, signal in enumerate(signals)}
        rank = np.array([place[series[one]] for one in self._series.tolist()], dtype=np.int32)
        used = np.flatnonzero(self._count)
        signal = rank[used // self._grid.count] if len(rank) else rank
        order = np.argsort(signal, kind="stable")
        names = pa.array(list(signals), pa.string())
        column = pa.DictionaryArray.from_arrays(pa.array(signal[order]), names)
        return pa.table([column, *self._columns(used[order])], schema=FLEET_BUCKET_SCHEMA)

    def _columns(self, used: NDArray[np.int64]) -> list[pa.Array]:
        starts = self._grid.start + used % self._grid.count * self._grid.width_us
        mean = self._sum[used] / self._count[used]
        columns = [starts, self._min[used], self._max[used], mean, self._count[used]]
        return [pa.array(one) for one in columns]


def _fits_integers(rows: StateRows) -> bool:
    """Tell whether all are decimals, of one scale per series, whose sum fits 64 bits."""
    starts = rows.runs()
    if not len(starts):
        return True
    if rows.is_float is not None and rows.is_float.any():
        return False
    finest = np.minimum.reduceat(rows.exponent, starts)
    if (np.maximum.reduceat(rows.exponent, starts) != finest).any():
        return False
    largest = max(-int(rows.mantissa.min()), int(rows.mantissa.max()))
    return largest * len(rows) < _SUM_MAX
