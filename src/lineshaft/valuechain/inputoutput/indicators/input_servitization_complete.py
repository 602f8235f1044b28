"""Input servitization, complete: services needed in the whole chain before."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values
from lineshaft.valuechain.inputoutput.weighted import of_manufacturing

INDICATOR = Indicator(
    name="input_servitization_complete",
    symbol="c",
    unit="C62",
    formula="c_j = sum over services i of (B - I)_ij",
    source="one of the definitions of input servitization; complete consumption coefficients",
    range="[0, inf)",
)


def values(kernel: Kernel) -> Values:
    """Compute by column; a country is the mean of its manufacturing, weighted by output."""
    service = kernel.is_service
    return of_manufacturing(kernel, service @ kernel.leontief_inverse - service)
