"""Linear programs of the frontier against optima that were found by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.valuechain.channels import malmquist as module
from lineshaft.valuechain.channels.malmquist import Observed, distances, lines_needed, malmquist


def observed(inputs: list[list[float]], outputs: list[float]) -> Observed:
    return Observed(np.array(inputs, float), np.array([outputs], float).T)


def test_eight_shops_of_the_textbook() -> None:
    """Cooper, Seiford & Tone, Data Envelopment Analysis, table 1.1: sales a head over the best."""
    people, sales = [2, 3, 3, 4, 5, 5, 6, 8], [1, 3, 2, 3, 4, 2, 3, 5]
    shops = observed([[each] for each in people], sales)
    expected = [1 / 2, 1, 2 / 3, 3 / 4, 4 / 5, 2 / 5, 1 / 2, 5 / 8]
    assert distances(shops, shops) == pytest.approx(expected, abs=1e-9)


def test_nine_shops_with_two_inputs() -> None:
    """Per unit of sales: people, floor. By hand the frontier is x1 + x2 = 6 and x1 + 4 x2 = 12.

    Between E (2, 4), D (4, 2) and C (8, 1); a shop is at the larger of 6/(x1 + x2) and
    12/(x1 + 4 x2), and A (4, 3) at 6/7.
    """
    shops = [[4, 3], [7, 3], [8, 1], [4, 2], [2, 4], [5, 2], [6, 4], [5.5, 2.5], [6, 2.5]]
    found = observed([[float(each) for each in shop] for shop in shops], [1.0] * 9)
    expected = [6 / 7, 12 / 19, 1, 1, 1, 12 / 13, 6 / 10, 12 / 15.5, 12 / 16]
    assert distances(found, found) == pytest.approx(expected, abs=1e-9)


def test_catching_up_and_a_moving_frontier_are_told_apart() -> None:
    """One input, one output: the best goes from 1 to 2 units an hour, the other from 1/2 to 2."""
    before, after = observed([[1], [2]], [1, 1]), observed([[1], [1]], [2, 2])
    best, other = malmquist(before, after)
    assert (best.efficiency_change, best.frontier_shift) == pytest.approx((1, 2))
    assert (other.efficiency_change, other.frontier_shift) == pytest.approx((2, 2))
    assert other.index == pytest.approx(4)


@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(*[st.floats(0.5, 20)] * 4), min_size=2, max_size=3))
def test_with_one_input_and_one_output_it_is_the_ratio_of_productivities(
    lines: list[tuple[float, float, float, float]],
) -> None:
    before = observed([[line[0]] for line in lines], [line[1] for line in lines])
    after = observed([[line[2]] for line in lines], [line[3] for line in lines])
    for (x0, y0, x1, y1), found in zip(lines, malmquist(before, after), strict=True):
        assert math.log(found.index) == pytest.approx(math.log(y1 * x0 / (x1 * y0)), abs=1e-6)


def test_units_do_not_matter() -> None:
    shops = observed([[4.0, 3], [7, 3], [8, 1]], [1, 2, 1])
    scaled = Observed(shops.inputs * [1e6, 1e-3], shops.outputs * 1e4)
    assert distances(scaled, scaled) == pytest.approx(distances(shops, shops))


def test_lines_that_cannot_be_compared_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert lines_needed(4, 1) == 15
    with pytest.raises(Invalid, match="above 0"):
        observed([[0.0]], [1])
    with pytest.raises(Invalid, match="the same lines"):
        malmquist(observed([[1.0]], [1]), observed([[1.0], [1]], [1, 1]))
    monkeypatch.setattr(module, "LINES_MAX", 1)
    with pytest.raises(Invalid, match="at most 1 lines"):
        observed([[1.0], [1]], [1, 1])
