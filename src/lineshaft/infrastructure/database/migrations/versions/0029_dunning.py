"""Letters on what is owed, and their pages; what is written is never changed."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.create_table(
        "dunning_letter",
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("level", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("written_at", sa.BigInteger, nullable=False),
        sa.Column("written_by", sa.Text, nullable=False),
        sa.Column("file", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("document", "level", name="pk_dunning_letter"),
        sa.ForeignKeyConstraint(
            ["document"], ["billing_document.number"], name="fk_dunning_letter_document"
        ),
    )
    op.create_table(
        "dunning_page",
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("level", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("document", "level", "name", name="pk_dunning_page"),
        sa.ForeignKeyConstraint(
            ["document", "level"],
            ["dunning_letter.document", "dunning_letter.level"],
            name="fk_dunning_page_document_level",
        ),
    )
    for table in ("dunning_letter", "dunning_page"):
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
