"""How much more than the mean industry an industry draws on its suppliers."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values

INDICATOR = Indicator(
    name="backward_linkage",
    symbol="BL",
    unit="C62",
    formula="BL_j = m_j / mean of m over industries that produce",
    source=(
        "Miller & Blair 2009, Input-Output Analysis, section 12.2.3 (Rasmussen's power "
        "of dispersion)"
    ),
    range="[0, inf)",
)


def values(kernel: Kernel) -> Values:
    """Divide the multipliers by their mean."""
    found = kernel.column_sums
    return Values(rows=found / found[kernel.table.gross_output > 0].mean())
