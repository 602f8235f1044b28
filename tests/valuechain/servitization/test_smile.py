"""The smile curve: its interval decides whether the word is used."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from lineshaft.services.contracts.model import Activity
from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.servitization.errors import CurrenciesMixed
from lineshaft.valuechain.servitization.model import ActivityMonth
from lineshaft.valuechain.servitization.service import curve_content, rates_named
from lineshaft.valuechain.servitization.smile import Shape, curves, parabola_of

T_975_OF_6 = 2.446911851
"""Student's t of a printed table: 97.5 %, 6 degrees of freedom."""


def months(
    heights: list[int], month: str = "2026-01", currency: str = "EUR"
) -> list[ActivityMonth]:
    return [
        ActivityMonth(
            month=month,
            activity=activity,
            hours=Fraction(4),
            revenue=Decimal(height * 4 + 100),
            cost=Decimal(100),
            currency=currency,
        )
        for activity, height in zip(Activity, heights, strict=False)
    ]


def test_an_exact_parabola_has_its_coefficient() -> None:
    (whole, of_quarter) = curves(months([(place - 5) ** 2 for place in range(1, 10)]), None)
    assert (whole.depth.value, whole.depth.low, whole.depth.high) == (1.0, 1.0, 1.0)
    assert whole.shape is of_quarter.shape is Shape.SMILE
    assert of_quarter.period == "2026-Q1"
    (bent, _) = curves(months([100 - (place - 5) ** 2 for place in range(1, 10)]), None)
    assert bent.shape is Shape.INVERTED


def test_the_interval_is_that_of_least_squares() -> None:
    heights = [41, 28, 14, 12, 9, 17, 19, 33, 38]
    parabola = parabola_of(dict(zip(Activity, map(Fraction, heights), strict=True)))
    value, low, high = parabola.depth
    places = np.arange(-4, 5)
    design = np.vander(places, 3)
    fit, rest, *_ = np.linalg.lstsq(design, np.array(heights, float))
    error = np.sqrt(rest[0] / 6 * np.linalg.inv(design.T @ design)[0, 0])
    assert float(value) == pytest.approx(fit[0], rel=1e-12)
    assert (low, high) == pytest.approx(
        (fit[0] - T_975_OF_6 * error, fit[0] + T_975_OF_6 * error), rel=1e-8
    )
    assert low > 0
    row = np.array([4, -2, 1.0])
    error = np.sqrt(rest[0] / 6 * row @ np.linalg.inv(design.T @ design) @ row)
    at = parabola.at(Fraction(3))
    assert at.value == pytest.approx(row @ fit, rel=1e-12)
    assert at.high - at.value == pytest.approx(T_975_OF_6 * error, rel=1e-8)


def test_the_word_is_refused_where_the_interval_holds_zero() -> None:
    (whole, _) = curves(months([10, 30, 5, 28, 12, 9, 31, 7, 20]), None)
    assert whole.depth.low is not None
    assert whole.depth.high is not None
    assert whole.depth.low < 0 < whole.depth.high
    assert whole.shape is Shape.NOT_SHOWN
    assert curve_content(whole)["shape"] == "not_shown"


def test_too_few_activities_are_refused() -> None:
    with pytest.raises(TooThin, match="activities with hours: 4"):
        curves(months([4, 3, 2, 1]), None)
    with pytest.raises(TooThin, match="activities with hours: 0"):
        curves([], None)


def test_the_curve_moves_by_quarter_and_a_thin_one_says_so() -> None:
    deeper = [2 * (place - 5) ** 2 for place in range(1, 10)]
    given = [
        *months([(place - 5) ** 2 for place in range(1, 10)]),
        *months(deeper, "2026-04"),
        *months([1, 2], "2026-07"),
    ]
    found = curves(given, None)
    assert [each.period for each in found] == ["", "2026-Q1", "2026-Q2", "2026-Q3"]
    assert [each.depth.value for each in found[1:]] == [1.0, 2.0, None]
    assert "activities with hours: 2" in found[3].depth.missing


def test_currencies_need_rates() -> None:
    given = [*months([1, 2, 3, 4, 5]), *months([1, 2, 3, 4, 5], "2026-02", "USD")]
    with pytest.raises(CurrenciesMixed):
        curves(given, None)
    found = curves(given, rates_named("EUR", ["USD=0.5"]))
    assert found[0].margins[0][1].value == Fraction(3, 4)
