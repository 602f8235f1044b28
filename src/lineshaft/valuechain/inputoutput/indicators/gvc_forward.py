"""Forward part of the exports in global value chains."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values

INDICATOR = Indicator(
    name="gvc_forward",
    symbol="GVCF",
    unit="",
    formula="GVCF_s = DVA_s - DAVAX_s",
    source=(
        "Borin & Mancini 2019, Measuring what matters in value-added trade, exporter "
        "view, source based"
    ),
    range="[0, inf)",
)


def values(kernel: Kernel) -> Values:
    """Subtract by exporter."""
    exports = kernel.exports
    found = exports.domestic_value_added - exports.directly_absorbed
    return Values(kernel.table.summed(found), found)
