"""Cores in SQL: written once, never changed."""

import sqlalchemy as sa

from lineshaft.core import canonical
from lineshaft.core.period import Instant
from lineshaft.services.cores.model import Core, CoreVersion
from lineshaft.services.cores.tables import CORE_VERSION


class SqlCoreStore:
    """Implements `CoreStore`."""

    def insert(self, connection: sa.Connection, version: CoreVersion) -> None:
        """Keep a version."""
        connection.execute(
            sa.insert(CORE_VERSION).values(
                id=version.core.id,
                version=version.version,
                machine=version.core.machine,
                content=canonical.encode(version.core.to_content()).decode(),
                recorded_at=version.recorded_at,
                recorded_by=version.recorded_by,
            )
        )

    def versions(self, connection: sa.Connection, id_: str) -> list[CoreVersion]:
        """Return all versions of a core, the first one first."""
        return _found(connection, CORE_VERSION.c.id == id_)

    def of_machine(self, connection: sa.Connection, machine: str) -> list[CoreVersion]:
        """Return all versions of all cores of a machine, by id and version."""
        return _found(connection, CORE_VERSION.c.machine == machine)

    def count(self, connection: sa.Connection, machine: str) -> int:
        """Return how many cores a machine has."""
        firsts = (CORE_VERSION.c.machine == machine) & (CORE_VERSION.c.version == 1)
        query = sa.select(sa.func.count()).select_from(CORE_VERSION).where(firsts)
        return connection.execute(query).scalar_one()


def _found(connection: sa.Connection, which: sa.ColumnElement[bool]) -> list[CoreVersion]:
    rows = CORE_VERSION.c
    query = sa.select(CORE_VERSION).where(which).order_by(rows.id, rows.version)
    return [
        CoreVersion(
            Core.from_content(canonical.decode(row.content.encode())),
            row.version,
            Instant(row.recorded_at),
            row.recorded_by,
        )
        for row in connection.execute(query)
    ]
