"""Reads rows out of store files with DuckDB."""

import sys
import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

from lineshaft.core.reading import RecordKind
from lineshaft.platform.historian.errors import StoreFileDamaged, StoreFilesChanging
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.model import StoreFile
from lineshaft.platform.historian.queries import decimals
from lineshaft.platform.historian.queries.rowgroups import RowGroups

if TYPE_CHECKING:
    import duckdb

ATTEMPTS_MAX = 3
MEMORY_MB_MAX = 1_024
THREADS = 2
ENGINE_NAME = ":memory:store-files"

T = TypeVar("T")


class Scanner:
    """A query engine over lists of store files; safe to share between threads."""

    def __init__(self, files: StoreFiles) -> None:
        """Read the files of `files`."""
        self._files = files
        self._rowgroups = RowGroups(files)
        self._local = threading.local()
        self._lock = threading.Lock()

    @cached_property
    def _engine(self) -> "duckdb.DuckDBPyConnection":
        """The engine; intake, which hardly ever asks, carries no 30 MB of it before it does."""
        return engine()

    def series_rows(
        self, files: Sequence[StoreFile], series: int, spans: Sequence[tuple[int, int]]
    ) -> pa.Table:
        """Return all columns of the rows of a series in some spans (`RowGroups.whole_rows`)."""
        return self._rowgroups.whole_rows(files, series, spans)

    def rows(
        self,
        files: Sequence[StoreFile],
        where: str,
        values: Sequence[Any] = (),
        names: Sequence[str] = columns.SCHEMA.names,
    ) -> pa.Table:
        """Return the rows of files for which a condition over the columns holds, in any order.

        Args:
            files: where to look.
            where: SQL over the columns of `columns.SCHEMA`, with `?` for each of `values`.
            values: integers.
            names: of the columns that are wanted.
        """
        result = self._query(files, f"SELECT {', '.join(names)} FROM store WHERE {where}", values)
        schema = pa.schema([columns.SCHEMA.field(name) for name in names])
        return schema.empty_table() if result is None else result.cast(schema)

    def decimals(self, file: StoreFile, wanted: tuple[int, int, int, int]) -> decimals.Rows:
        """Return the rows of a file as arrays (`decimals.read`).

        Raises:
            FileNotFoundError: when it is gone.
            StoreFileDamaged: when it is not the bytes that were written.
        """
        return decimals.read(self._files.path(file), wanted)

    def nearest(
        self,
        files: Sequence[StoreFile],
        wanted: tuple[int, int, Sequence[int]],
        *,
        is_before: bool,
    ) -> tuple[int | None, int | None]:
        """Return the instants of the nearest state row and good reading on one side of an edge.

        Args:
            files: where to look.
            wanted: a series; the edge, itself on the side behind it; and by number of source and
                epoch the last sequence that counts.
            is_before: which side.
        """
        choose, side = ("max", "<") if is_before else ("min", ">=")
        reading, status = int(RecordKind.READING), int(RecordKind.STATUS)
        sql = f"""SELECT {choose}(ts) FILTER (kind IN ({reading}, {status})),
            {choose}(ts) FILTER (kind = {reading} AND status < {columns.GOOD_BELOW})
            FROM store WHERE series = ? AND ts {side} ?
            AND sequence <= list_extract(?, source_epoch + 1)"""
        series, edge, sequences = wanted
        found = _tuples(self._query(files, sql, (series, edge, list(sequences))))
        return (found[0][0], found[0][1]) if found else (None, None)

    def groups(self, files: Sequence[StoreFile], column: str, series: int) -> list[tuple[Any, ...]]:
        """Return the different values of a column among the rows of a series."""
        sql = f"SELECT DISTINCT {column} FROM store WHERE series = ?"
        return _tuples(self._query(files, sql, (series,)))

    def ordinals(
        self, files: Sequence[StoreFile], where: str, values: Sequence[Any]
    ) -> dict[int, tuple[int, int]]:
        """Return by source and epoch the first and last ordinal among rows of one series."""
        sql = "SELECT source_epoch, min(ordinal), max(ordinal) FROM store WHERE "
        found = _tuples(self._query(files, f"{sql}{where} GROUP BY source_epoch", values))
        return {source_epoch: (first, last) for source_epoch, first, last in found}

    def totals(
        self, files: Sequence[StoreFile], sources: Sequence[int]
    ) -> tuple[int, int, int, int, int]:
        """Count all rows of sources: all, different ones, readings, refusals, own stamps."""
        sql = f"""SELECT count(*), count(DISTINCT (source_epoch, sequence)),
            count(*) FILTER (kind = {RecordKind.READING:d}),
            count(*) FILTER (kind = {RecordKind.REFUSAL:d}), count(own_ts)
            FROM store WHERE list_contains(?, source_epoch)"""
        counted = _tuples(self._query(files, sql, (list(sources),)))
        records, distinct, readings, refusals, stamps = counted[0] if counted else (0,) * 5
        return records, distinct, readings, refusals, stamps

    def _query(self, files: Sequence[StoreFile], sql: str, values: Sequence[Any]) -> Any:
        if not files:
            return None
        source = "WITH store AS (SELECT * FROM read_parquet(?)) "
        parameters = [self._files.absolute(files), *values]
        return self._cursor().sql(source + sql, params=parameters).to_arrow_table()

    def _cursor(self) -> Any:
        """Return this thread's own cursor: one must not be shared."""
        if not hasattr(self._local, "cursor"):
            with self._lock:
                self._local.cursor = self._engine.cursor()
        return self._local.cursor


def _tuples(table: pa.Table | None) -> list[tuple[Any, ...]]:
    return [] if table is None else [tuple(row.values()) for row in table.to_pylist()]


def engine() -> "duckdb.DuckDBPyConnection":
    """Open the engine of this process: all that read its store files share memory and threads.

    It starts with the first that opens it and ends with the last.
    """
    import duckdb  # noqa: PLC0415 - see `Scanner._engine`

    opened = duckdb.connect(
        ENGINE_NAME,
        config={
            "threads": THREADS,
            "memory_limit": f"{MEMORY_MB_MAX}MB",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    # Store files never change under their name.
    opened.execute("SET parquet_metadata_cache = true")
    opened.execute("SET validate_external_file_cache = 'NO_VALIDATION'")
    return opened


def with_present_files(attempt: Callable[[], T]) -> T:
    """Run an attempt again when a file of its list was merged away and unlinked under it.

    Raises:
        StoreFileDamaged: when the same file is missing in every attempt: then it is lost.
        StoreFilesChanging: after `ATTEMPTS_MAX` attempts with different files.
    """
    gone: list[Exception] = []
    for _ in range(ATTEMPTS_MAX):
        try:
            return attempt()
        except _vanished() as error:
            gone.append(error)
    names = {str(getattr(error, "filename", None) or "") for error in gone}
    if len(names) == 1 and (name := names.pop()):
        raise StoreFileDamaged("/".join(Path(name).parts[-2:]), "it is missing") from gone[-1]
    msg = f"cannot read the store: files vanished {ATTEMPTS_MAX} times during the query"
    raise StoreFilesChanging(msg) from gone[-1]


def engine_errors() -> tuple[type[Exception], ...]:
    """Return what the engine raises; one that is not loaded raises nothing."""
    loaded = sys.modules.get("duckdb")
    return () if loaded is None else (loaded.Error,)


def _vanished() -> tuple[type[Exception], ...]:
    """Return how a file that is gone shows itself; an engine that is not loaded shows nothing."""
    loaded = sys.modules.get("duckdb")
    return (FileNotFoundError,) if loaded is None else (FileNotFoundError, loaded.IOException)
