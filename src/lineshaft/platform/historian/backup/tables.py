"""Tables of what is lost."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA, SEQUENCE

LOST_ROWS = sa.Table(
    # Rows of a series that the marks announce and no file has any more. With a source, they are
    # back as soon as its mark has reached `last_sequence` again; without one, they stay lost.
    "lost_rows",
    METADATA,
    sa.Column("id", SEQUENCE, primary_key=True),
    sa.Column("series", sa.ForeignKey("series.id"), nullable=False),
    sa.Column("source_epoch", sa.ForeignKey("source_epoch.id"), nullable=True),
    sa.Column("last_sequence", sa.BigInteger, nullable=False),
    sa.Column("first_ts", INSTANT, nullable=False),
    sa.Column("last_ts", INSTANT, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("noted_at", INSTANT, nullable=False),
    sa.Index("ix_lost_rows_series_last_ts", "series", "last_ts"),
)

KNOWLEDGE_CUT = sa.Table(
    # A restore to `cut_at`, done at `restored_at`: what was known between them is not known now.
    "knowledge_cut",
    METADATA,
    sa.Column("id", SEQUENCE, primary_key=True),
    sa.Column("cut_at", INSTANT, nullable=False),
    sa.Column("restored_at", INSTANT, nullable=False),
)
