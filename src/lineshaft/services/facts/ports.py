"""What facts of machines need of a database."""

from typing import Protocol

import sqlalchemy as sa

from lineshaft.services.facts.model import F, FactVersion


class FactStore(Protocol[F]):
    """Keeps versions of facts of one kind; none of them ever changes."""

    def insert(self, connection: sa.Connection, version: FactVersion[F]) -> None:
        """Keep a version."""
        ...

    def versions(self, connection: sa.Connection, id_: str) -> list[FactVersion[F]]:
        """Return all versions of a fact, the first one first."""
        ...

    def of_machine(self, connection: sa.Connection, machine: str) -> list[FactVersion[F]]:
        """Return all versions of all facts of a machine, by id and version."""
        ...

    def count(self, connection: sa.Connection, machine: str) -> int:
        """Return how many facts a machine has."""
        ...
