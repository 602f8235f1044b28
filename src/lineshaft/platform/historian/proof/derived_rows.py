"""What the manifest says of files and records and could be made again from the files, in SQL."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from lineshaft.core.period import Instant
from lineshaft.core.reading import RecordKind, machine_of
from lineshaft.platform.historian.model import (
    ZONE_DTYPE,
    ZONE_PART_SERIES,
    NewStoreFile,
    PackedRollup,
    StoreFile,
)
from lineshaft.platform.historian.rollups.tables import ROLLUP
from lineshaft.platform.historian.tables import (
    CORRECTION,
    REFUSAL,
    SERIES,
    STORE_FILE,
    STORE_FILE_ZONE,
)

_ZONES = (
    sa.select(STORE_FILE_ZONE.c.entries)
    .where(STORE_FILE_ZONE.c.store_file == sa.bindparam("of"))
    .order_by(STORE_FILE_ZONE.c.first_series)
)
Key = tuple[int, int]
"""Source and epoch, and sequence."""


class DerivedRows:
    """Reads what is derived, and puts it right."""

    def fault(self, connection: sa.Connection, *, is_quick: bool) -> str:
        """Ask the database whether it is whole; the empty text says that it is.

        PostgreSQL checks its pages itself where it was set up to (`initdb --data-checksums`).
        """
        if connection.dialect.name != "sqlite":
            return ""
        question = "quick_check" if is_quick else "integrity_check"
        answer = str(connection.exec_driver_sql(f"PRAGMA {question}(1)").scalar_one())
        return "" if answer == "ok" else answer

    def zones_of(self, connection: sa.Connection, file: StoreFile) -> NDArray[np.void]:
        """Return the whole zone map of a file."""
        data = b"".join(connection.execute(_ZONES, {"of": file.id}).scalars())
        return np.frombuffer(
            data[: len(data) // ZONE_DTYPE.itemsize * ZONE_DTYPE.itemsize], ZONE_DTYPE
        )

    def describe(self, connection: sa.Connection, new: NewStoreFile) -> None:
        """Put what is said of a registered file right."""
        values = {
            name: getattr(new.file, name)
            for name in StoreFile.__struct_fields__
            if name not in {"id", "path"}
        }
        is_file = STORE_FILE.c.id == new.file.id
        connection.execute(sa.update(STORE_FILE).where(is_file).values(values))
        zone = STORE_FILE_ZONE
        connection.execute(sa.delete(zone).where(zone.c.store_file == new.file.id))
        parts = [
            new.zones[start : start + ZONE_PART_SERIES]
            for start in range(0, len(new.zones), ZONE_PART_SERIES)
        ]
        rows = [
            {
                "store_file": new.file.id,
                "first_series": int(part["series"][0]),
                "last_series": int(part["series"][-1]),
                "entries": part.tobytes(),
            }
            for part in parts
        ]
        connection.execute(sa.insert(zone), rows)

    def all_series(self, connection: sa.Connection) -> list[int]:
        """Return the numbers of all signals."""
        return list(connection.execute(sa.select(SERIES.c.id).order_by(SERIES.c.id)).scalars())

    def indexed(self, connection: sa.Connection, kind: RecordKind) -> set[Key]:
        """Return which corrections or refusals the index has."""
        table = _index_of(kind).c
        query = sa.select(table.source_epoch, table.sequence)
        return {(row[0], row[1]) for row in connection.execute(query)}

    def unindex(self, connection: sa.Connection, kind: RecordKind, keys: Iterable[Key]) -> None:
        """Take records out of the index that are not stored."""
        table = _index_of(kind)
        for source_epoch, sequence in keys:
            same = (table.c.source_epoch == source_epoch) & (table.c.sequence == sequence)
            connection.execute(sa.delete(table).where(same))

    def summed_days(self, connection: sa.Connection) -> list[int]:
        """Return the days (since 1970-01-01) that have roll-ups."""
        query = sa.select(ROLLUP.c.day).distinct().order_by(ROLLUP.c.day)
        return list(connection.execute(query).scalars())

    def summed(self, connection: sa.Connection, day: int) -> list[PackedRollup]:
        """Return all roll-ups of a day, by series."""
        query = sa.select(ROLLUP).where(ROLLUP.c.day == day).order_by(ROLLUP.c.series)
        return [
            PackedRollup(row.series, row.day, Instant(row.known_at), row.data)
            for row in connection.execute(query)
        ]

    def index(
        self, connection: sa.Connection, kind: RecordKind, rows: Sequence[dict[str, Any]]
    ) -> None:
        """Put stored records into the index.

        Args:
            connection: of the transaction that repairs.
            kind: of all of them.
            rows: of `columns.SCHEMA`, with `signal` and `known_at`.
        """
        names = ("source_epoch", "sequence", "series", "ts")
        values = [{name: row[name] for name in names} for row in rows]
        if kind is RecordKind.REFUSAL:
            for value, row in zip(values, rows, strict=True):
                value |= {"machine": machine_of(row["signal"]), "detail": row["text"] or ""}
                value["known_at"] = row["known_at"]
        if values:
            connection.execute(sa.insert(_index_of(kind)), values)


def _index_of(kind: RecordKind) -> sa.Table:
    return CORRECTION if kind is RecordKind.CORRECTION else REFUSAL
