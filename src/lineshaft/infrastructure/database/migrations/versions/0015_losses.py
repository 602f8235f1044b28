"""What was lost, and which knowledge a restore to an earlier instant has cut off."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "lost_rows",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("series", _NUMBER, nullable=False),
        sa.Column("source_epoch", _NUMBER, nullable=True),
        sa.Column("last_sequence", sa.BigInteger, nullable=False),
        sa.Column("first_ts", sa.BigInteger, nullable=False),
        sa.Column("last_ts", sa.BigInteger, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("noted_at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["series"], ["series.id"], name="fk_lost_rows_series"),
        sa.ForeignKeyConstraint(
            ["source_epoch"], ["source_epoch.id"], name="fk_lost_rows_source_epoch"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_lost_rows"),
    )
    op.create_index("ix_lost_rows_series_last_ts", "lost_rows", ["series", "last_ts"])
    op.create_table(
        "knowledge_cut",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("cut_at", sa.BigInteger, nullable=False),
        sa.Column("restored_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_knowledge_cut"),
    )
