"""Domestic value added in the exports of other countries, by industry of origin."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values

INDICATOR = Indicator(
    name="oecd_gvc_forward",
    symbol="GVCF (OECD)",
    unit="",
    formula="sum over r != s of v_s B_sr E_r",
    source="OECD TiVA, EXGR_DVAFXSH; Koopman, Wang & Wei 2010 (IV)",
    range="[0, inf)",
)


def values(kernel: Kernel) -> Values:
    """Sum by country of origin."""
    found = kernel.exports.in_exports_of_others
    return Values(kernel.table.summed(found), found)
