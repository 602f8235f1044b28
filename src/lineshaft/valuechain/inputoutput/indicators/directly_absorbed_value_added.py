"""Domestic value added in exports that the importer itself absorbs."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values

INDICATOR = Indicator(
    name="directly_absorbed_value_added",
    symbol="DAVAX",
    unit="",
    formula="DAVAX_s = v_s L_ss (Y_s,abroad + sum over r of A_sr L_rr Y_rr)",
    source=(
        "Borin & Mancini 2019, Measuring what matters in value-added trade, exporter "
        "view, source based"
    ),
    range="[0, inf)",
)


def values(kernel: Kernel) -> Values:
    """Sum by exporter."""
    found = kernel.exports.directly_absorbed
    return Values(kernel.table.summed(found), found)
