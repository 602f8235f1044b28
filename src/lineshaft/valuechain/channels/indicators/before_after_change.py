"""What changed on connected lines after their connection; no effect of it."""

from lineshaft.valuechain.channels.attribution import Panel, before_after
from lineshaft.valuechain.indicator import Indicator

INDICATOR = Indicator(
    name="before_after_change",
    symbol="Y_t - Y_(g-1)",
    unit="C62",
    formula="mean over connected lines and quarters t >= g of Y_t - Y_(g-1)",
    source="a comparison without a control; it is no effect",
    range="(-inf, inf)",
)


def value(panel: Panel) -> float | None:
    """Return the mean change; None without a connected line that is known before and after."""
    return before_after(panel)
