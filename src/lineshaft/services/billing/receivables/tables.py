"""Tables of payments and disputes; triggers in the migration refuse UPDATE and DELETE."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA

PAYMENT = sa.Table(
    "payment",
    METADATA,
    sa.Column("document", sa.Text, sa.ForeignKey("billing_document.number"), primary_key=True),
    sa.Column("reference", sa.Text, primary_key=True),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("amount", sa.Text, nullable=False),
    sa.Column("received_on", sa.Text, nullable=False),
    sa.Column("recorded_at", INSTANT, nullable=False),
    sa.Column("recorded_by", sa.Text, nullable=False),
)

DISPUTE = sa.Table(
    "dispute",
    METADATA,
    sa.Column("document", sa.Text, sa.ForeignKey("billing_document.number"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("opened_at", INSTANT, nullable=False),
    sa.Column("opened_by", sa.Text, nullable=False),
)

# The answer is a row of its own, so that nothing is ever changed.
DISPUTE_ANSWER = sa.Table(
    "dispute_answer",
    METADATA,
    sa.Column("document", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("resolved_at", INSTANT, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(["document", "position"], ["dispute.document", "dispute.position"]),
)

# A dispute without rows here is about the whole document.
DISPUTED_LINE = sa.Table(
    "disputed_line",
    METADATA,
    sa.Column("document", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("line", sa.Text, primary_key=True),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("amount", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(["document", "position"], ["dispute.document", "dispute.position"]),
)

DISPUTED_LINE_ANSWER = sa.Table(
    "disputed_line_answer",
    METADATA,
    sa.Column("document", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("line", sa.Text, primary_key=True),
    sa.Column("resolved_at", INSTANT, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(
        ["document", "position", "line"],
        ["disputed_line.document", "disputed_line.position", "disputed_line.line"],
    ),
)
