"""Renderings of documents."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "renderings",
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sa.Column("rendered_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("number", "media_type", "language", name="pk_renderings"),
    )
