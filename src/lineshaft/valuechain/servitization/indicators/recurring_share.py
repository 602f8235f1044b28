"""Recurring share: how much of revenue comes again without being sold again."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.servitization.measured import Measured, share
from lineshaft.valuechain.servitization.view import View

INDICATOR = Indicator(
    name="recurring_share",
    symbol="RS",
    unit="C62",
    formula="RS = recurring revenue / revenue",
    source="definition of Lineshaft: lines of contracts, and lines that the books call recurring",
    range="[0, 1]",
)


def values(view: View) -> tuple[Measured, ...]:
    """Divide recurring revenue by all revenue."""
    again = view.total(recurring="yes").amount
    return (share(again, view.total().amount, {"recurring": "yes"}, of="revenue"),)
