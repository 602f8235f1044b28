"""Revealed comparative advantage in value added, by industry of origin."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values
from lineshaft.valuechain.inputoutput.model import ratio

INDICATOR = Indicator(
    name="value_added_comparative_advantage",
    symbol="VA-RCA",
    unit="C62",
    formula="(VAX_ci / VAX_c) / (VAX_i / VAX), VAX the value added absorbed abroad",
    source="Koopman, Wang & Wei 2014, AER 104(2), section IV; VAX by origin",
    range="[0, inf)",
)


def values(kernel: Kernel) -> Values:
    """Divide shares of industries in a country's VAX by those in the world's."""
    table = kernel.table
    found = table.merged(kernel.exports.absorbed_abroad)
    shares = ratio(found, found.sum(axis=1, keepdims=True))
    world = ratio(found.sum(axis=0), found.sum())
    return Values(rows=ratio(shares, world)[table.country_of_row, table.industry_of_row])
