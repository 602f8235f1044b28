"""Growth accounting of a line, a site or the firm: factors, their costs, their changes. Pure.

Costs and volumes are exact; only logarithms and what follows from them are floats.
"""

import math
from collections import defaultdict
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

import msgspec

from lineshaft.valuechain.channels.model import (
    AssetKind,
    ChannelBooks,
    PurchaseKind,
    quarter_named,
    quarter_number,
    quarter_of,
    quarters_between,
)

Unit = tuple[str, str]
"""Site and line; an empty line is the whole site, an empty site the firm."""
NEEDED = ("output", "hours", "assets", "purchases", "payroll")
"""Tables without which there is no account."""


class Factor(StrEnum):
    """What output is made with: the terms of the cost identity C = wL + rK_o + rK_it + pS + pM."""

    LABOUR = "labour"
    OPERATING_CAPITAL = "operating_capital"
    IT_CAPITAL = "it_capital"
    SERVICES = "services"
    MATERIALS = "materials"


RISING = (Factor.IT_CAPITAL, Factor.SERVICES)
FALLING = (Factor.LABOUR, Factor.OPERATING_CAPITAL)


class Amounts(msgspec.Struct, frozen=True):
    """Volume and cost of a factor: hours, or money at constant prices; and money."""

    volume: Fraction = Fraction(0)
    cost: Fraction = Fraction(0)

    def __add__(self, other: "Amounts") -> "Amounts":
        """Add both."""
        return Amounts(self.volume + other.volume, self.cost + other.cost)


class Estimate(msgspec.Struct, frozen=True):
    """A value between the two that the weights of either quarter alone would give."""

    value: float
    low: float
    high: float


class Change(msgspec.Struct, frozen=True):
    """What changed for a unit from one quarter to the next, as logarithms.

    Attributes:
        first, second: shares of the factors in the cost of either quarter.
        output: dln Q of quality-adjusted output.
        inputs: dln f of each factor that there is.
    """

    first: dict[Factor, Fraction]
    second: dict[Factor, Fraction]
    output: float
    inputs: dict[Factor, float]

    def term(self, *factors: Factor) -> Estimate:
        """Return the sum over factors of the mean share times dln(f/Q) (Törnqvist).

        The interval is what the shares of the first or of the second quarter alone give.
        """
        chosen = [factor for factor in factors if factor in self.inputs]
        sums = [
            math.fsum(
                float(share[factor]) * (self.inputs[factor] - self.output) for factor in chosen
            )
            for share in (self.first, self.second)
        ]
        return Estimate(sum(sums) / 2, min(sums), max(sums))

    @property
    def total_factor_productivity(self) -> Estimate:
        """The part of dln Q that no factor explains: minus the terms of all of them."""
        term = self.term(*Factor)
        return Estimate(-term.value, -term.high, -term.low)

    @property
    def is_substitution(self) -> bool:
        """Whether IT and services rose against output, and labour and machines fell."""
        return self.term(*RISING).value > 0 > self.term(*FALLING).value


class Unmeasured(msgspec.Struct, frozen=True):
    """Why a change cannot be computed."""

    missing: str


