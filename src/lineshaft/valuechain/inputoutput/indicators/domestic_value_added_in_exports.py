"""Domestic value added in gross exports, counted once."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values

INDICATOR = Indicator(
    name="domestic_value_added_in_exports",
    symbol="DVA",
    unit="",
    formula="DVA_s = v_s L_ss E_s, L_ss = (I - A_ss)^-1",
    source=(
        "Borin & Mancini 2019, Measuring what matters in value-added trade, exporter "
        "view, source based"
    ),
    range="[0, inf)",
)


def values(kernel: Kernel) -> Values:
    """Sum by exporter."""
    found = kernel.exports.domestic_value_added
    return Values(kernel.table.summed(found), found)
