"""Who looks after a dependency of the register, and what is done: noted on its page."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"

TABLE = "register_care"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("item", sa.Text, nullable=False),
        sa.Column("supplier", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=True),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("due_on", sa.Text, nullable=False),
        sa.Column("noted_at", sa.BigInteger, nullable=False),
        sa.Column("noted_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_register_care"),
    )
    _freeze(TABLE)


def _freeze(table: str) -> None:
    """Refuse UPDATE and DELETE, whoever asks: an undo is the next note."""
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
