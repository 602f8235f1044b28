"""The table of the outbox."""

import sqlalchemy as sa

from lineshaft.infrastructure.database.metadata import INSTANT, METADATA, SEQUENCE

OUTBOX = sa.Table(
    "outbox",
    METADATA,
    sa.Column("sequence", SEQUENCE, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("sent_at", INSTANT, nullable=True),
    sqlite_autoincrement=True,
)
# Of unsent messages alone: the migration says so. To say it here would load the drivers of each
# database, asyncio with them, in every process that uses the other one.
sa.Index("ix_outbox_unsent", OUTBOX.c.sequence)
