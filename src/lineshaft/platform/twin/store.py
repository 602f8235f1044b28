"""Machines in SQL."""

import sqlalchemy as sa

from lineshaft.core import canonical
from lineshaft.platform.twin.model import Machine
from lineshaft.platform.twin.tables import MACHINE


class SqlMachineStore:
    """Keeps each machine as one row."""

    def machines(self, connection: sa.Connection) -> list[Machine]:
        """Return all machines, by name."""
        query = sa.select(MACHINE.c.content).order_by(MACHINE.c.name, MACHINE.c.id)
        return [_machine(content) for content in connection.scalars(query)]

    def machine(self, connection: sa.Connection, id_: str) -> Machine | None:
        """Return one machine."""
        content = connection.scalar(sa.select(MACHINE.c.content).where(MACHINE.c.id == id_))
        return None if content is None else _machine(content)

    def put(self, connection: sa.Connection, machine: Machine) -> None:
        """Record a machine as it is now."""
        row = {
            "id": machine.id,
            "name": machine.name,
            "content": canonical.encode(machine.to_content()).decode(),
        }
        known = sa.update(MACHINE).where(MACHINE.c.id == machine.id).values(**row)
        if connection.execute(known).rowcount == 0:
            connection.execute(sa.insert(MACHINE).values(**row))


def _machine(content: str) -> Machine:
    return Machine.from_content(canonical.decode(content.encode()))
