"""Tables of facts of machines: every row is written once; triggers refuse UPDATE and DELETE."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA


def _versions(name: str) -> sa.Table:
    return sa.Table(
        name,
        METADATA,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("machine", sa.Text, nullable=False, index=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("recorded_by", sa.Text, nullable=False),
    )


CORE_VERSION = _versions("core_version")
STOCK_VERSION = _versions("stock_version")
