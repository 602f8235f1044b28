"""Documents that correct others, and transactions that follow from more than a document.

SQLite cannot drop a constraint of a table. The tables are made anew there, and filled from the old
ones; the children move with their parents, so that no reference is ever broken.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_MOVED = ("billing_document", "ledger_transaction", "ledger_entry")
_FROZEN = ("billing_rerating",)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _move()
    else:
        _alter()
    op.create_table(
        "billing_rerating",
        sa.Column("contract", sa.Text, nullable=False),
        sa.Column("period_start", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("known_at", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("period_end", sa.BigInteger, nullable=False),
        sa.Column("usage_sha256", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("contract", "period_start", "known_at", name="pk_billing_rerating"),
        sa.ForeignKeyConstraint(
            ["document"], ["billing_document.number"], name="fk_billing_rerating_document"
        ),
    )
    for table in _FROZEN:
        _freeze(table)


def _alter() -> None:
    op.add_column(
        "billing_document", sa.Column("type", sa.Text, nullable=False, server_default="380")
    )
    op.add_column(
        "billing_document",
        sa.Column("correction", sa.Integer, nullable=False, server_default="0"),
    )
    op.drop_constraint("uq_billing_document_contract_period_start", "billing_document")
    op.create_unique_constraint(
        "uq_billing_document_contract_period_start_correction",
        "billing_document",
        ["contract", "period_start", "correction"],
    )
    op.add_column(
        "ledger_transaction",
        sa.Column("reason", sa.Text, nullable=False, server_default="document"),
    )
    op.add_column(
        "ledger_transaction",
        sa.Column("reference", sa.Text, nullable=False, server_default=""),
    )
    op.drop_constraint("uq_ledger_transaction_document", "ledger_transaction")
    op.create_unique_constraint(
        "uq_ledger_transaction_document_reason_reference",
        "ledger_transaction",
        ["document", "reason", "reference"],
    )


def _move() -> None:
    op.drop_index("ix_billing_document_organisation", "billing_document")
    for table in _MOVED:
        for change in ("update", "delete"):
            op.execute(f"DROP TRIGGER {table}_frozen_{change}")
        op.rename_table(table, f"{table}_before_0017")
    _documents()
    _ledger()
    for table in _MOVED:
        old = f"{table}_before_0017"
        names = [str(column["name"]) for column in sa.inspect(op.get_bind()).get_columns(old)]
        columns = ", ".join(f'"{name}"' for name in names)
        op.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {old}")
    for table in reversed(_MOVED):
        op.drop_table(f"{table}_before_0017")
    op.create_index("ix_billing_document_organisation", "billing_document", ["organisation"])
    for table in _MOVED:
        _freeze(table)


def _documents() -> None:
    op.create_table(
        "billing_document",
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("series", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("contract", sa.Text, nullable=False),
        sa.Column("contract_version", sa.Integer, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("period_start", sa.BigInteger, nullable=False),
        sa.Column("period_end", sa.BigInteger, nullable=False),
        sa.Column("known_at", sa.BigInteger, nullable=False),
        sa.Column("issued_at", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("gross", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("file", sa.LargeBinary, nullable=False),
        sa.Column("type", sa.Text, nullable=False, server_default="380"),
        sa.Column("correction", sa.Integer, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("number", name="pk_billing_document"),
        sa.ForeignKeyConstraint(
            ["series"], ["billing_series.series"], name="fk_billing_document_series"
        ),
        sa.UniqueConstraint("series", "position", name="uq_billing_document_series_position"),
        sa.UniqueConstraint(
            "contract",
            "period_start",
            "correction",
            name="uq_billing_document_contract_period_start_correction",
        ),
    )


def _ledger() -> None:
    op.create_table(
        "ledger_transaction",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("effective_at", sa.BigInteger, nullable=False),
        sa.Column("posted_at", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default="document"),
        sa.Column("reference", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_transaction"),
        sa.ForeignKeyConstraint(
            ["document"], ["billing_document.number"], name="fk_ledger_transaction_document"
        ),
        sa.UniqueConstraint(
            "document",
            "reason",
            "reference",
            name="uq_ledger_transaction_document_reason_reference",
        ),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("transaction", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("transaction", "position", name="pk_ledger_entry"),
        sa.ForeignKeyConstraint(
            ["transaction"], ["ledger_transaction.id"], name="fk_ledger_entry_transaction"
        ),
    )


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
