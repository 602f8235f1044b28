"""What cores need of a database."""

from typing import Protocol

import sqlalchemy as sa

from lineshaft.services.cores.model import CoreVersion


class CoreStore(Protocol):
    """Keeps versions of cores; none of them ever changes."""

    def insert(self, connection: sa.Connection, version: CoreVersion) -> None:
        """Keep a version."""
        ...

    def versions(self, connection: sa.Connection, id_: str) -> list[CoreVersion]:
        """Return all versions of a core, the first one first."""
        ...

    def of_machine(self, connection: sa.Connection, machine: str) -> list[CoreVersion]:
        """Return all versions of all cores of a machine, by id and version."""
        ...

    def count(self, connection: sa.Connection, machine: str) -> int:
        """Return how many cores a machine has."""
        ...
