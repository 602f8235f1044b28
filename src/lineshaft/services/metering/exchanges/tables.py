"""Tables of exchanges: every row is written once; triggers refuse UPDATE and DELETE."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA

METER_EXCHANGE = sa.Table(
    "meter_exchange",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("machine", sa.Text, nullable=False, index=True),
    sa.Column("signal", sa.Text, nullable=False, index=True),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("recorded_at", INSTANT, nullable=False),
    sa.Column("recorded_by", sa.Text, nullable=False),
)

METER_EXCHANGE_APPROVAL = sa.Table(
    "meter_exchange_approval",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("approved_at", INSTANT, nullable=False),
    sa.Column("approved_by", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(["id", "version"], ["meter_exchange.id", "meter_exchange.version"]),
)
