"""The part of the manifest that counts the records of the desk, in SQL."""

import sqlalchemy as sa

from lineshaft.platform.historian.sql import upsert
from lineshaft.platform.historian.tables import DESK_ORDINAL


class DeskRows:
    """The last ordinal of each series in the desk's own source."""

    def desk_ordinal(self, connection: sa.Connection, source_epoch: int, series: int) -> int:
        """Return the last ordinal of a series; 0 before the first."""
        table = DESK_ORDINAL.c
        query = sa.select(table.ordinal).where(
            table.source_epoch == source_epoch, table.series == series
        )
        return connection.scalar(query) or 0

    def write_desk_ordinal(
        self, connection: sa.Connection, source_epoch: int, series: int, ordinal: int
    ) -> None:
        """Keep the last ordinal of a series."""
        row = {"source_epoch": source_epoch, "series": series, "ordinal": ordinal}
        upsert(connection, DESK_ORDINAL, [row])
