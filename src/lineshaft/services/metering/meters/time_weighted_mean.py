"""The mean of a level, each value by the time that it held."""

from fractions import Fraction

from lineshaft.core.quantity import conversion_factor
from lineshaft.services.metering.measurement import Measurement, Window, parameters_of
from lineshaft.services.metering.model import Meter
from lineshaft.services.metering.parameters import TimeWeightedMeanParameters
from lineshaft.services.metering.sampled import levels
from lineshaft.services.metering.series import Series


def measure_time_weighted_mean(meter: Meter, series: Series, window: Window) -> Measurement:
    """Divide the area under the level by the time in which it is known.

    Where nothing is known there is no mean: the quantity is undefined.
    """
    parameters = parameters_of(meter, TimeWeightedMeanParameters)
    found = levels(series, parameters.sampled, window)
    area = found.area(window.period)
    mean = area.total / area.covered_us if area.covered_us else Fraction(0)
    return Measurement(
        amount=mean * conversion_factor(parameters.signal_unit, meter.unit),
        covered_us=area.covered_us,
        since=found.since,
        until=found.until,
        exclusions=found.exclusions,
        is_undefined=not area.covered_us,
    )
