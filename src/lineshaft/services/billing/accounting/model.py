"""Questions to the ledger and their answers: pure and frozen."""

from enum import StrEnum

import msgspec

from lineshaft.core.money import Money
from lineshaft.core.month import Month
from lineshaft.core.period import Instant

RECOGNISED_PAGE_MAX = 500
"""Documents whose month is recognised in one unit of work."""
TEXT_CHARACTERS_MAX = 200
AGES_DAYS = (30, 60, 90)
"""Ages that aged receivables are divided at, in days."""


class Grouping(StrEnum):
    """By what revenue is added up."""

    OFFERING = "offering"
    CONTRACT = "contract"
    MACHINE = "machine"
    MONTH = "month"


class StatementRow(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of an account, with the balance after it."""

    transaction: str
    document: str
    reason: str
    reference: str
    effective_at: Instant
    posted_at: Instant
    amount: Money
    balance: Money


class AgedReceivable(msgspec.Struct, frozen=True):
    """What a customer owes in one currency, by the age of the documents.

    Attributes:
        open: of documents up to 30 days old, up to 60, up to 90, and older.
    """

    customer: str
    open: tuple[Money, Money, Money, Money]


class RevenueQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which revenue is asked for: of everything, but for what is named.

    Attributes:
        first_month, last_month: such as `2026-03`, both inclusive.
    """

    offering: str | None = None
    contract: str | None = None
    machine: str | None = None
    first_month: str | None = None
    last_month: str | None = None

    def __post_init__(self) -> None:
        """Refuse what is no month."""
        for month in (self.first_month, self.last_month):
            if month is not None:
                Month.parse(month)


class RevenueRow(msgspec.Struct, frozen=True):
    """Revenue of an offering, contract, machine or month: less its service credits.

    Attributes:
        recognised: what stands in the revenue accounts.
        deferred: what waits as contract liability.
    """

    key: str
    recognised: Money
    deferred: Money


class RevenueLine(msgspec.Struct, frozen=True, kw_only=True):
    """A slice of a document line: where revenue comes from."""

    document: str
    position: int
    line: str
    month: str
    contract: str
    offering: str
    machine: str
    account: str
    amount: Money
    is_recognised: bool


class VatRow(msgspec.Struct, frozen=True):
    """Turnover and its tax, of one category and rate in one currency.

    Attributes:
        vat: category and rate, such as `S-19`.
        base: net, as documents say it.
        tax: as it is posted.
    """

    vat: str
    base: Money
    tax: Money


class Recognition(msgspec.Struct, frozen=True):
    """What recognising a month has posted.

    Attributes:
        documents: of which something was released now; none when it was done before.
    """

    month: str
    documents: int
