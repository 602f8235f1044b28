"""Domestic content of gross exports."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values

INDICATOR = Indicator(
    name="domestic_content",
    symbol="DC",
    unit="",
    formula="DC_s = v_s B_ss E_s",
    source=(
        "Borin & Mancini 2019, Measuring what matters in value-added trade, exporter "
        "view, source based"
    ),
    range="[0, inf)",
)


def values(kernel: Kernel) -> Values:
    """Sum by exporter."""
    found = kernel.exports.domestic_content
    return Values(kernel.table.summed(found), found)
