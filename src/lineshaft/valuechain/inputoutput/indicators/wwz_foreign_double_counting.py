"""Foreign double counting in exports by the terms of Wang, Wei and Zhu."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values

INDICATOR = Indicator(
    name="wwz_foreign_double_counting",
    symbol="FDC (WWZ)",
    unit="",
    formula="FC_s - FVA_s (WWZ)",
    source="Wang, Wei & Zhu 2013, NBER WP 19677",
    range="[0, inf)",
)


def values(kernel: Kernel) -> Values:
    """Subtract by exporter."""
    exports = kernel.exports
    found = exports.foreign_content - exports.wwz_foreign_value_added
    return Values(kernel.table.summed(found), found)
