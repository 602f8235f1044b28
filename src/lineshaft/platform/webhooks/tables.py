"""The tables of webhooks."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA

WEBHOOK = sa.Table(
    "webhook",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("organisation", sa.Text, nullable=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("kinds", sa.Text, nullable=False),
    sa.Column("secret", sa.Text, nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("failing_since", INSTANT, nullable=True),
)

WEBHOOK_DELIVERY = sa.Table(
    "webhook_delivery",
    METADATA,
    sa.Column("webhook", sa.Text, primary_key=True),
    sa.Column("event", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("begun_at", INSTANT, nullable=False),
    sa.Column("due_at", INSTANT, nullable=False),
    sa.Index("ix_webhook_delivery_due", "state", "due_at"),
    sa.Index("ix_webhook_delivery_created_at", "webhook", "created_at", "event"),
)

WEBHOOK_ATTEMPT = sa.Table(
    "webhook_attempt",
    METADATA,
    sa.Column("webhook", sa.Text, primary_key=True),
    sa.Column("event", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", INSTANT, nullable=False),
    sa.Column("status", sa.Integer, nullable=True),
    sa.Column("duration_us", sa.BigInteger, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
)
