"""The table of the usage records that documents rest on."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA

USAGE_RECORD = sa.Table(
    "usage_record",
    METADATA,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("machine", sa.Text, nullable=False),
    sa.Column("meter", sa.Text, nullable=False),
    sa.Column("period_start", INSTANT, nullable=False),
    sa.Column("period_end", INSTANT, nullable=False),
    sa.Column("known_at", INSTANT, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
sa.Index("ix_usage_record_machine", USAGE_RECORD.c.machine, USAGE_RECORD.c.period_start)
