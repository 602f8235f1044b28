"""What changes a priced amount: commitments, cap, discount, credit, indexation.

Pure data. Each field of `Modifiers` has its function in `billing/modifiers`, where their one order
is stated.
"""

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from lineshaft.services.contracts.content import (
    Frozen,
    TermsInvalid,
    check_id,
    check_instant,
    check_price,
)

INDICES_MAX = 20
INDEX_VALUES_MAX = 1_000
PUBLICATION_CHARACTERS_MAX = 200
_PERCENT = 100


class ProrationBasis(StrEnum):
    """How a monthly amount is divided over a part of the month."""

    ACT_SECONDS = "ACT_SECONDS"
    """By the exact length of time: a month with a clock change is an hour longer or shorter."""
    ACT_DAYS = "ACT_DAYS"
    """By civil days of the contract's zone, whatever their length."""
    THIRTY_360 = "30/360"
    """By civil days, each month taken for 30 (30E/360, the Eurobond basis: the 31st is a 30th)."""


class MonthlyAmount(Frozen, frozen=True):
    """An amount for each calendar month of the contract's zone."""

    amount_per_month: Decimal
    proration: ProrationBasis

    def __post_init__(self) -> None:
        """Refuse a negative amount."""
        check_price(self.amount_per_month, "amount per month")


class MonthlyCommitment(Frozen, frozen=True, tag_field="per", tag="month"):
    """Take or pay by the month: what is missing from the quantity is paid all the same.

    Attributes:
        quantity: for each calendar month, in the unit of the price.
        unit_price: of each unit that is missing.
    """

    quantity: Fraction
    unit_price: Decimal
    proration: ProrationBasis

    def __post_init__(self) -> None:
        """Refuse a quantity that is not above zero, and a negative price."""
        _check_commitment(self.quantity, self.unit_price)


class AnnualCommitment(Frozen, frozen=True, tag_field="per", tag="year"):
    """Take or pay by the contract year: what is missing is paid with its last period.

    Attributes:
        quantity: for twelve months, in the unit of the price.
        unit_price: of each unit that is missing.
    """

    quantity: Fraction
    unit_price: Decimal
    proration: ProrationBasis

    def __post_init__(self) -> None:
        """Refuse a quantity that is not above zero, and a negative price."""
        _check_commitment(self.quantity, self.unit_price)


Commitment = MonthlyCommitment | AnnualCommitment
"""One of the two: a quantity that is missing is never paid for twice."""


class IndexValue(Frozen, frozen=True):
    """A published value of an index.

    Attributes:
        since: the first instant that it counts for, RFC 3339 in UTC.
        value: as it was published.
        publication: which publication says so, such as `2026-09, first release of 2026-10-20`.
    """

    since: str
    value: Fraction
    publication: str

    def __post_init__(self) -> None:
        """Refuse a value that nothing can be divided into, and one that nobody can look up."""
        check_instant(self.since, "index value since")
        if self.value <= 0:
            msg = f"an index value of {self.value}: expected more than zero"
            raise TermsInvalid(msg)
        if not 0 < len(self.publication) <= PUBLICATION_CHARACTERS_MAX:
            msg = f"publication {self.publication[:80]!r}: expected 1 to 200 characters"
            raise TermsInvalid(msg)


class PriceIndex(Frozen, frozen=True):
    """One index of a price formula.

    Attributes:
        weight: its share of the price.
        base: value that the prices of the terms rest on (I_0); it counts until the first of
            `values` does.
        values: in the order of `since`.
    """

    id: str
    weight: Fraction
    base: Fraction
    values: tuple[IndexValue, ...]

    def __post_init__(self) -> None:
        """Refuse a weight or base that is not above zero, and values out of order."""
        check_id(self.id, "index")
        if self.weight <= 0 or self.base <= 0 or len(self.values) > INDEX_VALUES_MAX:
            msg = f"index {self.id}: expected weight and base above zero, at most 1000 values"
            raise TermsInvalid(msg)
        instants = [check_instant(each.since, "index value since") for each in self.values]
        if any(later <= earlier for earlier, later in pairwise(instants)):
            msg = f"index {self.id}: expected its values in the order of time"
            raise TermsInvalid(msg)


class Indexation(Frozen, frozen=True):
    """The price formula P_t = P_0 x (w_0 + sum of w_i x I_i,t / I_i,0).

    Attributes:
        fixed: w_0, the share that does not change.
    """

    fixed: Fraction
    indices: tuple[PriceIndex, ...]

    def __post_init__(self) -> None:
        """Refuse weights that do not add up to 1, and an index twice."""
        ids = [index.id for index in self.indices]
        if not 0 < len(ids) <= INDICES_MAX or len(set(ids)) < len(ids):
            msg = f"an indexation by {len(ids)} indices: expected 1 to {INDICES_MAX}, each once"
            raise TermsInvalid(msg)
        weights = self.fixed + sum((index.weight for index in self.indices), Fraction(0))
        if self.fixed < 0 or weights != 1:
            msg = f"the weights of an indexation add up to {weights}: expected 1, none below zero"
            raise TermsInvalid(msg)


class PercentDiscount(Frozen, frozen=True, tag_field="by", tag="percent"):
    """A share off."""

    percent: Fraction

    def __post_init__(self) -> None:
        """Refuse a share below zero or above everything."""
        if not 0 <= self.percent <= _PERCENT:
            msg = f"a discount of {self.percent} %: expected 0 to 100"
            raise TermsInvalid(msg)


class AmountDiscount(MonthlyAmount, frozen=True, tag_field="by", tag="amount"):
    """An amount off for each month, and never more than there is."""


class FixedCredit(Frozen, frozen=True):
    """An amount off for each billed period, as it is and not prorated; at most what there is."""

    amount: Decimal

    def __post_init__(self) -> None:
        """Refuse a negative amount."""
        check_price(self.amount, "credit")


class Modifiers(Frozen, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that changes the amount of a line after it has been priced; each at most once."""

    take_or_pay: Commitment | None = None
    indexation: Indexation | None = None
    minimum: MonthlyAmount | None = None
    cap: MonthlyAmount | None = None
    discount: PercentDiscount | AmountDiscount | None = None
    credit: FixedCredit | None = None

    def __post_init__(self) -> None:
        """Refuse two commitments on one line, and a minimum above the cap."""
        if self.minimum is not None and self.take_or_pay is not None:
            msg = "a minimum and take-or-pay on one line: expected one of them, never both"
            raise TermsInvalid(msg)
        if self.minimum is None or self.cap is None:
            return
        is_below = self.minimum.amount_per_month <= self.cap.amount_per_month
        if not (is_below and self.minimum.proration is self.cap.proration):
            msg = "a minimum and a cap: expected the minimum not above, both prorated alike"
            raise TermsInvalid(msg)


def _check_commitment(quantity: Fraction, unit_price: Decimal) -> None:
    if quantity <= 0:
        msg = f"take or pay for {quantity}: expected more than zero"
        raise TermsInvalid(msg)
    check_price(unit_price, "unit price of what is missing")
