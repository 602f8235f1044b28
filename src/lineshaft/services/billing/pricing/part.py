"""One priced part of a usage: a step of how an invoice line came about."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from lineshaft.core.quantity import Quantity


@dataclass(frozen=True, slots=True)
class PricedPart:
    """A part of the usage, or a fixed amount, at one price.

    Attributes:
        kind: `flat`, `unit` or `tier`.
        quantity: what was priced; None for a flat amount.
        unit_price: price of one unit, or the flat amount.
        amount: exact and not rounded.
        above, up_to: the tier's half-open range (above, up_to]; None where it has no bound.
    """

    kind: str
    quantity: Quantity | None
    unit_price: Decimal
    amount: Fraction
    above: Fraction | None = None
    up_to: Fraction | None = None
