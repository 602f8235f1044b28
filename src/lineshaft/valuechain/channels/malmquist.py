"""Malmquist index of productivity of comparable lines, by linear programming.

Färe, Grosskopf, Norris & Zhang 1994: output distances to the frontier of each of two quarters, at
constant returns to scale. Above 1 is progress.
"""

import math
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from lineshaft.core.errors import Invalid, InvariantError
from lineshaft.valuechain.libraries import needed

Floats = NDArray[np.float64]
LINES_PER_MEASURE = 3
LINES_MAX = 500


class Observed(msgspec.Struct, frozen=True):
    """Inputs and outputs of the same lines in one quarter: a row for each, all above 0."""

    inputs: Floats
    outputs: Floats

    def __post_init__(self) -> None:
        """Check that there is a row of each for every line, above 0.

        Raises:
            Invalid: when there is not, or for more than `LINES_MAX` lines.
        """
        sizes = {len(self.inputs), len(self.outputs)}
        if len(sizes) > 1 or max(sizes) > LINES_MAX:
            msg = f"lines to compare: expected inputs and outputs of at most {LINES_MAX} lines"
            raise Invalid(msg)
        if (self.inputs <= 0).any() or (self.outputs <= 0).any():
            msg = "lines to compare: expected inputs and outputs above 0"
            raise Invalid(msg)


class Productivity(msgspec.Struct, frozen=True):
    """How a line moved: `index` = `efficiency_change` times `frontier_shift`."""

    efficiency_change: float
    frontier_shift: float

    @property
    def index(self) -> float:
        """The Malmquist index."""
        return self.efficiency_change * self.frontier_shift


def lines_needed(inputs: int, outputs: int) -> int:
    """Return how many lines make a frontier that means something: 3 x (inputs + outputs)."""
    return LINES_PER_MEASURE * (inputs + outputs)


def malmquist(before: Observed, after: Observed) -> list[Productivity]:
    """Compare the same lines in two quarters.

    Raises:
        Invalid: for other lines or other measures in the two.
        ExtraMissing: without the extra that has SciPy.
    """
    shapes = [(each.inputs.shape, each.outputs.shape) for each in (before, after)]
    if shapes[0] != shapes[1]:
        msg = "Malmquist index: expected the same lines and measures in both quarters"
        raise Invalid(msg)
    old_old, new_old = distances(before, before), distances(after, before)
    old_new, new_new = distances(before, after), distances(after, after)
    return [
        Productivity(float(d11 / d00), math.sqrt(float(d01 / d11) * float(d00 / d10)))
        for d00, d01, d10, d11 in zip(old_old, new_old, old_new, new_new, strict=True)
    ]


def distances(lines: Observed, frontier: Observed) -> Floats:
    """Return the output distance of each line to a frontier: 1 on it, less below, more above.

    Example: of eight shops with 2, 3, 3, 4, 5, 5, 6, 8 people and 1, 3, 2, 3, 4, 2, 3, 5 sales the
    second is on the frontier and the first at 1/2 (Cooper, Seiford & Tone, Data Envelopment
    Analysis, table 1.1).
    """
    # Units do not matter, and HiGHS likes numbers near 1.
    scale_in, scale_out = frontier.inputs.mean(axis=0), frontier.outputs.mean(axis=0)
    known = Observed(frontier.inputs / scale_in, frontier.outputs / scale_out)
    pairs = zip(lines.inputs / scale_in, lines.outputs / scale_out, strict=True)
    return np.array([1 / _expansion(inputs, outputs, known) for inputs, outputs in pairs])


def _expansion(inputs: Floats, outputs: Floats, frontier: Observed) -> float:
    """Maximise phi: weights of lines that use no more than `inputs`, and make phi x `outputs`."""
    optimize: Any = needed("scipy.optimize")
    count = len(frontier.inputs)
    bounds = np.zeros((len(inputs) + len(outputs), count + 1))
    bounds[: len(inputs), :count] = frontier.inputs.T
    bounds[len(inputs) :, :count] = -frontier.outputs.T
    bounds[len(inputs) :, count] = outputs
    goal = np.zeros(count + 1)
    goal[count] = -1
    limits = np.concatenate([inputs, np.zeros(len(outputs))])
    found = optimize.linprog(goal, A_ub=bounds, b_ub=limits, method="highs")
    if found.status != 0:
        msg = f"HiGHS ended with {found.message!r}: expected an optimum for inputs above 0"
        raise InvariantError(msg)
    return float(found.x[count])
