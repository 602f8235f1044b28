"""Services content of manufacturing exports that is made at home."""

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values
from lineshaft.valuechain.inputoutput.weighted import of_manufacturing

INDICATOR = Indicator(
    name="services_in_manufacturing_exports_domestic",
    symbol="SVC_d",
    unit="C62",
    formula=(
        "sum over domestic services i of v_i b_ij; country: mean over manufacturing, "
        "weighted by exports"
    ),
    source=(
        "OECD TiVA: services content of manufacturing exports; the fourth definition of "
        "input servitization"
    ),
    range="[0, 1]",
)


def values(kernel: Kernel) -> Values:
    """Take the content by row; a country is the mean of its manufacturing exports."""
    exports = kernel.with_services()
    return of_manufacturing(kernel, exports.services_domestic, exports.gross)
