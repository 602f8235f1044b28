"""Input servitization, share: services among all that the chain before needs."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values
from lineshaft.valuechain.inputoutput.model import ratio
from lineshaft.valuechain.inputoutput.weighted import of_manufacturing

INDICATOR = Indicator(
    name="input_servitization_share",
    symbol="c/(m - 1)",
    unit="C62",
    formula="sum over services i of (B - I)_ij / sum over all i of (B - I)_ij",
    source="one of the definitions of input servitization; Liu Bin et al. 2016",
    range="[0, 1]",
)


def values(kernel: Kernel) -> Values:
    """Compute by column; a country is the mean of its manufacturing, weighted by output."""
    service = kernel.is_service
    complete = service @ kernel.leontief_inverse - service
    return of_manufacturing(kernel, ratio(complete, kernel.column_sums - 1))
