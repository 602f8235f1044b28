"""What the audit chain needs of a database."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import sqlalchemy as sa

from lineshaft.security.audit.model import AuditQuery, AuditRow, ChainHead


class AuditStore(Protocol):
    """Keeps the entries and the head."""

    def lock_head(self, connection: sa.Connection) -> ChainHead:
        """Return the head; other writers wait until this transaction ends."""
        ...

    def append(self, connection: sa.Connection, rows: Sequence[AuditRow]) -> None:
        """Keep the next entries, at least one, and move the head to the last of them."""
        ...

    def head(self, connection: sa.Connection) -> ChainHead:
        """Return the head without locking it."""
        ...

    def rows(self, connection: sa.Connection) -> Iterator[AuditRow]:
        """Return all entries in order of their number, a bounded number in memory at a time."""
        ...

    def find(self, connection: sa.Connection, query: AuditQuery) -> list[AuditRow]:
        """Return the entries of a query, newest first."""
        ...
