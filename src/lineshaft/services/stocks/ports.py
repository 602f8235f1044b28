"""What stocks need of a database."""

from typing import Protocol

import sqlalchemy as sa

from lineshaft.services.stocks.model import StockVersion


class StockStore(Protocol):
    """Keeps versions of deliveries and counts; none of them ever changes."""

    def insert(self, connection: sa.Connection, version: StockVersion) -> None:
        """Keep a version."""
        ...

    def versions(self, connection: sa.Connection, id_: str) -> list[StockVersion]:
        """Return all versions of a record, the first one first."""
        ...

    def of_machine(self, connection: sa.Connection, machine: str) -> list[StockVersion]:
        """Return all versions of all records of a machine, by id and version."""
        ...

    def count(self, connection: sa.Connection, machine: str) -> int:
        """Return how many records a machine has."""
        ...
