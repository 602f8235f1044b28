"""What a price is applied to, and the priced parts: steps of how an invoice line came about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from lineshaft.core.quantity import Quantity

NO_QUANTITY = Quantity(Fraction(0), "C62")


@dataclass(frozen=True, slots=True)
class Priced:
    """What is priced.

    Attributes:
        quantity: the usage of the billed period, all machines together.
        states_us: its time by state in microseconds, where a meter of states measured it.
        lines: exact amounts of the lines before, by their ids.
    """

    quantity: Quantity = NO_QUANTITY
    states_us: Mapping[str, int] = field(default_factory=dict)
    lines: Mapping[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PricedPart:
    """A part of the usage, or a fixed amount, at one price.

    Attributes:
        kind: `flat`, `unit`, `tier`, `tier_fee`, `volume`, `package`, `share` or `state`.
        quantity: what was priced; None for a fixed amount and a share.
        unit_price: price of one unit, or the fixed amount; None for packages and a share.
        amount: exact and not rounded.
        above, up_to: the tier's half-open range (above, up_to]; None where it has no bound.
        detail: what only this kind has, as the step of a document says it.
    """

    kind: str
    quantity: Quantity | None
    unit_price: Decimal | None
    amount: Fraction
    above: Fraction | None = None
    up_to: Fraction | None = None
    detail: Mapping[str, str] = field(default_factory=dict)
