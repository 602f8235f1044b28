"""Means over a country's manufacturing."""

from lineshaft.valuechain.inputoutput.kernel import Kernel, Values
from lineshaft.valuechain.inputoutput.model import Vector, ratio


def of_manufacturing(kernel: Kernel, found: Vector, weights: Vector | None = None) -> Values:
    """Weight values of rows, by output unless weights are given, over manufacturing."""
    by_output = kernel.table.gross_output if weights is None else weights
    weight = kernel.is_manufacturing * by_output
    summed = kernel.table.summed
    return Values(ratio(summed(found * weight), summed(weight)), found)
