"""The design desk: studies, usage that was measured for them, recorded costs."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

_FROZEN = ("desk_study", "desk_cost")


def upgrade() -> None:
    op.create_table(
        "desk_study",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("saved_at", sa.BigInteger, nullable=False),
        sa.Column("saved_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name="pk_desk_study"),
    )
    op.create_table(
        "desk_usage",
        sa.Column("meter_sha256", sa.Text, nullable=False),
        sa.Column("period_start", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("period_end", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("known_at", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("evidence_root", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint(
            "meter_sha256", "period_start", "period_end", "known_at", name="pk_desk_usage"
        ),
    )
    _costs()
    for table in _FROZEN:
        _freeze(table)


def _costs() -> None:
    op.create_table(
        "desk_cost",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("period_start", sa.BigInteger, nullable=False),
        sa.Column("period_end", sa.BigInteger, nullable=False),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("machine", sa.Text, nullable=False),
        sa.Column("contract", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("recorded_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_desk_cost"),
    )
    op.create_index("ix_desk_cost_period", "desk_cost", ["period_start", "period_end"])


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
