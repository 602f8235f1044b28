"""Forward against backward production length of what crosses borders."""

import numpy as np

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values
from lineshaft.valuechain.inputoutput.model import ratio

INDICATOR = Indicator(
    name="production_length_position",
    symbol="POS (WWYZ)",
    unit="C62",
    formula="(Xv / V) / (Xy / Y) of V = diag(v) L A^F B Y: forward over backward length in GVC",
    source=(
        "Wang, Wei, Yu & Zhu 2017, NBER WP 23222; not read in full and untested against "
        "published figures"
    ),
    range="[0, inf)",
    is_verified=False,
)


def values(kernel: Kernel) -> Values:
    """Divide the mean number of stages forward by that backward, by row."""
    inverse, whole = kernel.leontief_inverse, kernel.technical_coefficients
    home, at_home = np.zeros_like(whole), np.zeros_like(whole)
    for rows in kernel.table.rows_of_country:
        block = np.ix_(rows, rows)
        home[block] = whole[block]
        at_home[block] = np.linalg.inv(np.eye(len(rows)) - whole[block])
    crossing = whole - home
    output = inverse @ kernel.demand
    sent = at_home @ (crossing @ output)
    forward = ratio(at_home @ (sent + crossing @ (inverse @ output)), sent)
    made = kernel.value_added_coefficients @ at_home
    taken = (made @ crossing) @ inverse
    backward = ratio((((made @ at_home) @ crossing) @ inverse) + taken @ inverse, taken)
    return Values(rows=ratio(forward, backward))
