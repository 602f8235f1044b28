"""A counter that rises: hours, parts, energy; through gaps, roll-over, restart and exchange.

A reading is used when the step to it from the last one that was used is possible: it rose by at
most `rate_max * dt * (1 + tolerance) + resolution`, rolled over, or the meter was exchanged. One
that is not possible waits for the next. If the next goes on from the last used one, the reading
between was a glitch (the high-water mark stands); if it goes on from the waiting one, the counter
was restarted or set. A restart counts from `restarts_at`; of a setting, the jump is not counted.
Whatever is left out is an exclusion, never 0.

The steps follow from the whole history and never from the period, so usage adds up over any cut.
They can be told from a part of it: after two readings in a row of which the second is possible
from the first, the last used reading is the second, whatever was before.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from lineshaft.core.period import US_PER_S, Instant, Period
from lineshaft.core.quantity import conversion_factor
from lineshaft.services.metering.measurement import (
    Measurement,
    Window,
    clipped,
    ends_of,
    exclusion,
    fits_int64,
    not_decimals,
    parameters_of,
    scaled,
)
from lineshaft.services.metering.model import ExclusionReason, Meter
from lineshaft.services.metering.parameters import Boundary, CounterParameters
from lineshaft.services.metering.sampled import plausible
from lineshaft.services.metering.series import Series

Exact = int | Fraction


class _Excluded(msgspec.Struct, frozen=True):
    """A reading that was left out, and from when on the usage up to it was not counted."""

    index: int
    reason: ExclusionReason
    since_ts: int


class _Walk(msgspec.Struct):
    """What was found on the way; indices are of the usable readings.

    Attributes:
        total: usage within the period, in units of the scale.
        unused: readings that the counter never was at.
        jumps: readings that were used, but not the step to them.
        restarts: readings that restarted the counter.
        until: the reading that settled the end of the period, if one did.
    """

    total: Exact = 0
    excluded: list[_Excluded] = msgspec.field(default_factory=list)
    unused: list[int] = msgspec.field(default_factory=list)
    jumps: list[int] = msgspec.field(default_factory=list)
    restarts: list[int] = msgspec.field(default_factory=list)
    until: int | None = None


def measure_counter(meter: Meter, series: Series, window: Window) -> Measurement:
    """Add up the possible steps of a counter within the period."""
    parameters = parameters_of(meter, CounterParameters)
    period = window.period
    found = plausible(series, parameters.limits, period)
    place = found.places
    value, scale = scaled(series, place)
    steps = Steps(parameters, series.ts[place], value, scale)
    anchor = steps.anchor(period.start)
    walk = _walk(steps, anchor or 0, period)
    used = np.zeros(len(series), dtype=np.bool_)
    used[place] = True
    used[place[walk.unused]] = False
    gaps = _bridged_gaps(series, used, place[walk.jumps], period)
    return Measurement(
        amount=walk.total * scale * conversion_factor(parameters.signal_unit, meter.unit),
        covered_us=int(clipped(series.ts, ends_of(series, window), period)[used].sum()),
        # The reading before the anchor is what shows that the anchor is one.
        since=None if anchor is None else Instant(steps.ts[anchor - 1]),
        until=None if walk.until is None else Instant(steps.ts[walk.until]),
        exclusions=not_decimals(series, period)
        + found.exclusions
        + [
            exclusion(series, int(place[each.index]), each.reason)
            for each in walk.excluded
            if _concerns(each.since_ts, steps.ts[each.index], period)
        ],
        bridged_gap_count=int(np.count_nonzero(gaps)),
        bridged_gap_us=int(gaps.sum()),
        restart_count=sum(period.contains(Instant(steps.ts[index])) for index in walk.restarts),
    )


def _concerns(since_ts: int, ts: int, period: Period) -> bool:
    """Tell whether a left-out reading, or the usage that was not counted, is of the period."""
    return period.contains(Instant(ts)) or max(since_ts, period.start) < min(ts, period.end)


def _walk(steps: "Steps", start: int, period: Period) -> _Walk:
    """Go from a reading that is used to the first one at or after the end that is, too."""
    walk, index = _Walk(), start
    last = min(bisect_left(steps.ts, period.end), len(steps.ts) - 1)
    while index < last:
        following = steps.run_end(index, last)
        if following > index:
            walk.total += steps.run(index, following, period)
            index = following
            continue
        found = _resolve(steps, walk, index, period)
        if found is None:
            return walk
        index = found
    if index < len(steps.ts) and steps.ts[index] >= period.end:
        walk.until = index
    return walk


def _resolve(steps: "Steps", walk: _Walk, last: int, period: Period) -> int | None:
    """Find the next used reading where the step to the following one is not a plain rise."""
    waiting: int | None = None
    for index in range(last + 1, len(steps.ts)):
        amount = steps.amount(last, index)
        if amount is not None:
            if waiting is not None:
                _leave_out(steps, walk, last, waiting)
            walk.total += steps.portion(last, index, amount, period)
            return index
        if waiting is not None:
            amount = steps.amount(waiting, index)
            if amount is not None:
                _go_on_from(steps, walk, (last, waiting), period)
                walk.total += steps.portion(waiting, index, amount, period)
                return index
            _leave_out(steps, walk, last, waiting)
        waiting = index
    if waiting is not None:
        walk.unused.append(waiting)
        reason = steps.reason(last, waiting)
        walk.excluded.append(_Excluded(waiting, reason, steps.ts[last]))
    return None


def _leave_out(steps: "Steps", walk: _Walk, last: int, glitch: int) -> None:
    """Exclude a reading that the counter did not go on from; the usage over it is counted."""
    walk.unused.append(glitch)
    reason = steps.reason(last, glitch)
    walk.excluded.append(_Excluded(glitch, reason, steps.ts[glitch]))


def _go_on_from(steps: "Steps", walk: _Walk, jump: tuple[int, int], period: Period) -> None:
    """Take a fall for a restart if it can be one; else the jump itself is not counted."""
    last, first = jump
    amount = steps.restarted(last, first)
    if amount is not None:
        walk.restarts.append(first)
        walk.total += steps.portion(last, first, amount, period)
        return
    walk.jumps.append(first)
    reason = steps.reason(last, first)
    walk.excluded.append(_Excluded(first, reason, steps.ts[last]))


def integers(column: NDArray[Any]) -> Sequence[int]:
    """Return a column as Python's integers, made one at a time: most are never asked for."""
    return column.tolist() if column.dtype == object else np.ascontiguousarray(column).data


