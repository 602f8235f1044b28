"""Output that one unit of final demand of an industry needs, in all industries."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values

INDICATOR = Indicator(
    name="output_multiplier",
    symbol="m",
    unit="C62",
    formula="m_j = sum of b_ij over i",
    source="Miller & Blair 2009, Input-Output Analysis, section 6.2.1",
    range="[1, inf)",
)


def values(kernel: Kernel) -> Values:
    """Sum the columns of the inverse."""
    return Values(rows=kernel.column_sums)
