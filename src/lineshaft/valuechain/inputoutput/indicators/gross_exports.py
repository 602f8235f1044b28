"""Gross exports."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values

INDICATOR = Indicator(
    name="gross_exports",
    symbol="EXGR",
    unit="",
    formula="EXGR_s = sum of E_s",
    source=(
        "Borin & Mancini 2019, Measuring what matters in value-added trade, exporter "
        "view, source based"
    ),
    range="[0, inf)",
)


def values(kernel: Kernel) -> Values:
    """Sum what other countries use and demand."""
    found = kernel.exports.gross
    return Values(kernel.table.summed(found), found)
