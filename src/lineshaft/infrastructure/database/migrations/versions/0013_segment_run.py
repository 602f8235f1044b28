"""Old segments in runs, and the paths of held blocks."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "segment_run",
        sa.Column("source_epoch", _NUMBER, nullable=False),
        sa.Column("first_number", sa.BigInteger, nullable=False),
        sa.Column("last_number", sa.BigInteger, nullable=False),
        sa.Column("first_sequence", sa.BigInteger, nullable=False),
        sa.Column("last_sequence", sa.BigInteger, nullable=False),
        sa.Column("min_ts", sa.BigInteger, nullable=False),
        sa.Column("max_ts", sa.BigInteger, nullable=False),
        sa.Column("first_known_at", sa.BigInteger, nullable=False),
        sa.Column("last_known_at", sa.BigInteger, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("source_epoch", "first_number", name="pk_segment_run"),
        sa.ForeignKeyConstraint(
            ["source_epoch"], ["source_epoch.id"], name="fk_segment_run_source_epoch"
        ),
    )
    columns = ["source_epoch", "first_known_at"]
    op.create_index("ix_segment_run_known_at", "segment_run", columns)
    columns = ["source_epoch", "first_sequence"]
    op.create_index("ix_segment_run_first_sequence", "segment_run", columns)
    op.create_table(
        "held_path",
        sa.Column("source_epoch", _NUMBER, nullable=False),
        sa.Column("series", _NUMBER, nullable=False),
        sa.Column("first_number", sa.BigInteger, nullable=False),
        sa.Column("last_number", sa.BigInteger, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("source_epoch", "series", "first_number", name="pk_held_path"),
        sa.ForeignKeyConstraint(
            ["source_epoch"], ["source_epoch.id"], name="fk_held_path_source_epoch"
        ),
        sa.ForeignKeyConstraint(["series"], ["series.id"], name="fk_held_path_series"),
    )
