"""Estimates of usage; what is recorded is never changed."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "meter_estimate",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("machine", sa.Text, nullable=False),
        sa.Column("meter", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_meter_estimate"),
    )
    op.create_index("ix_meter_estimate_machine", "meter_estimate", ["machine"])
    op.create_table(
        "meter_estimate_step",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", "step", name="pk_meter_estimate_step"),
        sa.ForeignKeyConstraint(["id"], ["meter_estimate.id"], name="fk_meter_estimate_step_id"),
    )
    for table in ("meter_estimate", "meter_estimate_step"):
        _freeze(table)


def _freeze(table: str) -> None:
    """Refuse UPDATE and DELETE, whoever asks."""
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION lineshaft_frozen()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_frozen_{change.lower()} BEFORE {change} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is frozen: it is never changed'); END"
        )
