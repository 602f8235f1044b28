"""Foreign value added in exports by the terms of Wang, Wei and Zhu."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values

INDICATOR = Indicator(
    name="wwz_foreign_value_added",
    symbol="FVA (WWZ)",
    unit="",
    formula="sum over t != s of v_t B_ts (Y_s,abroad + sum over r of A_sr L_rr Y_rr)",
    source="Wang, Wei & Zhu 2013, NBER WP 19677",
    range="[0, inf)",
)


def values(kernel: Kernel) -> Values:
    """Sum by exporter."""
    found = kernel.exports.wwz_foreign_value_added
    return Values(kernel.table.summed(found), found)
