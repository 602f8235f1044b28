"""Value added of a country that is absorbed abroad, by industry of origin."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values

INDICATOR = Indicator(
    name="value_added_exports",
    symbol="VAX",
    unit="",
    formula="VAX_s = v_s sum over r != s of (B Y)_sr",
    source="Johnson & Noguera 2012, Accounting for intermediates, equation 7",
    range="[0, inf)",
)


def values(kernel: Kernel) -> Values:
    """Sum by country of origin."""
    found = kernel.exports.absorbed_abroad
    return Values(kernel.table.summed(found), found)
