"""Foreign value added in gross exports, counted once by the exporter."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values

INDICATOR = Indicator(
    name="foreign_value_added_in_exports",
    symbol="FVA",
    unit="",
    formula="FVA_s = sum over t != s of v_t B^(-s)_ts E_s, B^(-s) without the exports of s",
    source=(
        "Borin & Mancini 2019, Measuring what matters in value-added trade, exporter "
        "view, source based"
    ),
    range="[0, inf)",
)


def values(kernel: Kernel) -> Values:
    """Sum by exporter."""
    found = kernel.exports.foreign_value_added
    return Values(kernel.table.summed(found), found)
