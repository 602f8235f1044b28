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
sa.Index(
    "ix_outbox_unsent",
    OUTBOX.c.sequence,
    sqlite_where=OUTBOX.c.sent_at.is_(None),
    postgresql_where=OUTBOX.c.sent_at.is_(None),
)
