"""Technology channel across lines: productivity against the frontier of all of them."""

from lineshaft.valuechain.channels.malmquist import Productivity
from lineshaft.valuechain.indicator import Indicator

INDICATOR = Indicator(
    name="malmquist_index",
    symbol="M",
    unit="C62",
    formula="M = EFFCH x TECHCH, output distances at constant returns to scale",
    source="Färe, Grosskopf, Norris & Zhang 1994, American Economic Review 84(1)",
    range="(0, inf); above 1 is progress",
)


def value(found: Productivity) -> float:
    """Return the product of both parts."""
    return found.index
