"""Consumables billed by what the machines tell: price, whose the stock is, when to order.

Pure data; the formulas are in `billing/pricing/replenishment.py`.
"""

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from lineshaft.core.quantity import unit_named
from lineshaft.services.contracts.content import Frozen, TermsInvalid, check_price

LEAD_DAYS_MAX = 365
HISTORY_DAYS_MIN = 2
HISTORY_DAYS_MAX = 92
SERVICE_LEVELS = {
    Fraction(50): Decimal("0.0000"),
    Fraction(80): Decimal("0.8416"),
    Fraction(90): Decimal("1.2816"),
    Fraction(95): Decimal("1.6449"),
    Fraction("97.5"): Decimal("1.9600"),
    Fraction(98): Decimal("2.0537"),
    Fraction(99): Decimal("2.3263"),
    Fraction("99.5"): Decimal("2.5758"),
    Fraction("99.9"): Decimal("3.0902"),
}
"""z by the probability in percent that a stock lasts until the delivery: quantiles of the standard
normal distribution, to four decimals."""


class StockScope(StrEnum):
    """Whose a stock is."""

    MACHINE = "machine"
    """Each machine of the contract has a stock of its own."""
    SITE = "site"
    """All machines of the contract draw on one stock."""


class ReorderTerms(Frozen, frozen=True):
    """When a stock is to be ordered again.

    Attributes:
        lead_days: from an order to its delivery.
        service_level: percent; one of `SERVICE_LEVELS`.
        history_days: whole civil days whose consumption says what a day takes.
    """

    lead_days: Fraction
    service_level: Fraction
    history_days: int

    def __post_init__(self) -> None:
        """Refuse a lead time that is none, a level without a quantile, too short a history."""
        if not 0 < self.lead_days <= LEAD_DAYS_MAX:
            msg = f"a lead time of {self.lead_days} days: expected more than 0, at most "
            raise TermsInvalid(msg + str(LEAD_DAYS_MAX))
        if self.service_level not in SERVICE_LEVELS:
            known = ", ".join(
                str(Decimal(level.numerator) / level.denominator) for level in SERVICE_LEVELS
            )
            msg = f"a service level of {self.service_level} %: expected one of {known}"
            raise TermsInvalid(msg)
        if not HISTORY_DAYS_MIN <= self.history_days <= HISTORY_DAYS_MAX:
            msg = f"a history of {self.history_days} days: expected {HISTORY_DAYS_MIN} to "
            raise TermsInvalid(msg + str(HISTORY_DAYS_MAX))


class ReplenishmentPrice(Frozen, frozen=True, tag_field="model", tag="replenishment"):
    """The same price for each unit that is consumed, corrected where the stock is counted.

    Attributes:
        stock: whose it is.
        reorder: when to order.
    """

    unit: str
    unit_price: Decimal
    stock: StockScope
    reorder: ReorderTerms

    def __post_init__(self) -> None:
        """Refuse an unknown unit and a negative price."""
        unit_named(self.unit)
        check_price(self.unit_price, "unit price")
