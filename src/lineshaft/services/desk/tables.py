"""Tables of the design desk. Studies and costs are written once; triggers refuse any change."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA

DESK_STUDY = sa.Table(
    "desk_study",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("saved_at", INSTANT, nullable=False),
    sa.Column("saved_by", sa.Text, nullable=False),
)

DESK_USAGE = sa.Table(
    "desk_usage",
    METADATA,
    sa.Column("meter_sha256", sa.Text, primary_key=True),
    sa.Column("period_start", INSTANT, primary_key=True, autoincrement=False),
    sa.Column("period_end", INSTANT, primary_key=True, autoincrement=False),
    sa.Column("known_at", INSTANT, primary_key=True, autoincrement=False),
    sa.Column("evidence_root", sa.Text, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

DESK_COST = sa.Table(
    "desk_cost",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("period_start", INSTANT, nullable=False),
    sa.Column("period_end", INSTANT, nullable=False),
    sa.Column("amount", sa.Text, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("machine", sa.Text, nullable=False),
    sa.Column("contract", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("recorded_at", INSTANT, nullable=False),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.Index("ix_desk_cost_period", "period_start", "period_end"),
)
