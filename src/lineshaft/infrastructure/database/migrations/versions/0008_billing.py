"""Documents, their numbers and the ledger; what is issued or posted can never be changed."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_FROZEN = ("billing_document", "ledger_transaction", "ledger_entry")


def upgrade() -> None:
    _documents()
    _ledger()
    _freeze()


def _documents() -> None:
    op.create_table(
        "billing_series",
        sa.Column("series", sa.Text, nullable=False),
        sa.Column("supplier", sa.Text, nullable=False),
        sa.Column("last_position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("series", name="pk_billing_series"),
    )
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
        sa.PrimaryKeyConstraint("number", name="pk_billing_document"),
        sa.ForeignKeyConstraint(
            ["series"], ["billing_series.series"], name="fk_billing_document_series"
        ),
        sa.UniqueConstraint("series", "position", name="uq_billing_document_series_position"),
        sa.UniqueConstraint(
            "contract", "period_start", name="uq_billing_document_contract_period_start"
        ),
    )
    op.create_index("ix_billing_document_organisation", "billing_document", ["organisation"])


def _ledger() -> None:
    op.create_table(
        "ledger_transaction",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("effective_at", sa.BigInteger, nullable=False),
        sa.Column("posted_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_transaction"),
        sa.ForeignKeyConstraint(
            ["document"], ["billing_document.number"], name="fk_ledger_transaction_document"
        ),
        sa.UniqueConstraint("document", name="uq_ledger_transaction_document"),
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


def _freeze() -> None:
    """Refuse UPDATE and DELETE, whoever asks: a correction is a new document."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if not is_sqlite:
        op.execute(
            "CREATE FUNCTION lineshaft_frozen() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is frozen: it is never changed', TG_TABLE_NAME "
            "USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        for table in _FROZEN:
            op.execute(
                f"CREATE TRIGGER {table}_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION lineshaft_frozen()"
            )
        return
    for table in _FROZEN:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_frozen_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is frozen: it is never changed'); END"
            )
