"""The table of clock offsets: every row is written once; triggers refuse UPDATE and DELETE."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA

CLOCK_OFFSET = sa.Table(
    "clock_offset",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("valid_from", INSTANT, nullable=False),
    sa.Column("offset_us", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("known_at", INSTANT, nullable=False),
)
sa.Index("ix_clock_offset_source", CLOCK_OFFSET.c.source, CLOCK_OFFSET.c.known_at)
