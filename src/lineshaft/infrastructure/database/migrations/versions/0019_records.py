"""Clock offsets, exchanges of meters, incidents and exclusions; none of them ever changes."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_FROZEN = (
    "clock_offset",
    "meter_exchange",
    "meter_exchange_approval",
    "incident_version",
    "incident_approval",
)


def upgrade() -> None:
    _clocks()
    _exchanges()
    _incidents()
    _freeze()


def _clocks() -> None:
    op.create_table(
        "clock_offset",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("valid_from", sa.BigInteger, nullable=False),
        sa.Column("offset_us", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("known_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clock_offset"),
    )
    op.create_index("ix_clock_offset_source", "clock_offset", ["source", "known_at"])


def _exchanges() -> None:
    op.create_table(
        "meter_exchange",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("machine", sa.Text, nullable=False),
        sa.Column("signal", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("recorded_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name="pk_meter_exchange"),
    )
    op.create_index("ix_meter_exchange_machine", "meter_exchange", ["machine"])
    op.create_index("ix_meter_exchange_signal", "meter_exchange", ["signal"])
    op.create_table(
        "meter_exchange_approval",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("approved_at", sa.BigInteger, nullable=False),
        sa.Column("approved_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name="pk_meter_exchange_approval"),
        sa.ForeignKeyConstraint(
            ["id", "version"],
            ["meter_exchange.id", "meter_exchange.version"],
            name="fk_meter_exchange_approval_id_version",
        ),
    )


def _incidents() -> None:
    op.create_table(
        "incident_version",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("machine", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("recorded_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", "version", name="pk_incident_version"),
    )
    op.create_index("ix_incident_version_machine", "incident_version", ["machine", "kind"])
    op.create_table(
        "incident_approval",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("approved_at", sa.BigInteger, nullable=False),
        sa.Column("approved_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", "version", "side", name="pk_incident_approval"),
        sa.ForeignKeyConstraint(
            ["kind", "id", "version"],
            ["incident_version.kind", "incident_version.id", "incident_version.version"],
            name="fk_incident_approval_kind_id_version",
        ),
    )


def _freeze() -> None:
    """Refuse UPDATE and DELETE, whoever asks: a change is a new version."""
    for table in _FROZEN:
        if op.get_bind().dialect.name == "sqlite":
            for change in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_frozen_{change.lower()} BEFORE {change} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is frozen: it is never changed'); END"
                )
        else:
            op.execute(
                f"CREATE TRIGGER {table}_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION lineshaft_frozen()"
            )
