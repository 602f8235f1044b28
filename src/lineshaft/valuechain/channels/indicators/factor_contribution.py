"""Capital channel: one factor's term of the substitution effect."""

from lineshaft.valuechain.channels.accounting import Change, Estimate, Factor
from lineshaft.valuechain.indicator import Indicator

INDICATOR = Indicator(
    name="factor_contribution",
    symbol="s dln(f/Q)",
    unit="C62",
    formula="(s_f0 + s_f1)/2 dln(f/Q); K_it and S above 0, L and K_o below 0 is substitution",
    source="Törnqvist 1936; Huang & Ma, section 3.2 (capital channel)",
    range="(-inf, inf)",
)


def value(change: Change, factor: Factor) -> Estimate:
    """Return the term of a factor."""
    return change.term(factor)
