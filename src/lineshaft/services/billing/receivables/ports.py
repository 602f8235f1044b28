"""What receivables need: a store, and the ledger."""

from collections.abc import Collection, Sequence
from typing import Protocol

import sqlalchemy as sa

from lineshaft.core.money import Money
from lineshaft.services.billing.model import Transaction
from lineshaft.services.billing.receivables.model import Dispute, Payment


class Postings(Protocol):
    """Keeps transactions of the ledger; the store of billing does."""

    def add_transactions(
        self, connection: sa.Connection, transactions: Sequence[Transaction]
    ) -> None:
        """Keep transactions of the ledger."""
        ...


class ReceivablesStore(Protocol):
    """Keeps payments and disputes."""

    def add_payment(self, connection: sa.Connection, payment: Payment) -> None:
        """Keep a payment."""
        ...

    def payments(self, connection: sa.Connection, number: str) -> list[Payment]:
        """Return the payments of a document, in the order in which they were recorded."""
        ...

    def paid(self, connection: sa.Connection, numbers: Sequence[str]) -> dict[str, Money]:
        """Return the sums of the payments of documents that have any."""
        ...

    def add_dispute(self, connection: sa.Connection, dispute: Dispute) -> None:
        """Keep that a document, or lines of it, are disputed."""
        ...

    def resolve(self, connection: sa.Connection, dispute: Dispute, lines: Collection[str]) -> None:
        """Keep the answer to these lines of a dispute, or to one of the whole document."""
        ...

    def disputes(self, connection: sa.Connection, numbers: Sequence[str]) -> list[Dispute]:
        """Return the disputes of documents, by number and in order."""
        ...
