"""Position in global value chains: above 0 is upstream."""

import numpy as np

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values
from lineshaft.valuechain.inputoutput.model import ratio

INDICATOR = Indicator(
    name="kww_position",
    symbol="POS",
    unit="C62",
    formula="POS_s = ln(1 + IV_s / E_s) - ln(1 + FV_s / E_s)",
    source="Koopman, Wang & Wei 2010, NBER WP 16426, section 3",
    range="(-inf, inf)",
)


def values(kernel: Kernel) -> Values:
    """Subtract the logarithms of the two shares of participation."""
    exports, summed = kernel.exports, kernel.table.summed
    gross = summed(exports.gross)
    foreign = ratio(summed(exports.foreign_content), gross)
    indirect = ratio(summed(exports.in_exports_of_others), gross)
    return Values(np.log1p(indirect) - np.log1p(foreign))
