"""Deliveries and counts in SQL: written once, never changed."""

import sqlalchemy as sa

from lineshaft.core import canonical
from lineshaft.core.period import Instant
from lineshaft.services.stocks.model import StockRecord, StockVersion
from lineshaft.services.stocks.tables import STOCK_VERSION


class SqlStockStore:
    """Implements `StockStore`."""

    def insert(self, connection: sa.Connection, version: StockVersion) -> None:
        """Keep a version."""
        connection.execute(
            sa.insert(STOCK_VERSION).values(
                id=version.record.id,
                version=version.version,
                machine=version.record.machine,
                content=canonical.encode(version.record.to_content()).decode(),
                recorded_at=version.recorded_at,
                recorded_by=version.recorded_by,
            )
        )

    def versions(self, connection: sa.Connection, id_: str) -> list[StockVersion]:
        """Return all versions of a record, the first one first."""
        return _found(connection, STOCK_VERSION.c.id == id_)

    def of_machine(self, connection: sa.Connection, machine: str) -> list[StockVersion]:
        """Return all versions of all records of a machine, by id and version."""
        return _found(connection, STOCK_VERSION.c.machine == machine)

    def count(self, connection: sa.Connection, machine: str) -> int:
        """Return how many records a machine has."""
        firsts = (STOCK_VERSION.c.machine == machine) & (STOCK_VERSION.c.version == 1)
        query = sa.select(sa.func.count()).select_from(STOCK_VERSION).where(firsts)
        return connection.execute(query).scalar_one()


def _found(connection: sa.Connection, which: sa.ColumnElement[bool]) -> list[StockVersion]:
    rows = STOCK_VERSION.c
    query = sa.select(STOCK_VERSION).where(which).order_by(rows.id, rows.version)
    return [
        StockVersion(
            StockRecord.from_content(canonical.decode(row.content.encode())),
            row.version,
            Instant(row.recorded_at),
            row.recorded_by,
        )
        for row in connection.execute(query)
    ]
