"""The tables of the audit chain."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA

AUDIT_ENTRY = sa.Table(
    "audit_entry",
    METADATA,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", INSTANT, nullable=False),
    sa.Column("actor", sa.Text, nullable=False, index=True),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
)

AUDIT_HEAD = sa.Table(
    "audit_head",
    METADATA,
    # One row: whoever appends updates it first, which makes writers queue up on both databases.
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
)
