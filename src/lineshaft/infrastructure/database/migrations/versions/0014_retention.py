"""Holds, retention rules, what is left of deleted blocks, and the ordinals of the desk."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _holds_and_rules()
    _remains()


def _holds_and_rules() -> None:
    op.create_table(
        "retention_hold",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("pattern", sa.Text, nullable=False),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.Column("end", sa.BigInteger, nullable=True),
        sa.Column("keep_until", sa.BigInteger, nullable=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("set_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_retention_hold"),
    )
    op.create_table(
        "evidence_hold",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("signal", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("first_ordinal", sa.BigInteger, nullable=False),
        sa.Column("last_ordinal", sa.BigInteger, nullable=False),
        sa.Column("keep_until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_evidence_hold"),
    )
    op.create_index("ix_evidence_hold_signal", "evidence_hold", ["signal"])
    op.create_table(
        "retention_rule",
        sa.Column("pattern", sa.Text, nullable=False),
        sa.Column("days", sa.BigInteger, nullable=False),
        sa.Column("keep_rollups", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("pattern", name="pk_retention_rule"),
    )


def _remains() -> None:
    op.create_table(
        "tombstone",
        sa.Column("source_epoch", _NUMBER, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("records", sa.BigInteger, nullable=False),
        sa.Column("nodes", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(
            ["source_epoch"], ["source_epoch.id"], name="fk_tombstone_source_epoch"
        ),
        sa.PrimaryKeyConstraint("source_epoch", "number", name="pk_tombstone"),
    )
    op.create_table(
        "segment_deleted",
        sa.Column("source_epoch", _NUMBER, nullable=False),
        sa.Column("first_number", sa.BigInteger, nullable=False),
        sa.Column("last_number", sa.BigInteger, nullable=False),
        sa.Column("records", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["source_epoch"], ["source_epoch.id"], name="fk_segment_deleted_source_epoch"
        ),
        sa.PrimaryKeyConstraint("source_epoch", "first_number", name="pk_segment_deleted"),
    )
    op.create_table(
        "desk_ordinal",
        sa.Column("source_epoch", _NUMBER, nullable=False),
        sa.Column("series", _NUMBER, nullable=False),
        sa.Column("ordinal", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["source_epoch"], ["source_epoch.id"], name="fk_desk_ordinal_source_epoch"
        ),
        sa.ForeignKeyConstraint(["series"], ["series.id"], name="fk_desk_ordinal_series"),
        sa.PrimaryKeyConstraint("source_epoch", "series", name="pk_desk_ordinal"),
    )
    op.create_table(
        "deleted_day",
        sa.Column("series", _NUMBER, nullable=False),
        sa.Column("day", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["series"], ["series.id"], name="fk_deleted_day_series"),
        sa.PrimaryKeyConstraint("series", "day", name="pk_deleted_day"),
    )
