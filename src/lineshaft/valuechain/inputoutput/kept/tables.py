"""Table of the kept input-output tables. Rows are written once, and dropped."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA

INPUT_OUTPUT_TABLE = sa.Table(
    "input_output_table",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("vintage", sa.Text, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("licence", sa.Text, nullable=False),
    sa.Column("countries", sa.Integer, nullable=False),
    sa.Column("industries", sa.Integer, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("coverage", sa.Text, nullable=False),
    sa.Column("kept_at", INSTANT, nullable=False),
    sa.Column("kept_by", sa.Text, nullable=False),
)
