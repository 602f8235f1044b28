"""A rate added up over time: power to energy, flow to volume."""

from lineshaft.core.period import US_PER_S
from lineshaft.services.metering.measurement import Measurement, Window, parameters_of
from lineshaft.services.metering.model import Meter
from lineshaft.services.metering.parameters import IntegralParameters, integral_factor
from lineshaft.services.metering.sampled import levels
from lineshaft.services.metering.series import Series


def measure_integral(meter: Meter, series: Series, window: Window) -> Measurement:
    """Add up Q = sum of x_i * min(t_{i+1} - t_i, gap_max), or the trapezoids between readings."""
    parameters = parameters_of(meter, IntegralParameters)
    found = levels(series, parameters.sampled, window)
    area = found.area(window.period)
    factor = integral_factor(parameters.signal_unit, meter.unit)
    return Measurement(
        amount=area.total / US_PER_S * factor,
        covered_us=area.covered_us,
        since=found.since,
        until=found.until,
        exclusions=found.exclusions,
    )
