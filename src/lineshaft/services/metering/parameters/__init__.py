"""What each kind of meter needs to know, read from plant files and contracts and checked. Pure."""

import enum
from collections.abc import Mapping
from typing import Any

from lineshaft.services.metering.hours import Hours
from lineshaft.services.metering.parameters.counter import (
    EXCHANGES_MAX,
    Boundary,
    CounterParameters,
    Exchange,
)
from lineshaft.services.metering.parameters.limits import Limits
from lineshaft.services.metering.parameters.rates import (
    DemandParameters,
    Hold,
    IntegralParameters,
    Sampled,
    TimeWeightedMeanParameters,
    integral_factor,
)
from lineshaft.services.metering.parameters.states import (
    STATES_MAX,
    StateDurationParameters,
    UniqueParameters,
)

__all__ = [
    "EXCHANGES_MAX",
    "STATES_MAX",
    "Boundary",
    "CounterParameters",
    "DemandParameters",
    "Exchange",
    "Hold",
    "IntegralParameters",
    "Limits",
    "MeterKind",
    "Parameters",
    "Sampled",
    "StateDurationParameters",
    "TimeWeightedMeanParameters",
    "UniqueParameters",
    "hours_of",
    "integral_factor",
    "parameters_from_content",
]


class MeterKind(enum.StrEnum):
    """The families of meters; each has a module in `meters/`."""

    COUNTER = "counter"
    STATE_DURATION = "state_duration"
    INTEGRAL = "integral"
    TIME_WEIGHTED_MEAN = "time_weighted_mean"
    DEMAND = "demand"
    UNIQUE = "unique"


Parameters = (
    CounterParameters
    | StateDurationParameters
    | IntegralParameters
    | TimeWeightedMeanParameters
    | DemandParameters
    | UniqueParameters
)

_CLASSES: dict[MeterKind, type[Parameters]] = {
    MeterKind.COUNTER: CounterParameters,
    MeterKind.STATE_DURATION: StateDurationParameters,
    MeterKind.INTEGRAL: IntegralParameters,
    MeterKind.TIME_WEIGHTED_MEAN: TimeWeightedMeanParameters,
    MeterKind.DEMAND: DemandParameters,
    MeterKind.UNIQUE: UniqueParameters,
}


def parameters_from_content(kind: MeterKind, content: Mapping[str, Any], unit: str) -> Parameters:
    """Read the parameters of a kind of meter that counts in `unit`.

    Raises:
        Invalid: when something is missing, unknown, out of range, or in a unit that does not fit.
    """
    return _CLASSES[kind].from_content(content, unit)


def hours_of(parameters: Parameters) -> Hours | None:
    """Return when usage counts; None: always."""
    if isinstance(parameters, CounterParameters | StateDurationParameters | IntegralParameters):
        return parameters.hours
    return None
