"""The quantities of events, added up: what came over the API instead of from a counter."""

import numpy as np

from lineshaft.core.quantity import conversion_factor
from lineshaft.core.value import DecimalValue
from lineshaft.services.metering.measurement import (
    Measurement,
    Window,
    context,
    exclusion,
    not_decimals,
    parameters_of,
    scaled,
)
from lineshaft.services.metering.model import ExclusionReason, Meter
from lineshaft.services.metering.parameters import SumParameters
from lineshaft.services.metering.series import DECIMAL, Series, standing


def measure_sum(meter: Meter, series: Series, window: Window) -> Measurement:
    """Add up every event of the period, each where it happened.

    Two events of one instant are two: none replaces another, but a correction does. Silence says
    that nothing happened, so the period is covered as far as anything is known of it; what was
    refused or cannot be a quantity makes it incomplete.
    """
    parameters = parameters_of(meter, SumParameters)
    period, events = window.period, standing(series.rows)
    is_within = (events.ts >= period.start) & (events.ts < period.end)
    place = np.flatnonzero(is_within & events.is_good & (events.form == DECIMAL))
    is_out = np.array([_is_out(events, one, parameters) for one in place.tolist()], dtype=np.bool_)
    values, scale = scaled(events, place[~is_out])
    since, until = context(events, period)
    return Measurement(
        amount=sum(values.tolist()) * scale * conversion_factor(parameters.signal_unit, meter.unit),
        covered_us=max(min(period.end, window.known_until) - period.start, 0),
        since=since,
        until=until,
        exclusions=not_decimals(events, period)
        + [exclusion(events, one, ExclusionReason.OUT_OF_RANGE) for one in place[is_out].tolist()],
    )


def _is_out(events: Series, place: int, parameters: SumParameters) -> bool:
    row = int(events.row[place])
    mantissa, exponent = int(events.rows.mantissa[row]), int(events.rows.exponent[row])
    if parameters.minimum == 0 and parameters.maximum is None:
        return mantissa < 0
    value = DecimalValue(mantissa, exponent).as_fraction()
    return (parameters.minimum is not None and value < parameters.minimum) or (
        parameters.maximum is not None and value > parameters.maximum
    )
