"""Facts of machines in SQL: written once, never changed."""

from collections.abc import Callable
from typing import Any, Generic

import sqlalchemy as sa

from lineshaft.core import canonical
from lineshaft.core.period import Instant
from lineshaft.services.facts.model import Core, F, FactVersion, StockRecord
from lineshaft.services.facts.tables import CORE_VERSION, STOCK_VERSION


class SqlFactStore(Generic[F]):
    """Implements `FactStore`."""

    def __init__(self, table: sa.Table, read: Callable[[Any], F]) -> None:
        """Take the table of a kind of facts, and what reads their content."""
        self._table = table
        self._read = read

    def insert(self, connection: sa.Connection, version: FactVersion[F]) -> None:
        """Keep a version."""
        connection.execute(
            sa.insert(self._table).values(
                id=version.fact.id,
                version=version.version,
                machine=version.fact.machine,
                content=canonical.encode(version.fact.to_content()).decode(),
                recorded_at=version.recorded_at,
                recorded_by=version.recorded_by,
            )
        )

    def versions(self, connection: sa.Connection, id_: str) -> list[FactVersion[F]]:
        """Return all versions of a fact, the first one first."""
        return self._found(connection, self._table.c.id == id_)

    def of_machine(self, connection: sa.Connection, machine: str) -> list[FactVersion[F]]:
        """Return all versions of all facts of a machine, by id and version."""
        return self._found(connection, self._table.c.machine == machine)

    def count(self, connection: sa.Connection, machine: str) -> int:
        """Return how many facts a machine has."""
        rows = self._table.c
        firsts = (rows.machine == machine) & (rows.version == 1)
        query = sa.select(sa.func.count()).select_from(self._table).where(firsts)
        return connection.execute(query).scalar_one()

    def _found(
        self, connection: sa.Connection, which: sa.ColumnElement[bool]
    ) -> list[FactVersion[F]]:
        rows = self._table.c
        query = sa.select(self._table).where(which).order_by(rows.id, rows.version)
        return [
            FactVersion(
                self._read(canonical.decode(row.content.encode())),
                row.version,
                Instant(row.recorded_at),
                row.recorded_by,
            )
            for row in connection.execute(query)
        ]


def core_store() -> SqlFactStore[Core]:
    """Return the store of cores."""
    return SqlFactStore(CORE_VERSION, Core.from_content)


def stock_store() -> SqlFactStore[StockRecord]:
    """Return the store of deliveries and counts."""
    return SqlFactStore(STOCK_VERSION, StockRecord.from_content)
