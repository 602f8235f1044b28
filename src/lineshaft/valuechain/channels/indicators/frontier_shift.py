"""Technology channel across lines: how far the best moved on."""

from lineshaft.valuechain.channels.malmquist import Productivity
from lineshaft.valuechain.indicator import Indicator

INDICATOR = Indicator(
    name="frontier_shift",
    symbol="TECHCH",
    unit="C62",
    formula="TECHCH = [D0(x1, y1)/D1(x1, y1) x D0(x0, y0)/D1(x0, y0)]^(1/2)",
    source="Färe, Grosskopf, Norris & Zhang 1994, American Economic Review 84(1)",
    range="(0, inf); above 1: the frontier moved out",
)


def value(found: Productivity) -> float:
    """Return the movement of the frontier where the line is."""
    return found.frontier_shift
