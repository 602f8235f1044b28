"""What each kind of meter needs to know, read from plant files and contracts and checked. Pure."""

import enum
from collections.abc import Mapping
from typing import Any

from lineshaft.services.metering.parameters.counter import (
    EXCHANGES_MAX,
    Boundary,
    CounterParameters,
    Exchange,
)
from lineshaft.services.metering.parameters.rates import Hold, IntegralParameters, integral_factor
from lineshaft.services.metering.parameters.states import STATES_MAX, StateDurationParameters

__all__ = [
    "EXCHANGES_MAX",
    "STATES_MAX",
    "Boundary",
    "CounterParameters",
    "Exchange",
    "Hold",
    "IntegralParameters",
    "MeterKind",
    "Parameters",
    "StateDurationParameters",
    "integral_factor",
    "parameters_from_content",
]


class MeterKind(enum.StrEnum):
    """The families of meters; each has a module in `meters/`."""

    COUNTER = "counter"
    STATE_DURATION = "state_duration"
    INTEGRAL = "integral"


Parameters = CounterParameters | StateDurationParameters | IntegralParameters

_CLASSES: dict[MeterKind, type[Parameters]] = {
    MeterKind.COUNTER: CounterParameters,
    MeterKind.STATE_DURATION: StateDurationParameters,
    MeterKind.INTEGRAL: IntegralParameters,
}


def parameters_from_content(kind: MeterKind, content: Mapping[str, Any], unit: str) -> Parameters:
    """Read the parameters of a kind of meter that counts in `unit`.

    Raises:
        Invalid: when something is missing, unknown, out of range, or in a unit that does not fit.
    """
    return _CLASSES[kind].from_content(content, unit)
