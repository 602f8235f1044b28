"""What a price is applied to, and the priced parts: steps of how an invoice line came about."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from lineshaft.core.period import Instant, Period
from lineshaft.core.quantity import Quantity
from lineshaft.services.facts.model import Core

NO_QUANTITY = Quantity(Fraction(0), "C62")
_UTC = ZoneInfo("UTC")


class Metered(msgspec.Struct, frozen=True):
    """What the meters of a price measured over a billed period, all machines together.

    Attributes:
        quantity: of its own meter.
        quantities: of each meter by its id, those of drivers too.
    """

    period: Period
    quantity: Quantity
    quantities: Mapping[str, Quantity]


class Instalment(msgspec.Struct, frozen=True):
    """An instalment of a lease that is due in the billed period.

    Attributes:
        number: from 1 to as many as there are.
        machines: that serve when it is due.
        month: of the lease that it is for.
        decimals: of the currency.
    """

    number: int
    due_at: Instant
    machines: tuple[str, ...]
    month: Period
    decimals: int


_NOTHING = Metered(Period(Instant(0), Instant(1)), NO_QUANTITY, {})


class Priced(msgspec.Struct, frozen=True):
    """What is priced.

    Attributes:
        quantity: the usage of the billed period, all machines together.
        states_us: its time by state in microseconds, where a meter of states measured it.
        lines: exact amounts of the lines before, by their ids.
        now, before: the billed period by each meter, and those of the contract year before it, for
            prices that need more than one quantity.
        zone: of the calendar that months are of.
        paused: the parts of the billed period in which the contract rests.
        cores: parts delivered for a deposit under this price, by id.
        instalments: of a lease, due in the billed period.
    """

    quantity: Quantity = NO_QUANTITY
    states_us: Mapping[str, int] = msgspec.field(default_factory=dict)
    lines: Mapping[str, Fraction] = msgspec.field(default_factory=dict)
    now: Metered = _NOTHING
    before: Sequence[Metered] = ()
    zone: ZoneInfo = _UTC
    paused: Sequence[Period] = ()
    cores: Sequence[Core] = ()
    instalments: Sequence[Instalment] = ()


class PricedPart(msgspec.Struct, frozen=True):
    """A part of the usage, or a fixed amount, at one price.

    Attributes:
        kind: `flat`, `unit`, `tier`, `tier_fee`, `volume`, `package`, `share`, `state`, `bundle`,
            `instalment`, `purchase`, or one of `energy_saving`, `core_deposit` and `replenishment`.
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
    detail: Mapping[str, Any] = msgspec.field(default_factory=dict)
