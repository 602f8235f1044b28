"""The table of renderings: each is made once and never changes."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA

RENDERINGS = sa.Table(
    "renderings",
    METADATA,
    sa.Column("number", sa.Text, primary_key=True),
    sa.Column("media_type", sa.Text, primary_key=True),
    sa.Column("language", sa.Text, primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Column("record", sa.LargeBinary, nullable=False),
    sa.Column("rendered_at", INSTANT, nullable=False),
)
