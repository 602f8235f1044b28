"""Input servitization, direct: services bought for one unit of output."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values
from lineshaft.valuechain.inputoutput.weighted import of_manufacturing

INDICATOR = Indicator(
    name="input_servitization_direct",
    symbol="d",
    unit="C62",
    formula="d_j = sum over services i of a_ij",
    source="one of the definitions of input servitization; direct consumption coefficients",
    range="[0, 1]",
)


def values(kernel: Kernel) -> Values:
    """Compute by column; a country is the mean of its manufacturing, weighted by output."""
    return of_manufacturing(kernel, kernel.is_service @ kernel.technical_coefficients)
