"""Output servitization: how much of what is earned is earned with services."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.servitization.measured import Measured, share
from lineshaft.valuechain.servitization.view import View

INDICATOR = Indicator(
    name="output_servitization",
    symbol="OS",
    unit="C62",
    formula="OS = revenue of services / revenue",
    source="Fang, Palmatier & Steenkamp 2008, J. Marketing 72:1-14; lines as of IFRS 15",
    range="[0, 1]",
)


def values(view: View) -> tuple[Measured, ...]:
    """Divide the revenue of services by all revenue."""
    behind = {"kind": "service"}
    return (share(view.service().amount, view.total().amount, behind, of="revenue"),)