class Steps:
    """The usable readings of a counter and the steps between them, in units of `scale`.

    In these units the readings are integers, so that fractions arise only where a period cuts a
    step, and the test of a step needs none: amount * per_value <= duration * per_us + free.

    Attributes:
        ts: instants, ascending.
        scale: size of the unit, in that of the signal.
    """

    def __init__(
        self,
        parameters: CounterParameters,
        ts: NDArray[np.int64],
        value: NDArray[Any],
        scale: Fraction,
    ) -> None:
        """Take the readings as integers of one scale, in the unit of the signal."""
        self._parameters, self._boundary, self.scale = parameters, parameters.boundary, scale
        self._per_value, self._per_us, self._free = possible_rise(parameters, scale)
        self._modulus = _in_units(parameters.modulus, scale)
        self._restarts_at = _in_units(parameters.restarts_at, scale)
        self._exchanges = [
            (exchange.at, exchange.old_final / scale, exchange.new_start / scale)
            for exchange in parameters.exchanges
        ]
        self._irregular: list[int] = np.flatnonzero(~self._is_plain_rise(ts, value)).tolist()
        self.ts, self._value = integers(ts), integers(value)

    def _is_plain_rise(self, ts: NDArray[np.int64], value: NDArray[Any]) -> NDArray[np.bool_]:
        """Tell of each reading but the last whether the next is a possible rise from it."""
        if len(ts) < 2:
            return np.zeros(0, dtype=np.bool_)
        rise, duration_us = value[1:] - value[:-1], ts[1:] - ts[:-1]
        largest = max(int(rise.max()), -int(rise.min()))
        longest_us = int(duration_us.max())
        if not fits_int64(largest * self._per_value, longest_us * self._per_us + self._free):
            rise, duration_us = rise.astype(object), duration_us.astype(object)
        possible = rise * self._per_value <= duration_us * self._per_us + self._free
        is_plain: NDArray[np.bool_] = (possible & (rise >= 0)).astype(np.bool_)
        for at, _, _ in self._exchanges:
            before = int(np.searchsorted(ts, at, side="right")) - 1
            if 0 <= before < len(is_plain):
                is_plain[before] = False
        return is_plain

    def anchor(self, at: Instant) -> int | None:
        """Return the last reading up to `at` that is possible from the one right before it."""
        for index in range(bisect_right(self.ts, at) - 1, 0, -1):
            if self.amount(index - 1, index) is not None:
                return index
        return None

    def run_end(self, index: int, last: int) -> int:
        """Return the reading that plain rises lead to from a reading, at most `last`."""
        place = bisect_left(self._irregular, index)
        return min(self._irregular[place], last) if place < len(self._irregular) else last

    def run(self, first: int, last: int, period: Period) -> Exact:
        """Return the usage within the period of a run of plain rises."""
        low, high = max(self.ts[first], period.start), min(self.ts[last], period.end)
        return self._level(high, first, last) - self._level(low, first, last) if low < high else 0

    def _level(self, at: int, first: int, last: int) -> Exact:
        """Return what the counter is taken to be at an instant of a run."""
        index = bisect_right(self.ts, at, first, last) - 1
        if at == self.ts[last]:
            return self._value[last]
        start, value = self.ts[index], self._value[index]
        if start == at or self._boundary is Boundary.LATER:
            return value
        rise = self._value[index + 1] - value
        if self._boundary is Boundary.EARLIER:
            return value + rise
        return value + rise * Fraction(at - start, self.ts[index + 1] - start)

    def portion(self, first: int, last: int, amount: Exact, period: Period) -> Exact:
        """Return how much of a step's amount belongs to the period."""
        start, end = self.ts[first], self.ts[last]
        if period.start <= start and end <= period.end:
            return amount
        match self._boundary:
            case Boundary.EARLIER:
                return amount if period.start <= start < period.end else 0
            case Boundary.LATER:
                return amount if period.start < end <= period.end else 0
            case Boundary.LINEAR:
                common_us = min(end, period.end) - max(start, period.start)
                return amount * Fraction(max(common_us, 0), end - start)

    def amount(self, first: int, last: int) -> Exact | None:
        """Return by how much the counter rose from one reading to a later one, if it can have."""
        start, value = self._value[first], self._value[last]
        between = [
            exchange
            for exchange in self._exchanges
            if self.ts[first] <= exchange[0] < self.ts[last]
        ]
        parts: list[Exact]
        if between:
            starts: list[Exact] = [start, *(new_start for _, _, new_start in between)]
            ends: list[Exact] = [*(old_final for _, old_final, _ in between), value]
            parts = [end - begin for begin, end in zip(starts, ends, strict=True)]
        elif value >= start or self._modulus is None:
            parts = [value - start]
        else:
            parts = [self._modulus - start, value]
        amount = sum(parts)
        return amount if min(parts) >= 0 and self._is_possible(amount, first, last) else None

    def restarted(self, first: int, last: int) -> Exact | None:
        """Return by how much the counter rose since it restarted between two readings."""
        if self._restarts_at is None or self._value[last] >= self._value[first]:
            return None
        amount = self._value[last] - self._restarts_at
        return amount if amount >= 0 and self._is_possible(amount, first, last) else None

    def reason(self, first: int, last: int) -> ExclusionReason:
        """Say why the later reading is not possible from the earlier."""
        has_risen = self._value[last] >= self._value[first]
        return ExclusionReason.TOO_FAST if has_risen else ExclusionReason.FELL

    def _is_possible(self, amount: Exact, first: int, last: int) -> bool:
        duration_us = self.ts[last] - self.ts[first]
        return amount * self._per_value <= duration_us * self._per_us + self._free


