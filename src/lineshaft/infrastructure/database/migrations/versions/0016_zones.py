"""Zone entries no longer count and measure: roll-ups do."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

OLD_BYTES, NEW_BYTES = 104, 72
ROWS_AT_ONCE_MAX = 500
_ZONE = sa.table(
    "store_file_zone",
    sa.column("store_file", sa.BigInteger),
    sa.column("first_series", sa.BigInteger),
    sa.column("entries", sa.LargeBinary),
)


def upgrade() -> None:
    connection = op.get_bind()
    key = sa.tuple_(_ZONE.c.store_file, _ZONE.c.first_series)
    query = sa.select(_ZONE).order_by(_ZONE.c.store_file, _ZONE.c.first_series)
    change = (
        sa.update(_ZONE)
        .where(_ZONE.c.store_file == sa.bindparam("file"))
        .where(_ZONE.c.first_series == sa.bindparam("first"))
        .values(entries=sa.bindparam("shorter"))
    )
    rows = connection.execute(query.limit(ROWS_AT_ONCE_MAX)).all()
    while rows:
        connection.execute(
            change,
            [
                {"file": file, "first": first, "shorter": without_measures(entries)}
                for file, first, entries in rows
            ],
        )
        behind = sa.tuple_(sa.literal(rows[-1][0]), sa.literal(rows[-1][1]))
        rows = connection.execute(query.where(key > behind).limit(ROWS_AT_ONCE_MAX)).all()


def without_measures(entries: bytes) -> bytes:
    """Return entries without their last four fields: count, minimum, maximum, sum."""
    return b"".join(
        entries[start : start + NEW_BYTES] for start in range(0, len(entries), OLD_BYTES)
    )
