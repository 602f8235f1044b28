"""SQLite: a row per reading, a log that is synced on each commit."""

import sqlite3
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from bench.peers.engine import ALL, VALUES

NAMES = {VALUES: ("series", "ts", "mantissa", "exponent"), ALL: None}


class Sqlite:
    """A database in this process."""

    sync, pid = "fsync per commit", None

    def __init__(self, directory: Path, columns: str) -> None:
        self.version = f"SQLite {sqlite3.sqlite_version}"
        self._names = NAMES[columns]
        self._connection = sqlite3.connect(directory / "peer.sqlite", isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._is_made = False

    def prepare(self, batch: pa.RecordBatch) -> list[tuple[object, ...]]:
        names = self._names or batch.schema.names
        if not self._is_made:
            columns = ", ".join(names)
            self._connection.execute(
                f"CREATE TABLE reading ({columns}, PRIMARY KEY (series, ts)) WITHOUT ROWID"
            )
            self._is_made = True
        return list(zip(*(batch.column(name).to_pylist() for name in names), strict=True))

    def insert(self, prepared: object) -> None:
        assert isinstance(prepared, list)
        marks = ", ".join("?" * len(prepared[0]))
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(f"INSERT INTO reading VALUES ({marks})", prepared)
        self._connection.execute("COMMIT")

    def compact(self) -> None:
        self._connection.execute("VACUUM")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def read(self, series: int) -> list[tuple[int, Decimal]]:
        query = "SELECT ts, mantissa, exponent FROM reading WHERE series = ? ORDER BY ts"
        rows = self._connection.execute(query, [series])
        return [(ts, Decimal(mantissa).scaleb(exponent)) for ts, mantissa, exponent in rows]

    def close(self) -> None:
        self._connection.close()


def open_engine(directory: Path, columns: str) -> Sqlite:
    return Sqlite(directory, columns)
