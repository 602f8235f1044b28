"""The table of the grants."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA

GRANT = sa.Table(
    "authorisation_grant",
    METADATA,
    sa.Column("contract", sa.Text, primary_key=True),
    sa.Column("machine", sa.Text, primary_key=True),
    sa.Column("start_at", INSTANT, primary_key=True, autoincrement=False),
    sa.Column("end_at", INSTANT, nullable=True),
    sa.Column("organisation", sa.Text, nullable=False, index=True),
)
