"""Hourly roll-ups of many series at once: columns with a row per series and hour. Pure."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from lineshaft.core.period import Instant
from lineshaft.platform.historian.rollups.model import Point, Rollup, combine
from lineshaft.platform.historian.rollups.rows import decimals


class Entries(msgspec.Struct, frozen=True):
    """Roll-ups of a series and an hour each; see `model.Rollup` for the words.

    Attributes:
        two, five: the unit is `2**two * 5**five`.
        first_at, last_at: instants of the first and last good number; 0 where `count` is.
        total, integral, first, last, minimum, maximum, increase: integers of any size, in units.
        states: a dict of microseconds by state, or None.
    """

    series: NDArray[np.int64]
    hour: NDArray[np.int64]
    two: NDArray[np.int64]
    five: NDArray[np.int64]
    first_ts: NDArray[np.int64]
    last_ts: NDArray[np.int64]
    count: NDArray[np.int64]
    covered_us: NDArray[np.int64]
    first_at: NDArray[np.int64]
    last_at: NDArray[np.int64]
    resets: NDArray[np.int64]
    total: NDArray[np.object_]
    integral: NDArray[np.object_]
    first: NDArray[np.object_]
    last: NDArray[np.object_]
    minimum: NDArray[np.object_]
    maximum: NDArray[np.object_]
    increase: NDArray[np.object_]
    first_state: NDArray[np.object_]
    last_state: NDArray[np.object_]
    states: NDArray[np.object_]

    def __len__(self) -> int:
        """Count the entries."""
        return len(self.series)

    def where(self, chosen: NDArray[Any] | slice) -> "Entries":
        """Return some of the entries, by mask, index or slice."""
        return Entries(*(getattr(self, name)[chosen] for name in ENTRY_COLUMNS))

    def in_order(self) -> "Entries":
        """Return the entries by series and instant."""
        order = np.lexsort((self.first_ts, self.series))
        return self if np.array_equal(order, np.arange(len(order))) else self.where(order)

    def floats(self, name: str) -> NDArray[np.float64]:
        """Return a column of values as binary floats, for the eye."""
        values: NDArray[Any] = getattr(self, name)
        if ((self.two == self.five) & (np.abs(self.two) <= 18)).all():
            return decimals(values, self.two)
        exact = zip(values.tolist(), self.two.tolist(), self.five.tolist(), strict=True)
        return np.array([float(value * unit(two, five)) for value, two, five in exact])


ENTRY_COLUMNS = Entries.__struct_fields__
OBJECT_COLUMNS = ENTRY_COLUMNS[ENTRY_COLUMNS.index("total") :]


def unit(two: int, five: int) -> Fraction:
    """Return `2**two * 5**five`."""
    return Fraction(2) ** two * Fraction(5) ** five


def empty() -> Entries:
    """Return no entries."""
    kinds = (object if name in OBJECT_COLUMNS else np.int64 for name in ENTRY_COLUMNS)
    return Entries(*(np.zeros(0, dtype=kind) for kind in kinds))


def joined(parts: Sequence[Entries]) -> Entries:
    """Return the entries of several, one after the other."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return empty()
    return Entries(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ENTRY_COLUMNS)
    )


def folded(entries: Entries) -> dict[int, Rollup]:
    """Combine the entries of each series, which must be `in_order`, into one roll-up."""
    if not len(entries):
        return {}
    key = np.stack([entries.series, entries.two, entries.five])
    cuts = np.flatnonzero((key[:, 1:] != key[:, :-1]).any(axis=0)) + 1
    bounds = [0, *cuts.tolist(), len(entries)]
    runs: dict[int, list[Rollup]] = {}
    for series, rollup in zip(
        entries.series[bounds[:-1]].tolist(), _runs(entries, bounds), strict=True
    ):
        runs.setdefault(series, []).append(rollup)
    return {series: reduce(combine, rollups) for series, rollups in runs.items()}


def _runs(entries: Entries, bounds: Sequence[int]) -> Iterator[Rollup]:
    """Yield the roll-up of each run of entries of one series and unit."""
    starts = np.array(bounds[:-1])
    last_of_run = np.array(bounds[1:]) - 1
    gap_us = np.zeros(len(entries), dtype=np.int64)
    gap_us[:-1] = entries.first_ts[1:] - entries.last_ts[:-1]
    gap_us[last_of_run] = 0
    has_number = entries.count > 0
    held_us = np.where(has_number & (entries.last_at == entries.last_ts), gap_us, 0)
    sums = {
        "count": np.add.reduceat(entries.count, starts),
        "covered_us": np.add.reduceat(entries.covered_us + held_us, starts),
        "resets": np.add.reduceat(entries.resets, starts),
        "total": np.add.reduceat(entries.total, starts),
        "integral": np.add.reduceat(entries.integral + entries.last * held_us, starts),
        "increase": np.add.reduceat(entries.increase, starts),
    }
    lists = {name: column.tolist() for name, column in sums.items()}
    numbers = np.flatnonzero(has_number)
    places = np.searchsorted(numbers, bounds).tolist()
    for index, (start, end) in enumerate(pairwise(bounds)):
        run = {name: column[index] for name, column in lists.items()}
        of_run = numbers[places[index] : places[index + 1]]
        yield _run(entries, (start, end), of_run, run, gap_us)


def _run(
    entries: Entries,
    bounds: tuple[int, int],
    numbers: NDArray[np.int64],
    sums: dict[str, int],
    gap_us: NDArray[np.int64],
) -> Rollup:
    start, last = bounds[0], bounds[1] - 1
    scale = unit(int(entries.two[start]), int(entries.five[start]))
    rise, resets = _steps(entries, numbers)
    first = last_number = minimum = maximum = None
    if len(numbers):
        low, high = int(numbers[0]), int(numbers[-1])
        first = Point(Instant(int(entries.first_at[low])), entries.first[low] * scale)
        last_number = Point(Instant(int(entries.last_at[high])), entries.last[high] * scale)
        minimum = entries.minimum[numbers].min() * scale
        maximum = entries.maximum[numbers].max() * scale
    return Rollup(
        first_ts=Instant(int(entries.first_ts[start])),
        last_ts=Instant(int(entries.last_ts[last])),
        count=sums["count"],
        total=sums["total"] * scale,
        integral=sums["integral"] * scale,
        covered_us=sums["covered_us"],
        first=first,
        last=last_number,
        minimum=minimum,
        maximum=maximum,
        increase=(sums["increase"] + rise) * scale,
        resets=sums["resets"] + resets,
        first_state=entries.first_state[start],
        last_state=entries.last_state[last],
        state_us=_states(entries, slice(*bounds), gap_us),
    )


def _steps(entries: Entries, numbers: NDArray[np.int64]) -> tuple[int, int]:
    """Return by how much a counter rose between entries, and how often it was reset there."""
    if len(numbers) < 2:
        return 0, 0
    last, first = entries.last[numbers[:-1]], entries.first[numbers[1:]]
    is_rise = (first >= last).astype(np.bool_)
    return int(np.where(is_rise, first - last, first).sum()), int((~is_rise).sum())


def _states(entries: Entries, run: slice, gap_us: NDArray[np.int64]) -> dict[str, int]:
    result: dict[str, int] = {}
    lasting = zip(
        entries.states[run].tolist(),
        entries.last_state[run].tolist(),
        gap_us[run].tolist(),
        strict=True,
    )
    for states, last_state, gap in lasting:
        for state, duration_us in (states or {}).items():
            result[state] = result.get(state, 0) + duration_us
        if last_state is not None:
            result[last_state] = result.get(last_state, 0) + gap
    return result
