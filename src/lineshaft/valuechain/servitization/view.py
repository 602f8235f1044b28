"""What indicators are computed from: the sums of a period in one currency. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from operator import attrgetter, itemgetter

import msgspec

from lineshaft.valuechain.servitization.columns import Cell
from lineshaft.valuechain.servitization.errors import CurrenciesMixed
from lineshaft.valuechain.servitization.model import CostKind, ServiceInput, SoldKind

DIVIDED_BY = ("kind", "binding", "customer_class", "service_class", "service_line", "recurring")
"""What the sums of a view are kept by."""
_keys = attrgetter(*DIVIDED_BY)


class Rates(msgspec.Struct, frozen=True):
    """How many units of one currency a unit of each other one is counted as."""

    currency: str
    of: Mapping[str, Fraction]

    def rate(self, currency: str) -> Fraction:
        """Return the rate of a currency.

        Raises:
            CurrenciesMixed: when none is given.
        """
        if currency == self.currency:
            return Fraction(1)
        if currency not in self.of:
            msg = f"amounts of {currency} among those of {self.currency}: expected a rate, "
            raise CurrenciesMixed(msg + f"such as {currency}=0.92 {self.currency} for one")
        return self.of[currency]


def rates_of(currencies: set[str], given: Rates | None) -> Rates:
    """Return the given rates, or none where there is one currency only.

    Raises:
        CurrenciesMixed: when there are several, and no rates.
    """
    if given is not None:
        for currency in sorted(currencies):
            given.rate(currency)
        return given
    if len(currencies) > 1:
        msg = f"amounts in {', '.join(sorted(currencies))} are not added up: expected one "
        raise CurrenciesMixed(msg + "currency, or a currency to count in and rates")
    return Rates(next(iter(currencies), ""), {})


class Sums(msgspec.Struct, frozen=True):
    """What cells come to, in millionths of the currency of the view; exact.

    Attributes:
        costed: the amount of the lines whose cost is known.
    """

    amount: int | Fraction = 0
    cost: int | Fraction = 0
    costed: int | Fraction = 0
    count: int = 0


_NOTHING = Sums()


class Fleet(msgspec.Struct, frozen=True):
    """The installed base on a day, and how much of it a contract is in force for."""

    installed: int
    served: int


@dataclass(frozen=True, slots=True)
class View:
    """The sums of a period.

    Attributes:
        period: such as `2026-Q1`; empty for all that there is.
        sums: by the values of `DIVIDED_BY`.
        inputs: costs of the firm in the period, in the currency of the view; empty: not known.
        fleet: on the last day of the period; None where no installed base is known.
    """

    period: str
    currency: str
    sums: Mapping[tuple[str, ...], Sums]
    inputs: Mapping[CostKind, Fraction] = field(default_factory=dict)
    fleet: Fleet | None = None
    _by: dict[tuple[str, ...], dict[tuple[str, ...], Sums]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def total(self, **where: str) -> Sums:
        """Add up what has some keys."""
        names = tuple(where)
        if names not in self._by:
            self._by[names] = self._divided(names)
        return self._by[names].get(tuple(where.values()), _NOTHING)

    def _divided(self, names: tuple[str, ...]) -> dict[tuple[str, ...], Sums]:
        """Add up by some keys: once for all questions that name them."""
        places = [DIVIDED_BY.index(name) for name in names]
        if not places:
            return {(): summed(self.sums.values())}
        # The last key is asked twice so that one key is a tuple, too.
        key_of = itemgetter(*places, places[-1])
        parts: dict[tuple[str, ...], list[Sums]] = {}
        for keys, sums in self.sums.items():
            key = key_of(keys)
            if key in parts:
                parts[key].append(sums)
            else:
                parts[key] = [sums]
        return {key[:-1]: summed(listed) for key, listed in parts.items()}

    def service(self, **where: str) -> Sums:
        """Add up services that have some keys."""
        return self.total(kind=SoldKind.SERVICE.value, **where)

    def service_lines(self) -> list[str]:
        """Return the service lines that sold something, in order."""
        place = DIVIDED_BY.index("service_line")
        return sorted({keys[place] for keys in self.sums if keys[0] == SoldKind.SERVICE.value})


Counted = tuple[str, tuple[str, ...], Sums]
"""A cell in the currency of a view: month, values of `DIVIDED_BY`, sums."""


def summed(listed: Iterable[Sums]) -> Sums:
    """Add sums up."""
    known = list(listed)
    if len(known) == 1:
        return known[0]
    return Sums(
        sum([each.amount for each in known]),
        sum([each.cost for each in known]),
        sum([each.costed for each in known]),
        sum([each.count for each in known]),
    )


def counted(cells: Sequence[Cell], rates: Rates) -> list[Counted]:
    """Count cells in one currency: once, for the views of every length of periods."""
    known = {name: _plain(rates.rate(name)) for name in {cell.currency for cell in cells}}
    return [(cell.month, _keys(cell), _sums(cell, known[cell.currency])) for cell in cells]


def views_of(
    cells: Sequence[Counted], currency: str, period_of: Callable[[str], str]
) -> dict[str, View]:
    """Return a view of each period, in order."""
    names = {month: period_of(month) for month in {month for month, _, _ in cells}}
    found: dict[str, defaultdict[tuple[str, ...], list[Sums]]]
    found = {period: defaultdict(list) for period in names.values()}
    for month, keys, sums in cells:
        found[names[month]][keys].append(sums)
    return {
        period: View(
            period, currency, {keys: summed(listed) for keys, listed in found[period].items()}
        )
        for period in sorted(found)
    }


def _plain(rate: Fraction) -> int | Fraction:
    """Return a whole rate as a whole number: a fraction costs ten times as much to add."""
    return rate.numerator if rate.denominator == 1 else rate


def _sums(cell: Cell, rate: int | Fraction) -> Sums:
    return Sums(cell.amount * rate, cell.cost * rate, cell.costed * rate, cell.count)


def inputs_of(
    inputs: Iterable[ServiceInput], rates: Rates, period_of: Callable[[str], str]
) -> dict[str, dict[CostKind, Fraction]]:
    """Add up the costs of each period by what they were for."""
    found: defaultdict[str, dict[CostKind, Fraction]] = defaultdict(dict)
    for each in inputs:
        of_period = found[period_of(each.month)]
        amount = Fraction(each.amount) * rates.rate(each.currency)
        of_period[each.kind] = of_period.get(each.kind, Fraction(0)) + amount
    return dict(found)
