"""Domestic content of exports that is counted more than once."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values

INDICATOR = Indicator(
    name="domestic_double_counting",
    symbol="DDC",
    unit="",
    formula="DDC_s = DC_s - DVA_s",
    source=(
        "Borin & Mancini 2019, Measuring what matters in value-added trade, exporter "
        "view, source based"
    ),
    range="[0, inf)",
)


def values(kernel: Kernel) -> Values:
    """Subtract by exporter."""
    exports = kernel.exports
    found = exports.domestic_content - exports.domestic_value_added
    return Values(kernel.table.summed(found), found)
