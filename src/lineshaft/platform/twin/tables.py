"""The tables of the twin."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import METADATA

MACHINE = sa.Table(
    "machine",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    # Canonical JSON of the whole machine, signals included: it is read and written as one.
    sa.Column("content", sa.Text, nullable=False),
)
