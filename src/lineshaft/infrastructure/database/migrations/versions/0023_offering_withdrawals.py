"""Withdrawals of offerings from sale; what is recorded is never changed."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

_TABLE = "offering_withdrawal"


def upgrade() -> None:
    op.create_table(
        _TABLE,
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger, nullable=False),
        sa.Column("withdrawn_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name="pk_offering_withdrawal"),
        sa.ForeignKeyConstraint(
            ["id", "version"],
            ["offering_version.id", "offering_version.version"],
            name="fk_offering_withdrawal_id_version",
        ),
    )
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            f"CREATE TRIGGER {_TABLE}_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON {_TABLE} "
            "FOR EACH STATEMENT EXECUTE FUNCTION lineshaft_frozen()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {_TABLE}_frozen_{change.lower()} BEFORE {change} ON {_TABLE} "
            f"BEGIN SELECT RAISE(ABORT, '{_TABLE} is frozen: it is never changed'); END"
        )
