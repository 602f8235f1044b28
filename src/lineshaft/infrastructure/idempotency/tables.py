"""The table of kept answers."""

import sqlalchemy as sa

from lineshaft.infrastructure.database.metadata import INSTANT, METADATA

KEPT_ANSWER = sa.Table(
    "kept_answer",
    METADATA,
    sa.Column("actor", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("carried_out_at", INSTANT, nullable=False),
    sa.Column("status", sa.Integer, nullable=True),
    sa.Column("media_type", sa.Text, nullable=True),
    sa.Column("body", sa.LargeBinary, nullable=True),
    sa.Index("ix_kept_answer_carried_out_at", "carried_out_at"),
)
"""A row without `status` says: carried out, and the answer was lost with the process."""