class Accounts:
    """Costs, volumes and output of all units and quarters of the books."""

    def __init__(self, books: ChannelBooks) -> None:
        """Sum the rows for their line, their site and the firm."""
        self._books = books
        self.missing = tuple(name for name in NEEDED if not getattr(books, name))
        self._factors: dict[tuple[Unit, str, Factor], Amounts] = defaultdict(Amounts)
        self.made: dict[tuple[Unit, str], Fraction] = defaultdict(Fraction)
        self.good: dict[tuple[Unit, str], Fraction] = defaultdict(Fraction)
        self.bad: dict[tuple[Unit, str], Fraction] = defaultdict(Fraction)
        self.energy: dict[tuple[Unit, str], Fraction | None] = {}
        for each in books.output:
            for unit in _units(each.site, each.line):
                key = (unit, each.quarter)
                value = Fraction(each.unit_value) / each.price_index
                self.made[key] += each.good * value
                self.good[key] += each.good
                self.bad[key] += each.bad
                known = self.energy.get(key, Fraction(0))
                both = known is not None and each.energy_kwh is not None
                self.energy[key] = known + each.energy_kwh if both else None  # type: ignore[operator]
        self._add_factors()

    def _add_factors(self) -> None:
        books = self._books
        for worked in books.hours:
            amounts = Amounts(worked.hours, Fraction(worked.wage_cost))
            self._add(worked.site, worked.line, worked.quarter, (Factor.LABOUR, amounts))
        for asset in books.assets:
            is_it = asset.kind is AssetKind.IT
            factor = Factor.IT_CAPITAL if is_it else Factor.OPERATING_CAPITAL
            cost = Fraction(asset.user_cost)
            for quarter in self.quarters:
                if asset.is_there(quarter):
                    self._add(asset.site, asset.line, quarter, (factor, Amounts(cost, cost)))
        for bought in books.purchases:
            is_goods = bought.kind is PurchaseKind.GOODS
            factor = Factor.MATERIALS if is_goods else Factor.SERVICES
            cost = Fraction(bought.amount)
            amounts = Amounts(cost / bought.price_index, cost)
            self._add(bought.site, bought.line, quarter_of(bought.date), (factor, amounts))
        for paid in books.payroll:
            factor = Factor.SERVICES if paid.is_service_function else Factor.LABOUR
            cost = Fraction(paid.amount)
            # Functions that are no service have no hours: they cost, and their volume is left out.
            volume = cost / paid.price_index if paid.is_service_function else Fraction(0)
            self._add(paid.site, paid.line, paid.quarter, (factor, Amounts(volume, cost)))

    def _add(self, site: str, line: str, quarter: str, what: tuple[Factor, Amounts]) -> None:
        factor, amounts = what
        for unit in _units(site, line):
            self._factors[unit, quarter, factor] += amounts

    @cached_property
    def quarters(self) -> tuple[str, ...]:
        """All from the first to the last quarter with output; `Invalid` for too many."""
        found = [each.quarter for each in self._books.output]
        return quarters_between(min(found), max(found)) if found else ()

    @cached_property
    def lines(self) -> tuple[Unit, ...]:
        """All lines that ever made something."""
        return tuple(sorted({(each.site, each.line) for each in self._books.output}))

    @property
    def units(self) -> tuple[Unit, ...]:
        """The firm, its sites, its lines."""
        sites = sorted({site for site, _ in self.lines})
        return (("", ""), *((site, "") for site in sites), *self.lines)

    def of(self, unit: Unit, quarter: str, factor: Factor) -> Amounts:
        """Return volume and cost of a factor."""
        return self._factors.get((unit, quarter, factor), Amounts())

    def lines_of(self, unit: Unit) -> tuple[Unit, ...]:
        """Return the lines of a unit: itself, those of the site, or all."""
        site, line = unit
        return tuple(each for each in self.lines if site in {"", each[0]} and line in {"", each[1]})

    def coverage(self, unit: Unit, quarter: str) -> Fraction:
        """Return which part of the lines with output in a quarter books hours in it, too."""
        made = [each for each in self.lines_of(unit) if self.made.get((each, quarter))]
        known = sum(self.of(each, quarter, Factor.LABOUR).volume > 0 for each in made)
        return Fraction(known, len(made)) if made else Fraction(0)

    def change(self, unit: Unit, quarter: str) -> Change | Unmeasured:
        """Return what changed since the quarter before, or why that cannot be said."""
        if self.missing:
            return Unmeasured("the books have no " + ", ".join(self.missing))
        before = quarter_named(quarter_number(quarter) - 1)
        for when in (before, quarter):
            if not self.made.get((unit, when)):
                return Unmeasured(f"no good output in {when}")
        inputs = self._input_changes(unit, before, quarter)
        if isinstance(inputs, Unmeasured):
            return inputs
        first, second = (self._shares(unit, when) for when in (before, quarter))
        if not first or not second:
            return Unmeasured(f"no cost above 0 in {quarter if first else before}")
        output = _log_ratio(self.made[unit, quarter], self.made[unit, before])
        return Change(first, second, output, inputs)

    def _input_changes(
        self, unit: Unit, before: str, quarter: str
    ) -> dict[Factor, float] | Unmeasured:
        inputs: dict[Factor, float] = {}
        for factor in Factor:
            old, new = (self.of(unit, when, factor).volume for when in (before, quarter))
            if min(old, new) < 0 or (old > 0) != (new > 0):
                when = before if old <= 0 else quarter
                return Unmeasured(f"no {factor} above 0 in {when}: its logarithm has no start")
            if old > 0:
                inputs[factor] = _log_ratio(new, old)
        if Factor.LABOUR not in inputs:
            return Unmeasured(f"no hours in {before} and {quarter}")
        return inputs

    def _shares(self, unit: Unit, quarter: str) -> dict[Factor, Fraction]:
        costs = {factor: self.of(unit, quarter, factor).cost for factor in Factor}
        total = sum(costs.values(), Fraction(0))
        return {factor: cost / total for factor, cost in costs.items()} if total > 0 else {}


def _units(site: str, line: str) -> tuple[Unit, ...]:
    return tuple(dict.fromkeys([("", ""), (site, ""), (site, line)]))


def _log_ratio(new: Fraction, old: Fraction) -> float:
    return math.log(new / old)
