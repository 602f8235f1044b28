"""Lines of documents that are disputed, and the answers to them; neither is ever changed."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"

_FROZEN = ("disputed_line", "disputed_line_answer")


def upgrade() -> None:
    op.create_table(
        "disputed_line",
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("amount", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("document", "position", "line", name="pk_disputed_line"),
        sa.ForeignKeyConstraint(
            ["document", "position"],
            ["dispute.document", "dispute.position"],
            name="fk_disputed_line_document_position",
        ),
    )
    op.create_table(
        "disputed_line_answer",
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("resolved_at", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("document", "position", "line", name="pk_disputed_line_answer"),
        sa.ForeignKeyConstraint(
            ["document", "position", "line"],
            ["disputed_line.document", "disputed_line.position", "disputed_line.line"],
            name="fk_disputed_line_answer_document_position_line",
        ),
    )
    for table in _FROZEN:
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
