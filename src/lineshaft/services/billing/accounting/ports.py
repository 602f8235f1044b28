"""What the ledger reads from, and posts to."""

from collections.abc import Sequence
from typing import Protocol

import sqlalchemy as sa

from lineshaft.core.period import Instant, Period
from lineshaft.services.billing.accounting.model import (
    AgedReceivable,
    Grouping,
    RevenueLine,
    RevenueQuery,
    RevenueRow,
    StatementRow,
    VatRow,
)
from lineshaft.services.billing.model import Transaction
from lineshaft.services.billing.recognition import Slice

Behind = tuple[tuple[str | int, ...], int]
"""The place of a row in the order of its list, and how many rows behind it are asked for."""


class LedgerPostings(Protocol):
    """Keeps transactions; `billing.store` does."""

    def add_transactions(
        self, connection: sa.Connection, transactions: Sequence[Transaction]
    ) -> None:
        """Keep transactions of the ledger."""
        ...


class LedgerStore(Protocol):
    """Adds up the ledger."""

    def statement(
        self, connection: sa.Connection, account: str, currency: str, behind: Behind
    ) -> list[StatementRow]:
        """Return a page of the entries of an account, the oldest first, with running balance."""
        ...

    def receivables(
        self, connection: sa.Connection, now: Instant, behind: Behind
    ) -> list[AgedReceivable]:
        """Return a page of what is open of each customer, by age."""
        ...

    def revenue(
        self, connection: sa.Connection, by: Grouping, query: RevenueQuery, behind: Behind
    ) -> list[RevenueRow]:
        """Return a page of the sums of revenue."""
        ...

    def lines(
        self, connection: sa.Connection, query: RevenueQuery, behind: Behind
    ) -> list[RevenueLine]:
        """Return a page of the slices behind revenue, by document."""
        ...

    def vat(self, connection: sa.Connection, span: Period) -> list[VatRow]:
        """Return turnover and tax of the documents whose service period begins in a span."""
        ...

    def waiting(self, connection: sa.Connection, month: str, now: Instant) -> int:
        """Count the documents of which something of a month is still to be recognised."""
        ...

    def due(
        self, connection: sa.Connection, month: str, now: Instant, after: str
    ) -> Sequence[tuple[str, str, Sequence[Slice]]]:
        """Return the next of them behind a number: number, contract, and slices of the month."""
        ...
