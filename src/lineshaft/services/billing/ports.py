"""What billing needs: usage, and a store."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import sqlalchemy as sa

from lineshaft.core.period import Instant, Period
from lineshaft.infrastructure.database import UnitOfWork
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.billing.model import (
    AccountBalance,
    DocumentHead,
    DocumentQuery,
    IssuedDocument,
    Rerating,
    Transaction,
)
from lineshaft.services.billing.recognition import Slice
from lineshaft.services.facts.model import Core, StockRecord
from lineshaft.services.incidents.model import AgreedExclusion, ServiceIncident
from lineshaft.services.metering.model import Meter, UsageRecord


class UsageSource(Protocol):
    """Measures usage; `metering.service.Metering` does."""

    def usage(self, actor: Actor, meter: Meter, period: Period, known_at: Instant) -> UsageRecord:
        """Return what the meter counted in the period, from what was known at an instant."""
        ...

    def missing(
        self, actor: Actor, meter: Meter, period: Period, known_at: Instant
    ) -> Sequence[Period]:
        """Return where in the period nothing is known of the usage, in time order."""
        ...

    def settle(self, now: Instant) -> Instant:
        """Return an instant for `known_at` at which everything known stays known."""
        ...

    def ahead(self, wanted: Sequence[tuple[Meter, Period]], known_at: Instant) -> "UsageSource":
        """Return a source of the same usage that has read what some meters need at once."""
        ...


class EvidenceHolds(Protocol):
    """Holds the readings that a document rests on, so that nobody deletes them."""

    def documents_issued(
        self, unit: UnitOfWork, issued: Mapping[str, Sequence[UsageRecord]]
    ) -> None:
        """Hold what the usage records of documents name, in the unit of work that issues them.

        Args:
            unit: the unit of work.
            issued: the records of each document, by its number.
        """
        ...


class AgreedFacts(Protocol):
    """Knows what both sides had agreed on; `incidents.service.Incidents` does."""

    def agreed_incidents(
        self, actor: Actor, machine: str, known_at: Instant
    ) -> list[ServiceIncident]:
        """Return the incidents of a machine as both sides had agreed by an instant."""
        ...

    def agreed_exclusions(
        self, actor: Actor, machine: str, known_at: Instant
    ) -> list[AgreedExclusion]:
        """Return the exclusions of a machine as both sides had agreed by an instant."""
        ...


class CoreRecords(Protocol):
    """Knows which parts were delivered for a deposit and came back; `cores.service.Cores` does."""

    def known(self, actor: Actor, machine: str, known_at: Instant) -> list[Core]:
        """Return the cores of a machine as they were known at an instant."""
        ...


class StockRecords(Protocol):
    """Knows what was delivered to stocks and counted; `stocks.service.Stocks` does."""

    def known(self, actor: Actor, machine: str, known_at: Instant) -> list[StockRecord]:
        """Return the deliveries and counts of a machine as they were known at an instant."""
        ...


class DocumentStore(Protocol):
    """Keeps documents, their numbers and the ledger."""

    def draw_positions(
        self, connection: sa.Connection, series: str, supplier: str, count: int
    ) -> range:
        """Return the next positions of a series, from 1, kept only if the transaction commits.

        Raises:
            SeriesTaken: when the series belongs to another supplier.
        """
        ...

    def add_documents(
        self, connection: sa.Connection, documents: Sequence[tuple[IssuedDocument, tuple[str, int]]]
    ) -> None:
        """Keep documents, each under its series and position."""
        ...

    def overlapping(
        self, connection: sa.Connection, contract: str, period: Period
    ) -> IssuedDocument | None:
        """Return a document of the contract that covers a part of the period, if there is one."""
        ...

    def within(
        self, connection: sa.Connection, contracts: Sequence[str], period: Period
    ) -> list[DocumentHead]:
        """Return the first documents of contracts that cover a part of a period."""
        ...

    def of_period(
        self, connection: sa.Connection, contract: str, period: Period
    ) -> list[IssuedDocument]:
        """Return all documents of exactly this period, in the order in which they were issued."""
        ...

    def add_rerating(self, connection: sa.Connection, rerating: Rerating) -> None:
        """Keep that a period was rated again."""
        ...

    def last_rerating(
        self, connection: sa.Connection, contract: str, period: Period
    ) -> Rerating | None:
        """Return when a period was last rated again; None for never."""
        ...

    def document(self, connection: sa.Connection, number: str) -> IssuedDocument | None:
        """Return a document by its number."""
        ...

    def documents(
        self,
        connection: sa.Connection,
        organisations: frozenset[str] | None,
        query: DocumentQuery,
    ) -> list[DocumentHead]:
        """Return a page of documents, the newest first; of these organisations, or of all."""
        ...

    def add_transactions(
        self, connection: sa.Connection, transactions: Sequence[Transaction]
    ) -> None:
        """Keep transactions of the ledger."""
        ...

    def add_slices(
        self,
        connection: sa.Connection,
        schedules: Sequence[tuple[DocumentHead, Sequence[Slice]]],
    ) -> None:
        """Keep the schedules of the revenue of documents."""
        ...

    def transaction(self, connection: sa.Connection, document: str) -> Transaction | None:
        """Return what a document posted."""
        ...

    def transactions(
        self, connection: sa.Connection, after: str | None, limit: int
    ) -> list[Transaction]:
        """Return a page of all transactions, the oldest first, behind the one with an id."""
        ...

    def balances(
        self, connection: sa.Connection, before: Instant | None, known_at: Instant | None
    ) -> list[AccountBalance]:
        """Return the sums of every account in each currency, by account."""
        ...
