"""The table of the roll-ups."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA

ROLLUP = sa.Table(
    "rollup",
    METADATA,
    # Of a series on a day: a year of one series is one range of the key.
    sa.Column("series", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("day", sa.BigInteger, primary_key=True, autoincrement=False),
    # when the youngest of its rows became known
    sa.Column("known_at", INSTANT, nullable=False),
    # its hours, as `packing` writes them
    sa.Column("data", sa.LargeBinary, nullable=False),
)
