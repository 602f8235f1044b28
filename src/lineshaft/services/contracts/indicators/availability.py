"""Availability: of the time that was required and not excluded, how much the machine was up."""

from fractions import Fraction

import msgspec

from lineshaft.services.contracts.indicators.classification import ClassDurations, UnknownPolicy
from lineshaft.services.contracts.indicators.indicator import Indicator

INDICATOR = Indicator(
    symbol="A",
    unit="C62",
    formula="1 - D / (T - X)",
    source="IEC 60050-192, 192-01-23 and 192-02-08: up, down or excluded",
    range="[0, 1]",
)


class Availability(msgspec.Struct, frozen=True):
    """The result of a guarantee over one period.

    Attributes:
        required_us: T, in microseconds.
        excluded_us: X: excluded, caused by the customer, and unknown where the policy excludes it.
        down_us: D: for which the provider answers.
        value: A = 1 - D/(T - X), exact; None (not applicable) when T - X is zero.
    """

    required_us: int
    excluded_us: int
    down_us: int
    value: Fraction | None


def availability(durations: ClassDurations, policy: UnknownPolicy) -> Availability:
    """Return A = 1 - D/(T - X), exactly.

    Example (a machining day): T = 86,400 s, X = 17.634 s caused by the customer and 51,603.651114 s
    unknown under EXCLUDED, D = 8,027.652138 s: A = 4458510458/5796452481, about 76.918 %.
    """
    is_provider_down = policy is UnknownPolicy.PROVIDER_DOWN
    excluded_us = durations.excluded_us + durations.down_customer_us
    excluded_us += 0 if is_provider_down else durations.unknown_us
    down_us = durations.down_provider_us + (durations.unknown_us if is_provider_down else 0)
    counted_us = durations.required_us - excluded_us
    value = 1 - Fraction(down_us, counted_us) if counted_us else None
    return Availability(durations.required_us, excluded_us, down_us, value)
