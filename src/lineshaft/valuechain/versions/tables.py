"""The shape of the tables of kept versions. Rows are written once; triggers refuse any change."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA


def version_table(name: str) -> sa.Table:
    """Return the table of the versions of one kind."""
    return sa.Table(
        name,
        METADATA,
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("rows", sa.Text, nullable=False),
        sa.Column("as_of", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("imported_at", INSTANT, nullable=False),
        sa.Column("imported_by", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )


FIRM_BOOKS = version_table("firm_books")
WORLD_TRADE = version_table("world_trade")
SUPPLY_NETWORK = version_table("supply_network")
