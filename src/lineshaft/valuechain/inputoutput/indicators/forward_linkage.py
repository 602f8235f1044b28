"""How much more than the mean industry an industry supplies others."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values

INDICATOR = Indicator(
    name="forward_linkage",
    symbol="FL",
    unit="C62",
    formula="FL_i = g_i / mean of g, g the row sums of the Ghosh inverse",
    source="Miller & Blair 2009, Input-Output Analysis, section 12.2.3",
    range="[0, inf)",
)


def values(kernel: Kernel) -> Values:
    """Divide the row sums of the Ghosh inverse by their mean."""
    found = kernel.ghosh_row_sums
    return Values(rows=found / found[kernel.table.gross_output > 0].mean())
