"""Tables beside the kept supply networks. Rows are written once; triggers refuse any change."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA

REGISTER_CARE = sa.Table(
    "register_care",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("item", sa.Text, nullable=False),
    sa.Column("supplier", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=True),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("due_on", sa.Text, nullable=False),
    sa.Column("noted_at", INSTANT, nullable=False),
    sa.Column("noted_by", sa.Text, nullable=False),
)

OUTAGE_SCENARIO = sa.Table(
    "outage_scenario",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("saved_at", INSTANT, nullable=False),
    sa.Column("saved_by", sa.Text, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
