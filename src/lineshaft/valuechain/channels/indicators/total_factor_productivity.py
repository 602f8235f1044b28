"""Technology channel: growth of output that no factor explains."""

from lineshaft.valuechain.channels.accounting import Change, Estimate
from lineshaft.valuechain.indicator import Indicator

INDICATOR = Indicator(
    name="total_factor_productivity",
    symbol="dlnTFP",
    unit="C62",
    formula="dlnQ - sum over L, K_o, K_it, S, M of (s_f0 + s_f1)/2 dln f; Q = good x unit value",
    source="Solow 1957; Jorgenson & Griliches 1967; Huang & Ma, section 3.2 (technology channel)",
    range="(-inf, inf)",
)


def value(change: Change) -> Estimate:
    """Return the residual, of quality-adjusted output: bad units are none."""
    return change.total_factor_productivity
