"""Foreign content of gross exports."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values

INDICATOR = Indicator(
    name="foreign_content",
    symbol="FC",
    unit="",
    formula="FC_s = sum over t != s of v_t B_ts E_s",
    source=(
        "Borin & Mancini 2019, Measuring what matters in value-added trade, exporter "
        "view, source based"
    ),
    range="[0, inf)",
)


def values(kernel: Kernel) -> Values:
    """Sum by exporter."""
    found = kernel.exports.foreign_content
    return Values(kernel.table.summed(found), found)
