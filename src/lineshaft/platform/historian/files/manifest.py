"""The part of the manifest that is about store files, their zone maps and their readers, in SQL."""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from lineshaft.core.period import Instant
from lineshaft.platform.historian.model import (
    HOURS_PER_DAY,
    ZONE_DTYPE,
    ZONE_PART_SERIES,
    NewStoreFile,
    StoreFile,
    ZoneRows,
)
from lineshaft.platform.historian.rows import zone_rows
from lineshaft.platform.historian.sql import insert_rows, parts
from lineshaft.platform.historian.tables import (
    READER_LEASE,
    STORE_FILE,
    STORE_FILE_MERGED,
    STORE_FILE_ZONE,
)

FILE_COLUMNS = [STORE_FILE.c[name] for name in StoreFile.__struct_fields__]
# The remainder of a negative hour is negative in SQL.
_WITHIN_DAY = (STORE_FILE.c.hour % HOURS_PER_DAY + HOURS_PER_DAY) % HOURS_PER_DAY
_DAY = STORE_FILE.c.hour - _WITHIN_DAY
_FIRST_HOUR = sa.bindparam("first_hour", type_=sa.BigInteger)
_LAST_HOUR = sa.bindparam("last_hour", type_=sa.BigInteger)
# Files that have one of some hours, `hour_values`; the first part is for the index.
WITHIN_HOURS = (
    STORE_FILE.c.hour.between(_FIRST_HOUR - (HOURS_PER_DAY - 1), _LAST_HOUR),
    STORE_FILE.c.hour + STORE_FILE.c.hours > _FIRST_HOUR,
)
_INSERT_FILE = sa.insert(STORE_FILE).returning(STORE_FILE.c.id)
_IDS: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
_LIVE = sa.select(STORE_FILE.c.path).where(STORE_FILE.c.id.in_(_IDS))
_LAST_LEASE = sa.select(sa.func.max(READER_LEASE.c.since))
_DELETES = (
    sa.delete(STORE_FILE_ZONE).where(STORE_FILE_ZONE.c.store_file.in_(_IDS)),
    sa.delete(STORE_FILE).where(STORE_FILE.c.id.in_(_IDS)),
)
_SERIES_ROWS = (
    sa.select(STORE_FILE_ZONE.c.store_file, STORE_FILE_ZONE.c.entries)
    .where(STORE_FILE_ZONE.c.store_file.in_(_IDS))
    .order_by(STORE_FILE_ZONE.c.store_file, STORE_FILE_ZONE.c.first_series)
)


