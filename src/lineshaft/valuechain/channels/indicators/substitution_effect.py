"""Capital channel: how factors were substituted for each other."""

from lineshaft.valuechain.channels.accounting import FALLING, RISING, Change, Estimate
from lineshaft.valuechain.indicator import Indicator

INDICATOR = Indicator(
    name="substitution_effect",
    symbol="SUB",
    unit="C62",
    formula="sum over K_it, S, L, K_o of (s_f0 + s_f1)/2 dln(f/Q); materials stand apart",
    source="Törnqvist 1936; Huang & Ma, section 3.2 (capital channel)",
    range="(-inf, inf); below 0: fewer of these factors for a unit of output",
)


def value(change: Change) -> Estimate:
    """Sum the terms of what should rise and of what should fall."""
    return change.term(*RISING, *FALLING)
