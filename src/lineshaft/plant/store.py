"""Connectors in SQL."""

import sqlalchemy as sa

from lineshaft.core import canonical
from lineshaft.plant.model import ConnectorRecord
from lineshaft.plant.tables import CONNECTOR


class SqlConnectorStore:
    """Keeps each connector as one row."""

    def connectors(self, connection: sa.Connection) -> list[ConnectorRecord]:
        """Return all connectors, by id."""
        contents = connection.scalars(sa.select(CONNECTOR.c.content).order_by(CONNECTOR.c.id))
        return [
            ConnectorRecord.from_content(canonical.decode(content.encode())) for content in contents
        ]

    def put(self, connection: sa.Connection, connector: ConnectorRecord) -> None:
        """Record a connector as it is now."""
        row = {
            "id": connector.id,
            "source": connector.source,
            "content": canonical.encode(connector.to_content()).decode(),
        }
        known = sa.update(CONNECTOR).where(CONNECTOR.c.id == connector.id).values(**row)
        if connection.execute(known).rowcount == 0:
            connection.execute(sa.insert(CONNECTOR).values(**row))
