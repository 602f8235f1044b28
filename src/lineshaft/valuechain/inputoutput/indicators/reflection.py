"""Domestic value added in exports that returns home."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values

INDICATOR = Indicator(
    name="reflection",
    symbol="REF",
    unit="",
    formula="REF_s = DVA_s - VAX_s",
    source=(
        "Borin & Mancini 2019, Measuring what matters in value-added trade, exporter "
        "view, source based"
    ),
    range="[0, inf)",
)


def values(kernel: Kernel) -> Values:
    """Subtract by country: the two are by different industries."""
    exports = kernel.exports
    return Values(kernel.table.summed(exports.domestic_value_added - exports.absorbed_abroad))
