"""The families of meters: one pure function each."""

from collections.abc import Callable, Mapping
from fractions import Fraction

from lineshaft.core.quantity import Quantity
from lineshaft.services.metering.measurement import Measurement, Window
from lineshaft.services.metering.meters.counter import measure_counter
from lineshaft.services.metering.meters.demand import measure_demand
from lineshaft.services.metering.meters.expression import expression
from lineshaft.services.metering.meters.good_count import good_count
from lineshaft.services.metering.meters.integral import measure_integral
from lineshaft.services.metering.meters.state_duration import measure_state_duration
from lineshaft.services.metering.meters.sum import measure_sum
from lineshaft.services.metering.meters.time_weighted_mean import measure_time_weighted_mean
from lineshaft.services.metering.meters.unique import measure_unique
from lineshaft.services.metering.model import Meter
from lineshaft.services.metering.parameters import MeterKind
from lineshaft.services.metering.series import Series

SIGNAL_METERS: dict[MeterKind, Callable[[Meter, Series, Window], Measurement]] = {
    MeterKind.COUNTER: measure_counter,
    MeterKind.STATE_DURATION: measure_state_duration,
    MeterKind.INTEGRAL: measure_integral,
    MeterKind.TIME_WEIGHTED_MEAN: measure_time_weighted_mean,
    MeterKind.DEMAND: measure_demand,
    MeterKind.UNIQUE: measure_unique,
    MeterKind.SUM: measure_sum,
}
"""The kinds that read one signal."""
COMBINED_METERS: dict[MeterKind, Callable[[Meter, Mapping[str, Quantity]], Fraction | None]] = {
    MeterKind.GOOD_COUNT: good_count,
    MeterKind.EXPRESSION: expression,
}
"""The kinds that put together what such meters find; None: there is no such quantity."""
METERS = {*SIGNAL_METERS, *COMBINED_METERS}
"""Every kind of meter has its function here, and its parameters in `parameters/`."""
