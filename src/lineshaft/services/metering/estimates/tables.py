"""Tables of estimates: every row is written once; triggers refuse UPDATE and DELETE."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA

METER_ESTIMATE = sa.Table(
    "meter_estimate",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("machine", sa.Text, nullable=False, index=True),
    sa.Column("meter", sa.Text, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("recorded_at", INSTANT, nullable=False),
)

# Approval and withdrawal are rows of their own, so that nothing is ever changed.
METER_ESTIMATE_STEP = sa.Table(
    "meter_estimate_step",
    METADATA,
    sa.Column("id", sa.Text, sa.ForeignKey("meter_estimate.id"), primary_key=True),
    sa.Column("step", sa.Text, primary_key=True),
    sa.Column("at", INSTANT, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
)
