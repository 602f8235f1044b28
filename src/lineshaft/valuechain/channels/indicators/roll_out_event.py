"""Effect of the roll-out by quarter from the connection."""

from lineshaft.valuechain.channels.attribution import Panel, RollOutEffect, event_effects
from lineshaft.valuechain.indicator import Indicator

INDICATOR = Indicator(
    name="roll_out_event",
    symbol="ATT(e)",
    unit="C62",
    formula="mean over lines connected in G of Y(G+e) - Y(G-1), minus the same of lines that are "
    "not yet connected",
    source="Callaway & Sant'Anna 2021, Journal of Econometrics 225(2), event study",
    range="(-inf, inf); 0 in the quarter before the connection",
)


def value(panel: Panel) -> dict[int, RollOutEffect | str]:
    """Estimate it by quarter; a text says why one could not be estimated."""
    return event_effects(panel)
