"""The parameters of the kinds that read one signal. Pure."""

from collections.abc import Mapping
from typing import Any

from lineshaft.core.errors import Invalid
from lineshaft.services.metering.hours import Hours
from lineshaft.services.metering.parameters.counter import CounterParameters
from lineshaft.services.metering.parameters.kinds import MeterKind
from lineshaft.services.metering.parameters.rates import (
    DemandParameters,
    IntegralParameters,
    TimeWeightedMeanParameters,
)
from lineshaft.services.metering.parameters.states import StateDurationParameters, UniqueParameters
from lineshaft.services.metering.parameters.sums import SumParameters

PlainParameters = (
    CounterParameters
    | StateDurationParameters
    | IntegralParameters
    | TimeWeightedMeanParameters
    | DemandParameters
    | UniqueParameters
    | SumParameters
)

_CLASSES: dict[MeterKind, type[PlainParameters]] = {
    MeterKind.COUNTER: CounterParameters,
    MeterKind.STATE_DURATION: StateDurationParameters,
    MeterKind.INTEGRAL: IntegralParameters,
    MeterKind.TIME_WEIGHTED_MEAN: TimeWeightedMeanParameters,
    MeterKind.DEMAND: DemandParameters,
    MeterKind.UNIQUE: UniqueParameters,
    MeterKind.SUM: SumParameters,
}


def plain_from_content(kind: MeterKind, content: Mapping[str, Any], unit: str) -> PlainParameters:
    """Read the parameters of a kind that reads one signal and counts in `unit`.

    Raises:
        Invalid: when something is missing, unknown, out of range, or in a unit that does not fit;
            for a kind that reads several signals.
    """
    if kind not in _CLASSES:
        msg = f"{kind}: expected a kind that reads one signal, one of {', '.join(_CLASSES)}"
        raise Invalid(msg)
    return _CLASSES[kind].from_content(content, unit)


def hours_of(parameters: object) -> Hours | None:
    """Return when usage counts; None: always."""
    if isinstance(parameters, CounterParameters | StateDurationParameters | IntegralParameters):
        return parameters.hours
    return None
