"""Holds and rules of retention."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA, SEQUENCE

HOLD = sa.Table(
    "retention_hold",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("pattern", sa.Text, nullable=False),
    sa.Column("start", INSTANT, nullable=False),
    sa.Column("end", INSTANT, nullable=True),
    sa.Column("keep_until", INSTANT, nullable=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("set_at", INSTANT, nullable=False),
)

EVIDENCE_HOLD = sa.Table(
    # The very blocks that a usage record rests on: exact, where a hold of a period is a guess.
    "evidence_hold",
    METADATA,
    sa.Column("id", SEQUENCE, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("signal", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("first_ordinal", sa.BigInteger, nullable=False),
    sa.Column("last_ordinal", sa.BigInteger, nullable=False),
    sa.Column("keep_until", INSTANT, nullable=False),
    sa.Index("ix_evidence_hold_signal", "signal"),
)

RULE = sa.Table(
    "retention_rule",
    METADATA,
    sa.Column("pattern", sa.Text, primary_key=True),
    sa.Column("days", sa.BigInteger, nullable=False),
    sa.Column("keep_rollups", sa.Boolean, nullable=False),
)
