"""Levels of store files, and leases of long readers."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # What was the level until now is how often rows of one hour were merged.
    op.add_column("store_file", sa.Column("merges", sa.Integer, nullable=False, server_default="0"))
    op.add_column("store_file", sa.Column("hours", sa.Integer, nullable=False, server_default="1"))
    op.execute("UPDATE store_file SET merges = level, level = 0")
    op.create_index("ix_store_file_level", "store_file", ["level", "hour"])
    op.create_table(
        "reader_lease",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reader_lease"),
    )
