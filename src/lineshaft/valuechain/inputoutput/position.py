"""Upstreamness and downstreamness with the correction for inventories."""

import msgspec
import numpy as np

from lineshaft.valuechain.inputoutput.model import Table, Vector, ratio
from lineshaft.valuechain.libraries import needed


class Position(msgspec.Struct, frozen=True, eq=False):
    """The place of each row between primary inputs and final demand.

    Attributes:
        upstreamness: U, mean number of stages until final demand, at least 1.
        downstreamness: D, mean number of stages since primary inputs, at least 1.
        value_added_share: VA/GO.
        final_demand_share: F/GO.
        uncorrected: rows whose inventories change by their whole output or more, which the
            correction cannot treat and leaves as they are.
    """

    upstreamness: Vector
    downstreamness: Vector
    value_added_share: Vector
    final_demand_share: Vector
    uncorrected: int


def position_of(table: Table) -> Position:
    """Solve for the positions (Antras & Chor 2018, equations 5 to 8, and page 11 on inventories).

    What went into inventories is spread over the uses of its row: intermediate use and final
    demand without inventories are multiplied by x / (x - N). One factorisation serves both.
    """
    output, change = table.gross_output, table.inventory_change
    rest = output - change
    is_corrected = (output > 0) & (rest > 0)
    factor = np.where(is_corrected, ratio(output, rest), 1)
    demand = (table.final_demand.sum(axis=1) - change) * factor
    coefficients = ratio(table.intermediate_use * factor[:, None], output[None, :])
    linalg = needed("scipy.linalg")
    factors = linalg.lu_factor(np.eye(len(output)) - coefficients, overwrite_a=True)
    total = linalg.lu_solve(factors, output)
    return Position(
        upstreamness=np.where(output != 0, ratio(total, output), 1),
        downstreamness=linalg.lu_solve(factors, np.ones(len(output)), trans=1),
        value_added_share=np.where(output != 0, 1 - coefficients.sum(axis=0), 0),
        final_demand_share=ratio(demand, output),
        uncorrected=int((~is_corrected & (output > 0)).sum()),
    )