def possible_rise(parameters: CounterParameters, scale: Fraction) -> tuple[int, int, int]:
    """Return what tells a possible rise: rise * first <= duration_us * second + third.

    Args:
        parameters: of the counter.
        scale: size of the unit of the rise, in that of the signal.
    """
    rate_us = parameters.rate_max * (1 + parameters.tolerance) / US_PER_S
    resolution = parameters.resolution
    common = lcm(scale.denominator, rate_us.denominator, resolution.denominator)
    return int(scale * common), int(rate_us * common), int(resolution * common)


def _in_units(value: Fraction | None, scale: Fraction) -> Fraction | None:
    return None if value is None else value / scale


def _bridged_gaps(
    series: Series, used: NDArray[np.bool_], jumps: NDArray[np.int64], period: Period
) -> NDArray[np.int64]:
    """Return how much of each gap that usage was counted over lies in the period, where any does.

    A gap is the time from a row that is not used, behind a used one, to the next used one.
    """
    starts = np.flatnonzero(used[:-1] & ~used[1:]) + 1
    ends = np.flatnonzero(~used[:-1] & used[1:]) + 1
    if len(ends) and (not len(starts) or ends[0] < starts[0]):
        ends = ends[1:]  # nothing was used before: there is nothing to count from
    starts = starts[: len(ends)]
    is_counted = ~np.isin(ends, jumps)
    gaps = clipped(series.ts[starts[is_counted]], series.ts[ends[is_counted]], period)
    return gaps[gaps > 0]
