"""A toy: output that follows, in the Ghosh model, from the loss of an industry's inputs."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values

INDICATOR = Indicator(
    name="ghosh_loss",
    symbol="GHOSH",
    unit="C62",
    formula="v_i x_i sum over j of g_ij / sum of x",
    source=(
        "a toy: Ghosh 1958; supply-driven quantities are disputed (Oosterhaven 1988), "
        "read as prices"
    ),
    range="[0, inf)",
    is_verified=False,
)


def values(kernel: Kernel) -> Values:
    """Follow the primary inputs of each row through the Ghosh inverse."""
    output = kernel.table.gross_output
    lost = kernel.value_added_coefficients * output * kernel.ghosh_row_sums
    return Values(rows=lost / output.sum())