class FileManifest:
    """Which store files there are; `store.ManifestStore` is the whole manifest."""

    # ---- which files

    def files(
        self,
        connection: sa.Connection,
        hours: tuple[int, int] | None = None,
        source_range: tuple[int, int] | None = None,
    ) -> list[StoreFile]:
        """Return the files of hours (both included) that may hold records of a sequence range."""
        query = _files(of_hours=hours is not None, of_range=source_range is not None)
        values = hour_values(hours)
        if source_range is not None:
            values["first_sequence"], values["last_sequence"] = source_range
        return [StoreFile(*row) for row in connection.execute(query, values)]

    def unsettled(self, connection: sa.Connection) -> list[StoreFile]:
        """Return every file of the days in which something is not in day files yet."""
        days = sa.select(_DAY).where(STORE_FILE.c.level < 2)
        query = sa.select(*FILE_COLUMNS).where(_DAY.in_(days))
        rows = connection.execute(query.order_by(STORE_FILE.c.hour, STORE_FILE.c.id))
        return [StoreFile(*row) for row in rows]

    def paths(self, connection: sa.Connection) -> frozenset[str]:
        """Return the paths of all files that are registered, merged ones included."""
        queries = sa.select(STORE_FILE.c.path), sa.select(STORE_FILE_MERGED.c.path)
        return frozenset(path for query in queries for path in connection.execute(query).scalars())

    # ---- zone maps

    def zones(
        self, connection: sa.Connection, series: int, hours: tuple[int, int] | None = None
    ) -> ZoneRows:
        """Return the zone entries of a series in hours (both included), in the order of hours."""
        values = hour_values(hours) | {"of": series}
        rows = connection.execute(_zones(of_hours=hours is not None), values).all()
        return zone_rows(rows, series)

    def zones_beside(
        self, connection: sa.Connection, series: int, hour: int, *, is_before: bool, limit: int
    ) -> ZoneRows:
        """Return the entries of a series in the days next before or after an hour.

        Files that reach to the hour itself are left out. About `limit` files that may hold the
        series are looked at, in whole days: no file reaches from one day into another.
        """
        values = {"of": series, "at": hour, "most": limit}
        found = connection.execute(_beside(is_before=is_before), values).scalars().all()
        if not found:
            return ZoneRows([], np.zeros(0, dtype=ZONE_DTYPE))
        if is_before:
            low = min(found) // HOURS_PER_DAY * HOURS_PER_DAY
            zones = self.zones(connection, series, (low, hour - 1))
            return ZoneRows(zones.files, zones.entries, low)
        high = max(found) // HOURS_PER_DAY * HOURS_PER_DAY + HOURS_PER_DAY - 1
        zones = self.zones(connection, series, (hour + 1, high))
        return ZoneRows(zones.files, zones.entries, high)

    def series_rows(
        self, connection: sa.Connection, files: Sequence[StoreFile]
    ) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Return of each file its series, in order, and how many rows each has."""
        found: dict[int, list[bytes]] = {file.id: [] for file in files}
        for part in parts(list(found)):
            for identity, entries in connection.execute(_SERIES_ROWS, {"ids": part}):
                found[identity].append(entries)
        maps = [np.frombuffer(b"".join(found[file.id]), dtype=ZONE_DTYPE) for file in files]
        return [(one["series"].astype(np.int64), one["rows"].astype(np.int64)) for one in maps]

    # ---- changes

    def insert_file(
        self, connection: sa.Connection, new: NewStoreFile, known_at: Instant | None = None
    ) -> None:
        """Register a file; `known_at` takes the place of its own where it is given."""
        values = {column.name: getattr(new.file, column.name) for column in FILE_COLUMNS}
        del values["id"]
        if known_at is not None:
            values["known_at"] = known_at
        identity = connection.execute(_INSERT_FILE, values).scalar_one()
        cut = [
            new.zones[start : start + ZONE_PART_SERIES]
            for start in range(0, len(new.zones), ZONE_PART_SERIES)
        ]
        rows = [
            {
                "store_file": identity,
                "first_series": int(part["series"][0]),
                "last_series": int(part["series"][-1]),
                "entries": part.tobytes(),
            }
            for part in cut
        ]
        insert_rows(connection, STORE_FILE_ZONE, rows)

    def replace(
        self,
        connection: sa.Connection,
        old: Sequence[StoreFile],
        new: Sequence[NewStoreFile],
        now: Instant,
    ) -> bool:
        """Put files in the place of those that they were made of.

        Of several writers with the same old file one replaces it.

        Returns:
            False, with nothing changed, when one of the old ones is gone already.
        """
        if not self.are_live(connection, old, is_locking=True):
            return False
        ids = [file.id for file in old]
        # A reader that began later, by a clock that was set back since, has the old list as well.
        begun = connection.scalar(_LAST_LEASE) or 0
        merged_at = max(now, begun)
        for part in parts(ids):
            for statement in _DELETES:
                connection.execute(statement, {"ids": part})
        for one in new:
            self.insert_file(connection, one)
        merged = [{"path": file.path, "merged_at": merged_at} for file in old]
        insert_rows(connection, STORE_FILE_MERGED, merged)
        return True

    def are_live(
        self, connection: sa.Connection, files: Sequence[StoreFile], *, is_locking: bool = False
    ) -> bool:
        """Tell whether files are all still listed; SQLite gives the numbers of gone ones again.

        Args:
            connection: of a transaction.
            files: as they were listed once.
            is_locking: whether they are to stay so until the transaction ends.
        """
        query = _LIVE.with_for_update() if is_locking else _LIVE
        found = {
            path
            for part in parts([file.id for file in files])
            for path in connection.execute(query, {"ids": part}).scalars()
        }
        return found == {file.path for file in files}

    def merged_before(self, connection: sa.Connection, instant: Instant) -> list[str]:
        """Return the paths of files that were merged away before an instant."""
        table = STORE_FILE_MERGED.c
        query = sa.select(table.path).where(table.merged_at < instant)
        return list(connection.execute(query).scalars())

    def forget_merged(self, connection: sa.Connection, paths: Sequence[str]) -> None:
        """Forget merged files that were unlinked."""
        for part in parts(paths):
            statement = sa.delete(STORE_FILE_MERGED).where(STORE_FILE_MERGED.c.path.in_(part))
            connection.execute(statement)

    # ---- leases

    def begin_lease(self, connection: sa.Connection, since: Instant, until: Instant) -> int:
        """Keep what is live at an instant on the disk until another one; return the lease."""
        statement = sa.insert(READER_LEASE).values(since=since, until=until)
        identity: int = connection.execute(statement.returning(READER_LEASE.c.id)).scalar_one()
        return identity

    def renew_lease(self, connection: sa.Connection, lease: int, until: Instant) -> bool:
        """Make a lease last longer; return whether it was still there."""
        statement = sa.update(READER_LEASE).where(READER_LEASE.c.id == lease)
        return connection.execute(statement.values(until=until)).rowcount == 1

    def end_lease(self, connection: sa.Connection, lease: int) -> None:
        """Give a lease back."""
        connection.execute(sa.delete(READER_LEASE).where(READER_LEASE.c.id == lease))

    def oldest_lease(self, connection: sa.Connection, now: Instant) -> Instant | None:
        """Return since when the oldest lease lasts that has not run out."""
        table = READER_LEASE.c
        oldest = connection.scalar(sa.select(sa.func.min(table.since)).where(table.until > now))
        return None if oldest is None else Instant(oldest)

    def clear_leases(self, connection: sa.Connection, now: Instant) -> None:
        """Forget leases that have run out."""
        connection.execute(sa.delete(READER_LEASE).where(READER_LEASE.c.until <= now))


# ---- statements


@functools.cache
def _files(*, of_hours: bool, of_range: bool) -> Any:
    table = STORE_FILE.c
    query = sa.select(*FILE_COLUMNS).order_by(table.hour, table.id)
    if of_hours:
        query = query.where(*WITHIN_HOURS)
    if of_range:
        query = query.where(
            table.min_sequence <= sa.bindparam("last_sequence"),
            table.max_sequence >= sa.bindparam("first_sequence"),
        )
    return query


@functools.cache
def _zones(*, of_hours: bool) -> Any:
    table = STORE_FILE_ZONE.c
    series: Any = sa.bindparam("of")
    query = (
        sa.select(*FILE_COLUMNS, table.entries)
        .join_from(STORE_FILE_ZONE, STORE_FILE)
        .where(table.first_series <= series, table.last_series >= series)
        .order_by(STORE_FILE.c.hour, STORE_FILE.c.id)
    )
    return query.where(*WITHIN_HOURS) if of_hours else query


@functools.cache
def _beside(*, is_before: bool) -> Any:
    """Choose the hours of files next to `at` that may hold series `of`, at `most` so many."""
    table = STORE_FILE.c
    series: Any = sa.bindparam("of")
    hour: Any = sa.bindparam("at")
    beyond = table.hour + table.hours <= hour if is_before else table.hour > hour
    near = table.hour < hour if is_before else table.hour > hour
    return (
        sa.select(table.hour)
        .where(near, beyond, table.min_series <= series, table.max_series >= series)
        .order_by(table.hour.desc() if is_before else table.hour)
        .limit(sa.bindparam("most"))
    )


def hour_values(hours: tuple[int, int] | None) -> dict[str, int]:
    """Return the parameters of `WITHIN_HOURS`."""
    return {} if hours is None else {"first_hour": hours[0], "last_hour": hours[1]}
