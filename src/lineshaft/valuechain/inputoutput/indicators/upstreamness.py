"""Upstreamness: mean number of stages between an industry and final demand."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values

INDICATOR = Indicator(
    name="upstreamness",
    symbol="U",
    unit="C62",
    formula="U = (I - diag(x)^-1 Z)^-1 1, net of inventories",
    source=(
        "Antras & Chor 2018, On the measurement of upstreamness and downstreamness, "
        "equation 7; country: its industries as one"
    ),
    range="[1, inf)",
)


def values(kernel: Kernel) -> Values:
    """Solve for the rows, and for the table of countries."""
    return Values(kernel.of_countries.position.upstreamness, kernel.position.upstreamness)
