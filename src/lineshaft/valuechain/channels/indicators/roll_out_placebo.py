"""Effect of a roll-out that was not: earlier than the true one, in quarters before it."""

from lineshaft.valuechain.channels.attribution import (
    PLACEBO_QUARTERS,
    Panel,
    RollOutEffect,
    placebo_effect,
)
from lineshaft.valuechain.indicator import Indicator

INDICATOR = Indicator(
    name="roll_out_placebo",
    symbol="ATT_placebo",
    unit="C62",
    formula=f"ATT with every G {PLACEBO_QUARTERS} quarters earlier, on quarters before G alone",
    source="Callaway & Sant'Anna 2021, Journal of Econometrics 225(2); placebo in time",
    range="(-inf, inf); its interval should hold 0",
)


def value(panel: Panel) -> RollOutEffect:
    """Estimate it; refuses when there are too few lines or quarters."""
    return placebo_effect(panel)
