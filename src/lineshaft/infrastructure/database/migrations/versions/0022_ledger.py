"""The schedule of revenue of each document line, and an index to add up accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_index(
        "ix_ledger_entry_account",
        "ledger_entry",
        ["account", "currency", "transaction", "amount_minor"],
    )
    op.create_table(
        "ledger_slice",
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("month", sa.Text, nullable=False),
        sa.Column("starts_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("contract", sa.Text, nullable=False),
        sa.Column("offering", sa.Text, nullable=False),
        sa.Column("machine", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("vat", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("is_deferred", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("document", "position", name="pk_ledger_slice"),
        sa.ForeignKeyConstraint(
            ["document"], ["billing_document.number"], name="fk_ledger_slice_document"
        ),
    )
    op.create_index("ix_ledger_slice_month", "ledger_slice", ["month", "is_deferred", "document"])
    op.create_index("ix_ledger_slice_contract", "ledger_slice", ["contract", "document"])
    op.create_index("ix_ledger_slice_machine", "ledger_slice", ["machine", "document"])
    _freeze("ledger_slice")


def _freeze(table: str) -> None:
    """Refuse UPDATE and DELETE, whoever asks: what is recorded is never changed."""
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
