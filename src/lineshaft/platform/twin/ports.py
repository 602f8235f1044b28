"""What the twin needs of others."""

from collections.abc import Sequence
from typing import Protocol

import sqlalchemy as sa

from lineshaft.core.reading import SignalId
from lineshaft.platform.twin.model import LiveEntry, Machine
from lineshaft.security.authorisation.model import Actor


class MachineStore(Protocol):
    """Keeps machines."""

    def machines(self, connection: sa.Connection) -> list[Machine]:
        """Return all machines, by name."""
        ...

    def machine(self, connection: sa.Connection, id_: str) -> Machine | None:
        """Return one machine."""
        ...

    def put(self, connection: sa.Connection, machine: Machine) -> None:
        """Record a machine as it is now."""
        ...


class LatestValues(Protocol):
    """The historian, for the values that were there before the live view was opened."""

    def latest(self, actor: Actor, signals: Sequence[SignalId]) -> dict[SignalId, LiveEntry]:
        """Return the latest stored value of each signal that has one."""
        ...
