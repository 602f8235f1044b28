"""Value added that the world loses when an industry, or a country, delivers no more."""

import numpy as np

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values

INDICATOR = Indicator(
    name="extraction_loss",
    symbol="HEM",
    unit="C62",
    formula="content_s B_ss^-1 x_s / sum of VA: upper bound, nothing is replaced",
    source="Dietzenbacher & Lahr 2013, Expanding extractions; an upper bound without substitution",
    range="[0, 1]",
)


def values(kernel: Kernel) -> Values:
    """Take out each row alone, and each country whole, by blocks of the inverse."""
    table, inverse = kernel.table, kernel.leontief_inverse
    coefficients = kernel.value_added_coefficients
    content, output = coefficients @ inverse, inverse @ kernel.demand
    total = coefficients @ output
    alone = content * output / np.diagonal(inverse)
    whole = [
        content[rows] @ np.linalg.solve(inverse[np.ix_(rows, rows)], output[rows])
        for rows in table.rows_of_country
    ]
    return Values(np.array(whole) / total, alone / total)
