"""Value added, as published, that one unit of final demand of an industry makes."""

import numpy as np

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values
from lineshaft.valuechain.inputoutput.model import ratio

INDICATOR = Indicator(
    name="value_added_effect",
    symbol="VAE",
    unit="C62",
    formula="e_j = sum over i of (w_i / x_i) b_ij, w the table's own value added",
    source="Miller & Blair 2009, Input-Output Analysis, section 6.2.2",
    range="[0, 1]",
)


def values(kernel: Kernel) -> Values:
    """Weight the columns of the inverse with value added per output."""
    table = kernel.table
    coefficients = ratio(table.value_added, table.gross_output)
    return Values(rows=np.asarray(coefficients @ kernel.leontief_inverse))
