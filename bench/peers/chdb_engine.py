"""chDB, ClickHouse in the process: MergeTree with codecs for series, each insert synced."""

from decimal import Decimal
from pathlib import Path

import chdb
import chdb.session
import pyarrow as pa

from bench.peers.engine import ALL

SERIES = """
    series Int32 CODEC(Delta, ZSTD(3)), ts Int64 CODEC(DoubleDelta, ZSTD(3)),
    mantissa Nullable(Int64) CODEC(Delta, ZSTD(3)), exponent Nullable(Int8) CODEC(ZSTD(3))"""
REST = """,
    own_ts Nullable(Int64), source_epoch Int32, sequence Int64 CODEC(Delta, ZSTD(3)),
    ordinal Int64 CODEC(Delta, ZSTD(3)), status UInt32, kind UInt8, number Nullable(Float64),
    text Nullable(String)"""
SETTINGS = "SETTINGS fsync_after_insert = 1, fsync_part_directory = 1"


class ChDb:
    """A session in this process."""

    sync, pid = "fsync per commit", None

    def __init__(self, directory: Path, columns: str) -> None:
        self.version = f"chDB {chdb.__version__}"
        self._session = chdb.session.Session(str(directory / "store"))
        self._incoming = directory.with_name(f"{directory.name}.arrow")
        declared = SERIES + (REST if columns == ALL else "")
        self._names = ", ".join(names_of(declared))
        self._session.query("CREATE DATABASE IF NOT EXISTS peer ENGINE = Atomic")
        self._session.query(
            f"CREATE TABLE peer.reading ({declared}) ENGINE = MergeTree"
            f" ORDER BY (series, ts) {SETTINGS}"
        )

    def prepare(self, batch: pa.RecordBatch) -> object:
        with pa.ipc.new_file(self._incoming, batch.schema) as writer:
            writer.write_batch(batch)
        return None

    def insert(self, prepared: object) -> None:
        self._session.query(
            f"INSERT INTO peer.reading ({self._names})"
            f" SELECT {self._names} FROM file('{self._incoming}', 'Arrow')"
        )

    def compact(self) -> None:
        self._session.query("OPTIMIZE TABLE peer.reading FINAL")

    def size(self) -> int:
        """Return the bytes of the parts in use: merged ones stay on the disk for eight minutes."""
        query = "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'peer'"
        return int(str(self._session.query(query, "TabSeparated")).strip())

    def read(self, series: int) -> list[tuple[int, Decimal]]:
        query = (
            f"SELECT ts, mantissa, exponent FROM peer.reading WHERE series = {series} ORDER BY ts"
        )
        lines = str(self._session.query(query, "TabSeparated")).splitlines()
        rows = (line.split("\t") for line in lines)
        return [
            (int(ts), Decimal(mantissa).scaleb(int(exponent))) for ts, mantissa, exponent in rows
        ]

    def close(self) -> None:
        self._session.close()


def names_of(declared: str) -> list[str]:
    """Return the names of the columns of a declaration; commas within brackets part nothing."""
    names, depth, start = [], 0, 0
    for at, character in enumerate(declared + ","):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            names.append(declared[start:at].split()[0])
            start = at + 1
    return names


def open_engine(directory: Path, columns: str) -> ChDb:
    return ChDb(directory, columns)
