"""The table of connectors."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import METADATA

CONNECTOR = sa.Table(
    "connector",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    # Canonical JSON of `ConnectorRecord`.
    sa.Column("content", sa.Text, nullable=False),
)
