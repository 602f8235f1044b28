"""What plan and apply need of others."""

from typing import Protocol

import sqlalchemy as sa

from lineshaft.plant.model import ConnectorRecord


class ConnectorStore(Protocol):
    """Keeps connectors."""

    def connectors(self, connection: sa.Connection) -> list[ConnectorRecord]:
        """Return all connectors, by id."""
        ...

    def put(self, connection: sa.Connection, connector: ConnectorRecord) -> None:
        """Record a connector as it is now."""
        ...
