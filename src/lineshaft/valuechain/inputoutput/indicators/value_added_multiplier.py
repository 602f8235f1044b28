"""Value added in all industries for each unit of it in the industry itself."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values
from lineshaft.valuechain.inputoutput.model import ratio

INDICATOR = Indicator(
    name="value_added_multiplier",
    symbol="VAM",
    unit="C62",
    formula="e_j / (w_j / x_j), e the value added effect",
    source="Miller & Blair 2009, Input-Output Analysis, section 6.2.2",
    range="[1, inf)",
)


def values(kernel: Kernel) -> Values:
    """Divide the effect by value added per output of the industry."""
    table = kernel.table
    coefficients = ratio(table.value_added, table.gross_output)
    return Values(rows=ratio(coefficients @ kernel.leontief_inverse, coefficients))
