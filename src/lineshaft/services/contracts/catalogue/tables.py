"""Table of withdrawals from sale: each row is written once; triggers refuse any change."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA

OFFERING_WITHDRAWAL = sa.Table(
    "offering_withdrawal",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("withdrawn_at", INSTANT, nullable=False),
    sa.Column("withdrawn_by", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(["id", "version"], ["offering_version.id", "offering_version.version"]),
)
