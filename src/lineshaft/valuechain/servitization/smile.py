"""The smile curve of the firm: margin per hour along the activities of the value chain.

An ordinary least squares parabola through the activities, solved in exact fractions; only the
quantile of Student's t and a square root are floats. The word "smile" is used when the interval of
the quadratic coefficient lies above zero, and only then.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import StrEnum
from fractions import Fraction

import msgspec

from lineshaft.core.classification import Activity
from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.indicator import Figure, Indicator
from lineshaft.valuechain.libraries import needed
from lineshaft.valuechain.servitization.model import ActivityMonth, quarter_of
from lineshaft.valuechain.servitization.view import Rates, rates_of

ACTIVITIES_MIN = 5
"""A parabola has three coefficients: without two activities more there is no interval."""
CONFIDENCE = 0.95
_COEFFICIENTS = 3
_MIDDLE = Fraction(len(Activity) + 1, 2)
STEPS_PER_PLACE = 4
"""Points of the drawn curve between an activity and the next."""
LEDGER = "activity-based ledger of the firm"

DEPTH = Indicator(
    name="smile_depth",
    symbol="b2",
    unit="",
    formula="m_i = b0 + b1 (p_i - 5) + b2 (p_i - 5)^2, m_i = (revenue - cost) / hours of "
    "activity i, p_i its place from 1 to 9; interval of b2 by Student's t",
    source="Huang & Ma, sections 2.2 and 3.1; activities in the order of Tait & Gereffi 2016",
    range="(-inf, inf)",
)
MARGIN_PER_HOUR = Indicator(
    name="margin_per_hour",
    symbol="m",
    unit="",
    formula="m = (revenue - cost) / hours",
    source="activity-based ledger of the firm",
    range="(-inf, inf)",
)


class Shape(StrEnum):
    """What the interval of the quadratic coefficient allows to say."""

    SMILE = "smile"
    INVERTED = "inverted"
    NOT_SHOWN = "not_shown"


class FitPoint(msgspec.Struct, frozen=True):
    """The parabola at a place, with the interval of its mean there; of `CONFIDENCE`."""

    place: float
    value: float
    low: float
    high: float


class Curve(msgspec.Struct, frozen=True):
    """The curve of a period.

    Attributes:
        period: such as `2026-Q1`; empty for all that there is.
        margins: per hour, by activity in the order of the value chain.
        depth: the quadratic coefficient with its interval; without a value where it is too thin.
        shape: None without a depth.
        fitted: the parabola from the first place to the last; empty where it is too thin.
    """

    period: str
    currency: str
    margins: tuple[tuple[Activity, Figure], ...]
    depth: Figure
    shape: Shape | None
    fitted: tuple[FitPoint, ...] = ()


def curves(months: Sequence[ActivityMonth], rates: Rates | None) -> tuple[Curve, ...]:
    """Return the curve of all months, and then of each quarter.

    Raises:
        TooThin: when the activities of all months are too few for a curve.
        CurrenciesMixed: for several currencies without rates.
    """
    given = rates_of({each.currency for each in months}, rates)
    by_quarter: defaultdict[str, list[ActivityMonth]] = defaultdict(list)
    for each in months:
        by_quarter[quarter_of(each.month)].append(each)
    whole = _curve("", months, given)
    if whole.shape is None:
        raise TooThin(whole.depth.missing)
    return (whole, *(_curve(name, by_quarter[name], given) for name in sorted(by_quarter)))


def _curve(period: str, months: Sequence[ActivityMonth], rates: Rates) -> Curve:
    margins = margins_per_hour(months, rates)
    vintage = period or f"{min((m.month for m in months), default='')} to " + max(
        (m.month for m in months), default=""
    )
    coverage = Fraction(len(margins), len(Activity))
    shown = tuple(
        (activity, Figure(MARGIN_PER_HOUR, value, LEDGER, vintage, coverage))
        for activity, value in margins.items()
    )
    if len(margins) < ACTIVITIES_MIN:
        missing = f"activities with hours: {len(margins)}, expected {ACTIVITIES_MIN} or more"
        depth = Figure(DEPTH, None, LEDGER, vintage, coverage, missing=missing)
        return Curve(period, rates.currency, shown, depth, None)
    parabola = parabola_of(margins)
    value, low, high = parabola.depth
    depth = Figure(DEPTH, float(value), LEDGER, vintage, coverage, low, high)
    fitted = tuple(parabola.at(place) for place in _drawn(margins))
    return Curve(period, rates.currency, shown, depth, shape_of(low, high), fitted)


def _drawn(margins: Mapping[Activity, Fraction]) -> list[Fraction]:
    """Return where the curve is drawn: from the first activity to the last, in small steps."""
    places = [each.position for each in margins]
    steps = (max(places) - min(places)) * STEPS_PER_PLACE
    return [min(places) + Fraction(step, STEPS_PER_PLACE) for step in range(steps + 1)]


def margins_per_hour(months: Sequence[ActivityMonth], rates: Rates) -> dict[Activity, Fraction]:
    """Return margin per hour by activity, exactly; activities without hours are left out."""
    hours: defaultdict[Activity, Fraction] = defaultdict(Fraction)
    margin: defaultdict[Activity, Fraction] = defaultdict(Fraction)
    for each in months:
        hours[each.activity] += each.hours
        margin[each.activity] += Fraction(each.revenue - each.cost) * rates.rate(each.currency)
    return {each: margin[each] / hours[each] for each in Activity if hours[each] > 0}


def shape_of(low: float, high: float) -> Shape:
    """Say what an interval of the quadratic coefficient allows to say."""
    if low > 0:
        return Shape.SMILE
    return Shape.INVERTED if high < 0 else Shape.NOT_SHOWN


class Parabola(msgspec.Struct, frozen=True):
    """The least squares parabola.

    Attributes:
        coefficients: of 1, p and p squared, p counted from the middle of the value chain; exact.
        inverse: of the normal equations.
        error: standard error of a margin around the curve, times the quantile of Student's t.
    """

    coefficients: Sequence[Fraction]
    inverse: Sequence[Sequence[Fraction]]
    error: float

    @property
    def depth(self) -> tuple[Fraction, float, float]:
        """The quadratic coefficient with its interval."""
        half = self.error * math.sqrt(self.inverse[2][2])
        value = self.coefficients[2]
        return value, float(value) - half, float(value) + half

    def at(self, place: Fraction) -> FitPoint:
        """Return the curve at a place from 1 to 9, with the interval of its mean."""
        row = _powers(place - _MIDDLE)
        value = float(_dot(row, self.coefficients))
        spread = _dot(row, [_dot(each, row) for each in self.inverse])
        half = self.error * math.sqrt(spread)
        return FitPoint(float(place), value, value - half, value + half)


def parabola_of(margins: Mapping[Activity, Fraction]) -> Parabola:
    """Fit the least squares parabola.

    Raises:
        ExtraMissing: when SciPy is not installed.
    """
    design = [_powers(each.position - _MIDDLE) for each in margins]
    heights = list(margins.values())
    inverse = _inverse(_product(design))
    moments = [_dot([row[i] for row in design], heights) for i in range(_COEFFICIENTS)]
    fit = [_dot(row, moments) for row in inverse]
    rest = sum(
        ((y - _dot(row, fit)) ** 2 for row, y in zip(design, heights, strict=True)), Fraction(0)
    )
    freedom = len(heights) - _COEFFICIENTS
    quantile = float(needed("scipy.special").stdtrit(freedom, (1 + CONFIDENCE) / 2))
    return Parabola(fit, inverse, quantile * math.sqrt(rest / freedom))


def _powers(place: Fraction) -> list[Fraction]:
    return [Fraction(1), place, place * place]


def _dot(row: Sequence[Fraction], column: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(row, column, strict=True)), Fraction(0))


def _product(design: Sequence[Sequence[Fraction]]) -> list[list[Fraction]]:
    size = range(_COEFFICIENTS)
    return [[sum((row[i] * row[j] for row in design), Fraction(0)) for j in size] for i in size]


def _inverse(matrix: Sequence[Sequence[Fraction]]) -> list[list[Fraction]]:
    """Invert a small matrix by elimination; of different places it always has an inverse."""
    size = len(matrix)
    rows = [[*row, *(Fraction(i == j) for j in range(size))] for i, row in enumerate(matrix)]
    for i in range(size):
        pivot = next(j for j in range(i, size) if rows[j][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [each / rows[i][i] for each in rows[i]]
        for j in range(size):
            if j != i:
                rows[j] = [a - rows[j][i] * b for a, b in zip(rows[j], rows[i], strict=True)]
    return [row[size:] for row in rows]
