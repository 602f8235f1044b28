"""What plan and apply need of others."""

from collections.abc import Mapping
from typing import Any, Protocol

import sqlalchemy as sa

from lineshaft.plant.model import ConnectorRecord
from lineshaft.security.authorisation.model import Actor


class ConnectorStore(Protocol):
    """Keeps connectors."""

    def connectors(self, connection: sa.Connection) -> list[ConnectorRecord]:
        """Return all connectors, by id."""
        ...

    def put(self, connection: sa.Connection, connector: ConnectorRecord) -> None:
        """Record a connector as it is now."""
        ...


class Section(Protocol):
    """One kind of entry: what is recorded, and how an entry becomes so."""

    def recorded(self, actor: Actor) -> Mapping[str, Any]:
        """Return the recorded content of every entry of this kind, by id."""
        ...

    def apply(self, actor: Actor, content: Any) -> None:
        """Make one entry so; the same again changes nothing."""
        ...
