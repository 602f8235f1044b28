"""The ids of usage events that came over the API, and their producers."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "usage_producer",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_usage_producer"),
        sa.UniqueConstraint("organisation", "name", name="uq_usage_producer_organisation_name"),
    )
    op.create_table(
        "usage_event",
        sa.Column("producer", _NUMBER, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("source_epoch", _NUMBER, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("is_refused", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("producer", "event_id", name="pk_usage_event"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_usage_event_record", "usage_event", ["producer", "source_epoch", "sequence"]
    )
