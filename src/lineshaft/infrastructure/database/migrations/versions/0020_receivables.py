"""Payments and disputes; what is recorded is never changed."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_FROZEN = ("payment", "dispute", "dispute_answer")


def upgrade() -> None:
    op.create_table(
        "payment",
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("received_on", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("recorded_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("document", "reference", name="pk_payment"),
        sa.ForeignKeyConstraint(
            ["document"], ["billing_document.number"], name="fk_payment_document"
        ),
    )
    _disputes()
    for table in _FROZEN:
        _freeze(table)


def _disputes() -> None:
    op.create_table(
        "dispute",
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("opened_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("document", "position", name="pk_dispute"),
        sa.ForeignKeyConstraint(
            ["document"], ["billing_document.number"], name="fk_dispute_document"
        ),
    )
    op.create_table(
        "dispute_answer",
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("resolved_at", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("document", "position", name="pk_dispute_answer"),
        sa.ForeignKeyConstraint(
            ["document", "position"],
            ["dispute.document", "dispute.position"],
            name="fk_dispute_answer_document_position",
        ),
    )


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
