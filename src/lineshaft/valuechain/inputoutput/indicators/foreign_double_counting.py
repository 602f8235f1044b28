"""Foreign content of exports that is counted more than once."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values

INDICATOR = Indicator(
    name="foreign_double_counting",
    symbol="FDC",
    unit="",
    formula="FDC_s = FC_s - FVA_s",
    source=(
        "Borin & Mancini 2019, Measuring what matters in value-added trade, exporter "
        "view, source based"
    ),
    range="[0, inf)",
)


def values(kernel: Kernel) -> Values:
    """Subtract by exporter."""
    exports = kernel.exports
    found = exports.foreign_content - exports.foreign_value_added
    return Values(kernel.table.summed(found), found)
