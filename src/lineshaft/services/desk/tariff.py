"""A tariff as pieces of straight lines, taken from the function that bills. Pure.

Nothing here knows what a tier costs: up to where a piece goes is in the terms, and what is charged
in it is asked of billing's own price function, at three quantities of the piece. Three on one
straight line say everything between them; where they are not, each quantity is asked for itself.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import msgspec

from lineshaft.core.quantity import Quantity, conversion_factor
from lineshaft.services.billing.pricing import NO_QUANTITY, Priced, price_usage
from lineshaft.services.contracts.model import (
    FlatPrice,
    GraduatedPrice,
    PackagePrice,
    PerUnitPrice,
    Terms,
    UsagePrice,
    VolumePrice,
)

_POINTS = 3
"""Quantities of a piece at which the price function is asked."""
_PIECEWISE = (PerUnitPrice, GraduatedPrice, VolumePrice)


class Piece(msgspec.Struct, frozen=True):
    """What is charged for a quantity of one piece: quantity * slope + base."""

    slope: Fraction
    base: Fraction


class Tariff(msgspec.Struct, frozen=True):
    """What one price charges for a quantity in the unit of its meter.

    Attributes:
        bounds: upper ends of the pieces but the last, included in them.
        pieces: none where every quantity is asked of the price function.
    """

    price: UsagePrice
    bounds: tuple[Fraction, ...]
    pieces: tuple[Piece, ...]

    def amount(self, quantity: Fraction) -> Fraction:
        """Return what is charged, exact."""
        # Not as fractions: to reduce them at each step takes longer than all the rest.
        above, below = quantity.as_integer_ratio()
        if not self.pieces or above <= 0:
            return _asked(self.price, quantity)
        place = 0
        while place < len(self.bounds) and not self._is_within(place, above, below):
            place += 1
        slope, base = self.pieces[place].slope, self.pieces[place].base
        whole = slope.denominator * base.denominator
        part = above * slope.numerator * base.denominator
        return Fraction(part + below * base.numerator * slope.denominator, below * whole)

    def _is_within(self, place: int, above: int, below: int) -> bool:
        """Tell whether above / below is not beyond a bound."""
        bound = self.bounds[place]
        return above * bound.denominator <= below * bound.numerator


def obstacle(terms: Terms) -> str | None:
    """Say why a contract cannot be rated from quantities alone; None where it can.

    Pages show it, so `web.texts.sentences` has its Chinese.
    """
    if terms.guarantee is not None or terms.promised:
        return "a guarantee is judged"
    if terms.are_fees_ahead:
        return "fees are billed in advance"
    for price in terms.usage_prices:
        if not isinstance(price.price, (*_PIECEWISE, PackagePrice, FlatPrice)):
            return f"price {price.id} follows from more than its quantity"
        if price.modifiers is not None:
            return f"price {price.id} is modified"
    return None


def tariff_of(price: UsagePrice) -> Tariff:
    """Take a price to pieces."""
    bounds = _bounds(price)
    pieces = [] if bounds is None else [_piece(price, *ends) for ends in _ends(bounds)]
    known = [piece for piece in pieces if piece is not None]
    if bounds is None or len(known) < len(pieces):
        return Tariff(price, (), ())
    return Tariff(price, tuple(bounds), tuple(known))


def _bounds(price: UsagePrice) -> list[Fraction] | None:
    """Return where pieces end, in the unit of the meter; None where there are none."""
    terms = price.price
    if not isinstance(terms, _PIECEWISE) or price.meter is None:
        return None
    factor = conversion_factor(price.meter.unit, terms.unit)
    tiers = () if isinstance(terms, PerUnitPrice) else terms.tiers
    return [tier.up_to / factor for tier in tiers if tier.up_to is not None]


def _ends(bounds: Sequence[Fraction]) -> list[tuple[Fraction, Fraction]]:
    """Return from where to where pieces go; the last one as far as needed to know it."""
    ends = [Fraction(0), *bounds]
    ends.append(ends[-1] + _POINTS)
    return list(pairwise(ends))


def _piece(price: UsagePrice, low: Fraction, high: Fraction) -> Piece | None:
    step = (high - low) / _POINTS
    first, second, third = (_asked(price, low + step * at) for at in range(1, _POINTS + 1))
    if third - second != second - first:
        return None
    slope = (second - first) / step
    return Piece(slope, first - slope * (low + step))


def _asked(price: UsagePrice, quantity: Fraction) -> Fraction:
    """Ask the function that bills."""
    used = NO_QUANTITY if price.meter is None else Quantity(quantity, price.meter.unit)
    parts = price_usage(Priced(used), price.price)
    return sum((part.amount for part in parts), Fraction(0))
