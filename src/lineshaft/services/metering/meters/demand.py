"""The largest mean of a level over windows that follow the clock: the peak of a power."""

from fractions import Fraction
from itertools import pairwise

from lineshaft.core.period import Period, zone_named
from lineshaft.core.quantity import conversion_factor
from lineshaft.services.metering.clock import aligned_cuts
from lineshaft.services.metering.measurement import Measurement, Window, parameters_of
from lineshaft.services.metering.model import Meter
from lineshaft.services.metering.parameters import DemandParameters
from lineshaft.services.metering.sampled import levels
from lineshaft.services.metering.series import Series


def measure_demand(meter: Meter, series: Series, window: Window) -> Measurement:
    """Find the largest mean over the windows that lie wholly within the period.

    The mean is over the time in which the level is known. A window of which less than
    `coverage_min` is known does not count, and without any that counts there is no demand: the
    quantity is undefined.
    """
    parameters = parameters_of(meter, DemandParameters)
    period = window.period
    found = levels(series, parameters.sampled, window)
    cuts = aligned_cuts(period, zone_named(parameters.zone), parameters.window_us)
    means: list[Fraction] = []
    for start, end in pairwise(cuts):
        area = found.area(Period(start, end))
        if area.covered_us and area.covered_us >= (end - start) * parameters.coverage_min:
            means.append(area.total / area.covered_us)
    factor = conversion_factor(parameters.signal_unit, meter.unit)
    return Measurement(
        amount=max(means, default=Fraction(0)) * factor,
        covered_us=found.area(period).covered_us,
        since=found.since,
        until=found.until,
        exclusions=found.exclusions,
        is_undefined=not means,
    )
