"""Downstreamness: mean number of stages between primary inputs and an industry."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values

INDICATOR = Indicator(
    name="downstreamness",
    symbol="D",
    unit="C62",
    formula="D = (I - A')^-1 1, net of inventories",
    source=(
        "Antras & Chor 2018, On the measurement of upstreamness and downstreamness, "
        "equation 8; country: its industries as one"
    ),
    range="[1, inf)",
)


def values(kernel: Kernel) -> Values:
    """Solve for the rows, and for the table of countries."""
    return Values(kernel.of_countries.position.downstreamness, kernel.position.downstreamness)
