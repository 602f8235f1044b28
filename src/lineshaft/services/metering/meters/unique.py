"""How many different values were read: serial numbers, programs, operators."""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from lineshaft.core.quantity import conversion_factor
from lineshaft.core.value import DecimalValue
from lineshaft.services.metering.measurement import (
    Measurement,
    Window,
    clipped,
    context,
    ends_of,
    exclusion,
    parameters_of,
)
from lineshaft.services.metering.model import ExclusionReason, Meter
from lineshaft.services.metering.parameters import UniqueParameters
from lineshaft.services.metering.sampled import plausible
from lineshaft.services.metering.series import DECIMAL, ENUMERATION, TEXT, Series


def measure_unique(meter: Meter, series: Series, window: Window) -> Measurement:
    """Count the different values of the readings of the period; each counts where it was read.

    1.0 and 1.00 are one number, and a symbol is the same as the text that spells it. Another kind
    of value is an exclusion.
    """
    parameters = parameters_of(meter, UniqueParameters)
    period = window.period
    decimals = plausible(series, parameters.limits, period)
    is_symbol = series.is_good & ((series.form == TEXT) | (series.form == ENUMERATION))
    is_used = is_symbol.copy()
    is_used[decimals.places] = True
    is_within = (series.ts >= period.start) & (series.ts < period.end)
    is_other = series.is_good & ~is_symbol & (series.form != DECIMAL) & is_within
    others = [
        exclusion(series, place, ExclusionReason.NOT_A_DECIMAL)
        for place in np.flatnonzero(is_other).tolist()
    ]
    is_number = is_used & ~is_symbol & is_within
    count = len(_symbols(series, is_symbol & is_within)) + len(_numbers(series, is_number))
    since, until = context(series, period)
    return Measurement(
        amount=count * conversion_factor("C62", meter.unit),
        covered_us=int(clipped(series.ts, ends_of(series, window), period)[is_used].sum()),
        since=since if parameters.limits.rate_max is None else decimals.since,
        until=until,
        exclusions=decimals.exclusions + others,
    )


def _symbols(series: Series, chosen: NDArray[np.bool_]) -> set[str]:
    texts = series.rows.text
    return set() if texts is None else set(texts[series.row[chosen]].tolist())


def _numbers(series: Series, chosen: NDArray[np.bool_]) -> set[Fraction]:
    rows = series.row[chosen]
    pairs = np.unique(np.stack([series.rows.mantissa[rows], series.rows.exponent[rows]]), axis=1)
    return {DecimalValue(*pair).as_fraction() for pair in pairs.T.tolist()}
