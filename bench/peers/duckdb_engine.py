"""DuckDB: one file, one transaction per commit; it syncs its log on commit."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa

from bench.peers.engine import ALL, VALUES

COLUMNS = {VALUES: "series, ts, mantissa, exponent", ALL: "*"}


class DuckDb:
    """A database in this process."""

    sync, pid = "fsync per commit", None

    def __init__(self, directory: Path, columns: str) -> None:
        self.version = f"DuckDB {duckdb.__version__}"
        self._path, self._columns = directory / "peer.duckdb", COLUMNS[columns]
        self._connection = duckdb.connect(str(self._path))
        self._is_made = False

    def prepare(self, batch: pa.RecordBatch) -> pa.Table:
        table = pa.Table.from_batches([batch])
        if not self._is_made:
            self._connection.register("prepared", table)
            create = f"CREATE TABLE reading AS SELECT {self._columns} FROM prepared LIMIT 0"
            self._connection.execute(create)
            self._is_made = True
        self._connection.register("prepared", table)
        return table

    def insert(self, prepared: object) -> None:
        self._connection.execute(f"INSERT INTO reading SELECT {self._columns} FROM prepared")

    def compact(self) -> None:
        """Copy in order into a new file: there is no other way to sort what is stored."""
        sorted_path = self._path.with_name("sorted.duckdb")
        self._connection.execute(f"ATTACH '{sorted_path}' AS other")
        copy = "CREATE TABLE other.reading AS SELECT * FROM reading ORDER BY series, ts"
        self._connection.execute(copy)
        self._connection.close()
        self._path.unlink()
        self._path = sorted_path
        self._connection = duckdb.connect(str(self._path))
        self._connection.execute("CHECKPOINT")

    def read(self, series: int) -> list[tuple[int, Decimal]]:
        query = "SELECT ts, mantissa, exponent FROM reading WHERE series = ? ORDER BY ts"
        rows = self._connection.execute(query, [series]).fetchall()
        return [(ts, Decimal(mantissa).scaleb(exponent)) for ts, mantissa, exponent in rows]

    def close(self) -> None:
        self._connection.close()


def open_engine(directory: Path, columns: str) -> DuckDb:
    return DuckDb(directory, columns)
