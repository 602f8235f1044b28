"""A rate added up over time: power to energy, flow to volume."""

from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lineshaft.core.period import US_PER_S, Instant, Period
from lineshaft.services.metering.measurement import (
    Measurement,
    Window,
    clipped,
    context,
    ends_of,
    exclusion,
    fits_int64,
    not_decimals,
    parameters_of,
    scaled,
)
from lineshaft.services.metering.model import Exclusion, ExclusionReason, Meter
from lineshaft.services.metering.parameters import Hold, IntegralParameters, integral_factor
from lineshaft.services.metering.series import DECIMAL, Series


def measure_integral(meter: Meter, series: Series, window: Window) -> Measurement:
    """Add up Q = sum of x_i * min(t_{i+1} - t_i, gap_max), or the trapezoids between the readings.

    Held to the left, a reading counts for at most `gap_max`. Straight lines run between two usable
    readings in a row that are at most `gap_max` apart. Everywhere else nothing is known and nothing
    is counted.
    """
    parameters = parameters_of(meter, IntegralParameters)
    period = window.period
    excluded, usable = _range_of(series, parameters, period)
    value, scale = scaled(series, usable)
    starts = series.ts[usable]
    ends = np.minimum(ends_of(series, window)[usable], starts + parameters.gap_max_us)
    if parameters.hold is Hold.LEFT:
        held_us = clipped(starts, ends, period)
        total = Fraction(_dot(value, held_us))
    else:
        is_line = np.zeros(len(usable), dtype=np.bool_)
        is_line[:-1] = (np.diff(usable) == 1) & (ends[:-1] == starts[1:])
        held_us = clipped(starts, np.where(is_line, ends, starts), period)
        total = _trapezoids(value, starts, period, np.flatnonzero(held_us))
    since, until = context(series, period)
    return Measurement(
        amount=total * scale / US_PER_S * integral_factor(parameters.signal_unit, meter.unit),
        covered_us=int(held_us.sum()),
        since=since,
        until=until,
        exclusions=not_decimals(series, period) + excluded,
    )


def _range_of(
    series: Series, parameters: IntegralParameters, period: Period
) -> tuple[list[Exclusion], NDArray[np.int64]]:
    """Return what is out of range in the period, and the places that are in range anywhere."""
    place = np.flatnonzero(series.is_good & (series.form == DECIMAL))
    value, scale = scaled(series, place)
    is_within = np.ones(len(place), dtype=np.bool_)
    if parameters.minimum is not None:
        is_within &= (value >= ceil(parameters.minimum / scale)).astype(np.bool_)
    if parameters.maximum is not None:
        is_within &= (value <= floor(parameters.maximum / scale)).astype(np.bool_)
    excluded = [
        exclusion(series, at, ExclusionReason.OUT_OF_RANGE)
        for at in place[~is_within].tolist()
        if period.contains(Instant(int(series.ts[at])))
    ]
    return excluded, place[is_within]


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
