"""The ids of usage events: kept for ever, so that none is ever counted twice."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import METADATA, SEQUENCE

USAGE_PRODUCER = sa.Table(
    "usage_producer",
    METADATA,
    sa.Column("id", SEQUENCE, primary_key=True),
    sa.Column("organisation", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.UniqueConstraint("organisation", "name"),
)

USAGE_EVENT = sa.Table(
    # The record of each id of a producer, and what its content was. It has no foreign keys: they
    # take 40 % of the time of an insert, and the numbers were read in the same transaction.
    "usage_event",
    METADATA,
    sa.Column("producer", SEQUENCE, primary_key=True, autoincrement=False),
    sa.Column("event_id", sa.Text, primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("source_epoch", SEQUENCE, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("is_refused", sa.Boolean, nullable=False),
    sa.Index("ix_usage_event_record", "producer", "source_epoch", "sequence"),
    sqlite_with_rowid=False,
)
