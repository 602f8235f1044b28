"""The zone maps of many series at once, in SQL."""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from lineshaft.platform.historian.files.manifest import FILE_COLUMNS, WITHIN_HOURS, hour_values
from lineshaft.platform.historian.model import (
    HOURS_PER_DAY,
    ZONE_DTYPE,
    StoreFile,
    ZoneRows,
)
from lineshaft.platform.historian.rollups.tables import ROLLUP
from lineshaft.platform.historian.tables import STORE_FILE, STORE_FILE_ZONE


class FleetRows:
    """The part of the manifest that looks at many series in one query."""

    def fleet_zones(
        self,
        connection: sa.Connection,
        series: Sequence[int],
        hours: tuple[int, int],
        *,
        below_level: int | None = None,
    ) -> ZoneRows:
        """Return the zone entries of series in hours (both included), by hour and file.

        Args:
            connection: what it sees.
            series: ascending.
            hours: files that have one of them.
            below_level: of files of lower levels only.
        """
        values = hour_values(hours) | {"first_series": series[0], "last_series": series[-1]}
        if below_level is not None:
            values["level"] = below_level
        rows = connection.execute(_zones(is_below=below_level is not None), values).all()
        if not rows:
            return ZoneRows([], np.zeros(0, dtype=ZONE_DTYPE))
        entries = np.frombuffer(b"".join(row[-1] for row in rows), dtype=ZONE_DTYPE)
        owner = np.repeat(
            np.arange(len(rows)), [len(row[-1]) // ZONE_DTYPE.itemsize for row in rows]
        )
        chosen = np.isin(entries["series"], series)
        files: dict[int, StoreFile] = {}
        mine = []
        for index in owner[chosen].tolist():
            row = rows[index]
            if row.id not in files:
                files[row.id] = StoreFile(*row[:-1])
            mine.append(files[row.id])
        return ZoneRows(mine, entries[chosen])

    def first_hour(self, connection: sa.Connection) -> int | None:
        """Return the earliest hour of which anything is stored; None when nothing is."""
        hour = connection.scalar(sa.select(sa.func.min(STORE_FILE.c.hour)))
        day = connection.scalar(sa.select(sa.func.min(ROLLUP.c.day)))
        found = [hour] if hour is not None else []
        found += [day * HOURS_PER_DAY] if day is not None else []
        return min(found, default=None)


@functools.cache
def _zones(*, is_below: bool) -> Any:
    zone, file = STORE_FILE_ZONE.c, STORE_FILE.c
    query = (
        sa.select(*FILE_COLUMNS, zone.entries)
        .join_from(STORE_FILE, STORE_FILE_ZONE)
        .where(*WITHIN_HOURS)
        .where(zone.first_series <= sa.bindparam("last_series"))
        .where(zone.last_series >= sa.bindparam("first_series"))
        .order_by(file.hour, file.id, zone.first_series)
    )
    return query.where(file.level < sa.bindparam("level")) if is_below else query
