"""Readings of a level over time: which are plausible, and the exact area under them. Pure."""

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor, lcm
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from lineshaft.core.period import US_PER_S, Instant, Period
from lineshaft.services.metering.measurement import (
    Window,
    clipped,
    context,
    ends_of,
    exclusion,
    fits_int64,
    not_decimals,
    scaled,
)
from lineshaft.services.metering.model import Exclusion, ExclusionReason
from lineshaft.services.metering.parameters import Hold, Limits, Sampled
from lineshaft.services.metering.series import DECIMAL, Series


class Plausible(msgspec.Struct, frozen=True):
    """The readings that can be, of all rows in force.

    Attributes:
        places: of them.
        exclusions: the decimals of the period that cannot be.
        since: from when on the rows tell what held at the start of the period; None: any before.
    """

    places: NDArray[np.int64]
    exclusions: list[Exclusion]
    since: Instant | None


def plausible(series: Series, limits: Limits, period: Period) -> Plausible:
    """Choose the good decimals within the limits.

    One that the signal cannot have changed to since the one right before it is left out: a spike
    and the return from it, or the first reading after a jump. Which that is follows from two
    neighbours alone, so that a part of the history tells it as the whole does.
    """
    place = np.flatnonzero(series.is_good & (series.form == DECIMAL))
    value, scale = scaled(series, place)
    is_within = _in_range(value, scale, limits)
    excluded = _excluded(series, place[~is_within], ExclusionReason.OUT_OF_RANGE, period)
    place, value = place[is_within], value[is_within]
    since = context(series, period)[0]
    if limits.rate_max is not None:
        at = int(np.searchsorted(series.ts[place], period.start, side="right")) - 1
        since = Instant(int(series.ts[place[at - 1]])) if at > 0 else None
        is_slow = _is_slow(series.ts[place], value, scale, limits)
        excluded += _excluded(series, place[~is_slow], ExclusionReason.TOO_FAST, period)
        place = place[is_slow]
    return Plausible(place, excluded, since)


def _in_range(value: NDArray[Any], scale: Fraction, limits: Limits) -> NDArray[np.bool_]:
    is_within = np.ones(len(value), dtype=np.bool_)
    if limits.minimum is not None:
        is_within &= (value >= ceil(limits.minimum / scale)).astype(np.bool_)
    if limits.maximum is not None:
        is_within &= (value <= floor(limits.maximum / scale)).astype(np.bool_)
    return is_within


def _is_slow(
    ts: NDArray[np.int64], value: NDArray[Any], scale: Fraction, limits: Limits
) -> NDArray[np.bool_]:
    """Tell of each reading whether the signal can have changed to it: |rise| <= rate * dt + r."""
    is_slow = np.ones(len(ts), dtype=np.bool_)
    if limits.rate_max is None or len(ts) < 2:
        return is_slow
    rate_us = limits.rate_max / US_PER_S
    common = lcm(scale.denominator, rate_us.denominator, limits.resolution.denominator)
    per_value, per_us = int(scale * common), int(rate_us * common)
    free = int(limits.resolution * common)
    rise, duration_us = abs(value[1:] - value[:-1]), ts[1:] - ts[:-1]
    if not fits_int64(int(rise.max()) * per_value, int(duration_us.max()) * per_us + free):
        rise, duration_us = rise.astype(object), duration_us.astype(object)
    is_slow[1:] = (rise * per_value <= duration_us * per_us + free).astype(np.bool_)
    return is_slow


def _excluded(
    series: Series, places: NDArray[np.int64], reason: ExclusionReason, period: Period
) -> list[Exclusion]:
    """Exclude the readings of the period."""
    ts = series.ts[places]
    within = places[(ts >= period.start) & (ts < period.end)]
    return [exclusion(series, at, reason) for at in within.tolist()]


class Area(msgspec.Struct, frozen=True):
    """What is under the readings of a level.

    Attributes:
        total: unit of the signal times microseconds, exact.
        covered_us: time in which the level is known.
    """

    total: Fraction
    covered_us: int


class Levels(msgspec.Struct, frozen=True):
    """A level over time.

    Attributes:
        area: over a part of the period that it was made for.
        exclusions: what of the period is no decimal, or cannot be.
        since: as in `Plausible`.
        until: the result follows from the rows up to this instant; None: later ones could tell.
    """

    area: Callable[[Period], Area]
    exclusions: list[Exclusion]
    since: Instant | None
    until: Instant | None


def levels(series: Series, sampled: Sampled, window: Window) -> Levels:
    """Make the level that the plausible readings describe.

    Held to the left, a reading counts for at most `gap_max`. Straight lines run between two usable
    readings in a row that are at most `gap_max` apart. Everywhere else nothing is known and nothing
    is counted.
    """
    found = plausible(series, sampled.limits, window.period)
    usable = found.places
    value, scale = scaled(series, usable)
    starts = series.ts[usable]
    ends = np.minimum(ends_of(series, window)[usable], starts + sampled.gap_max_us)
    if sampled.hold is Hold.LINEAR:
        is_line = np.zeros(len(usable), dtype=np.bool_)
        is_line[:-1] = (np.diff(usable) == 1) & (ends[:-1] == starts[1:])
        ends = np.where(is_line, ends, starts)

    def area(part: Period) -> Area:
        # The readings that hold within the part, for many parts of a long series are asked for.
        first = max(int(np.searchsorted(starts, part.start, side="right")) - 1, 0)
        last = int(np.searchsorted(starts, part.end, side="left"))
        held_us = clipped(starts[first:last], ends[first:last], part)
        if sampled.hold is Hold.LEFT:
            total = Fraction(_dot(value[first:last], held_us))
        else:
            total = _trapezoids(value, starts, part, first + np.flatnonzero(held_us))
        return Area(total * scale, int(held_us.sum()))

    exclusions = not_decimals(series, window.period) + found.exclusions
    return Levels(area, exclusions, found.since, context(series, window.period)[1])


def _dot(value: NDArray[Any], duration_us: NDArray[np.int64]) -> int:
    """Return the exact sum of the products."""
    if not len(value):
        return 0
    largest = max(int(value.max()), -int(value.min()))
    if not fits_int64(largest * int(duration_us.sum())):
        value, duration_us = value.astype(object), duration_us.astype(object)
    return int((value * duration_us).sum())


def _trapezoids(
    value: NDArray[Any], ts: NDArray[np.int64], period: Period, lines: NDArray[np.int64]
) -> Fraction:
    """Add up the area under the lines that begin at some readings, within the period.

    Whole lines count twice their mean in integers; only one that the period cuts is a fraction.
    """
    is_whole = (ts[lines] >= period.start) & (ts[lines + 1] <= period.end)
    whole = lines[is_whole]
    total = Fraction(_dot(value[whole] + value[whole + 1], ts[whole + 1] - ts[whole]), 2)
    for line in lines[~is_whole].tolist():
        start, end = int(ts[line]), int(ts[line + 1])
        low, high = max(start, period.start), min(end, period.end)
        first, rise = int(value[line]), int(value[line + 1]) - int(value[line])
        middle = first + rise * Fraction(low + high - 2 * start, 2 * (end - start))
        total += middle * (high - low)
    return total
