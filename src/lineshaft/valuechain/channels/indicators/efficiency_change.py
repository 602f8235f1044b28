"""Technology channel across lines: how far a line caught up with the best."""

from lineshaft.valuechain.channels.malmquist import Productivity
from lineshaft.valuechain.indicator import Indicator

INDICATOR = Indicator(
    name="efficiency_change",
    symbol="EFFCH",
    unit="C62",
    formula="EFFCH = D1(x1, y1) / D0(x0, y0)",
    source="Färe, Grosskopf, Norris & Zhang 1994, American Economic Review 84(1)",
    range="(0, inf); above 1: nearer to the frontier",
)


def value(found: Productivity) -> float:
    """Return the movement towards the frontier."""
    return found.efficiency_change
