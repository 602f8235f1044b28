"""Effect of connecting a line, against lines that are not yet connected."""

from lineshaft.valuechain.channels.attribution import Panel, RollOutEffect, roll_out_effect
from lineshaft.valuechain.indicator import Indicator

INDICATOR = Indicator(
    name="roll_out_effect",
    symbol="ATT",
    unit="C62",
    formula="mean over groups g and quarters t >= g of E[Y_t - Y_(g-1) | G = g] - "
    "E[Y_t - Y_(g-1) | G > t]",
    source="Callaway & Sant'Anna 2021, Journal of Econometrics 225(2), not-yet-treated controls",
    range="(-inf, inf)",
)


def value(panel: Panel) -> RollOutEffect:
    """Estimate it; refuses when there are too few lines to compare."""
    return roll_out_effect(panel)
