"""One SQL database behind one class: SQLite by default, PostgreSQL by a setting."""

from lineshaft.infrastructure.database.dialects import insert_into
from lineshaft.infrastructure.database.engine import (
    Database,
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseUnavailable,
    UnitOfWork,
    Witness,
    witnessed,
)
from lineshaft.infrastructure.database.metadata import INSTANT, METADATA, SEQUENCE
from lineshaft.infrastructure.database.outbox import OutboxMessage
from lineshaft.infrastructure.database.relay import OutboxPublisher, OutboxRelay
from lineshaft.infrastructure.database.schema import (
    SchemaNewer,
    schema_differences,
    upgrade,
)

__all__ = [
    "INSTANT",
    "METADATA",
    "SEQUENCE",
    "Database",
    "DatabaseBusy",
    "DatabaseDamaged",
    "DatabaseUnavailable",
    "OutboxMessage",
    "OutboxPublisher",
    "OutboxRelay",
    "SchemaNewer",
    "UnitOfWork",
    "Witness",
    "insert_into",
    "schema_differences",
    "upgrade",
    "witnessed",
]
