"""Participation in global value chains."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values
from lineshaft.valuechain.inputoutput.model import ratio

INDICATOR = Indicator(
    name="kww_participation",
    symbol="P",
    unit="C62",
    formula="P_s = (FV_s + IV_s) / E_s, FV = FC, IV = sum over r != s of v_s B_sr E_r",
    source="Koopman, Wang & Wei 2010, NBER WP 16426, section 3",
    range="[0, inf)",
)


def values(kernel: Kernel) -> Values:
    """Add the foreign share of exports and the share in those of others."""
    exports, summed = kernel.exports, kernel.table.summed
    gross = summed(exports.gross)
    foreign = ratio(summed(exports.foreign_content), gross)
    indirect = ratio(summed(exports.in_exports_of_others), gross)
    return Values(foreign + indirect)
