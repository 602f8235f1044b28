"""Sales to final demand in gross output."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values

INDICATOR = Indicator(
    name="final_demand_share",
    symbol="F/GO",
    unit="C62",
    formula="F/GO = (F - N) / (x - N), N the change of inventories",
    source=(
        "Antras & Chor 2018, On the measurement of upstreamness and downstreamness, "
        "section 2; country: its industries as one"
    ),
    range="(-inf, 1]",
)


def values(kernel: Kernel) -> Values:
    """Solve for the rows, and for the table of countries."""
    return Values(
        kernel.of_countries.position.final_demand_share, kernel.position.final_demand_share
    )
