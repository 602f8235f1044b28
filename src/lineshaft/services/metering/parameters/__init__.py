"""What each kind of meter needs to know, read from plant files and contracts and checked. Pure."""

from collections.abc import Mapping
from typing import Any

from lineshaft.services.metering.parameters.combined import (
    CombinedParameters,
    ExpressionParameters,
    GoodCountParameters,
    Input,
)
from lineshaft.services.metering.parameters.counter import (
    EXCHANGES_MAX,
    Boundary,
    CounterParameters,
    Exchange,
)
from lineshaft.services.metering.parameters.kinds import MeterKind
from lineshaft.services.metering.parameters.limits import Limits
from lineshaft.services.metering.parameters.plain import (
    PlainParameters,
    hours_of,
    plain_from_content,
)
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
from lineshaft.services.metering.parameters.sums import SumParameters

__all__ = [
    "EXCHANGES_MAX",
    "STATES_MAX",
    "Boundary",
    "CombinedParameters",
    "CounterParameters",
    "DemandParameters",
    "Exchange",
    "ExpressionParameters",
    "GoodCountParameters",
    "Hold",
    "Input",
    "IntegralParameters",
    "Limits",
    "MeterKind",
    "Parameters",
    "PlainParameters",
    "Sampled",
    "StateDurationParameters",
    "SumParameters",
    "TimeWeightedMeanParameters",
    "UniqueParameters",
    "hours_of",
    "integral_factor",
    "parameters_from_content",
]


Parameters = PlainParameters | CombinedParameters

_COMBINED: dict[MeterKind, type[CombinedParameters]] = {
    MeterKind.GOOD_COUNT: GoodCountParameters,
    MeterKind.EXPRESSION: ExpressionParameters,
}


def parameters_from_content(kind: MeterKind, content: Mapping[str, Any], unit: str) -> Parameters:
    """Read the parameters of a kind of meter that counts in `unit`.

    Raises:
        Invalid: when something is missing, unknown, out of range, or in a unit that does not fit.
    """
    if kind in _COMBINED:
        return _COMBINED[kind].from_content(content, unit)
    return plain_from_content(kind, content, unit)
