"""Value added in gross output."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values

INDICATOR = Indicator(
    name="value_added_share",
    symbol="VA/GO",
    unit="C62",
    formula="VA/GO = 1 - sum of a_ij over i, net of inventories",
    source=(
        "Antras & Chor 2018, On the measurement of upstreamness and downstreamness, "
        "section 2; country: its industries as one"
    ),
    range="(-inf, 1]",
)


def values(kernel: Kernel) -> Values:
    """Solve for the rows, and for the table of countries."""
    return Values(kernel.of_countries.position.value_added_share, kernel.position.value_added_share)
