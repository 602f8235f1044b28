"""What exchanges of meters need of a database."""

from typing import Protocol

import sqlalchemy as sa

from lineshaft.core.reading import SignalId
from lineshaft.services.metering.exchanges.model import ExchangeApproval, ExchangeVersion


class ExchangeStore(Protocol):
    """Keeps versions of exchanges and their approvals; none of them ever changes."""

    def insert(self, connection: sa.Connection, version: ExchangeVersion) -> None:
        """Keep a version that nobody has approved yet."""
        ...

    def approve(
        self, connection: sa.Connection, version: ExchangeVersion, approval: ExchangeApproval
    ) -> None:
        """Keep the approval of a version."""
        ...

    def versions(self, connection: sa.Connection, id_: str) -> list[ExchangeVersion]:
        """Return all versions of an exchange, the first one first."""
        ...

    def of_signal(self, connection: sa.Connection, signal: SignalId) -> list[ExchangeVersion]:
        """Return all versions of all exchanges of a signal, by id and version."""
        ...

    def machines(self, connection: sa.Connection) -> frozenset[str]:
        """Return the machines of which any exchange is recorded."""
        ...

    def of_machine(self, connection: sa.Connection, machine: str) -> list[ExchangeVersion]:
        """Return all versions of all exchanges on a machine, by id and version."""
        ...
