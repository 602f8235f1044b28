"""SQL for analysts, over exactly the readings that were asked for and nothing else.

Each query has a DuckDB instance of its own, in memory. It gets one table, `readings`, filled from
Arrow; then every way out is locked: files, network, extensions, Python's variables, settings. One
SELECT runs in it, with limits of memory, time and rows, and ends when its client has gone.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import msgspec
import pyarrow as pa
import sqlalchemy as sa

from lineshaft.core.errors import Invalid, RateLimited, Unavailable
from lineshaft.core.period import Instant, Period
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.model import US_PER_HOUR
from lineshaft.platform.historian.ports import Manifest
from lineshaft.platform.historian.queries.scan import Scanner, engine_errors, with_present_files
from lineshaft.platform.historian.queries.sql_rows import SQL_SCHEMA, Known, to_sql

SQL_CHARACTERS_MAX = 20_000
MACHINES_MAX = 100
READINGS_MAX = 5_000_000
"""Readings that one query may look at."""
ROWS_MAX = 100_000
"""Rows of one result."""
RESULT_BYTES_MAX = 256_000_000
SECONDS_MAX = 30.0
MEMORY_MB_MAX = 1_024
THREADS = 2
QUERIES_MAX = 2
"""Queries that one process runs at the same time."""
MESSAGE_CHARACTERS_MAX = 500
SPAN_US_MAX = 24 * US_PER_HOUR
"""Time that is read at once."""
RESULT_BATCH_ROWS = 10_000
_LOOK_EVERY_S = 0.05
_LOCKS = (
    "SET TimeZone = 'UTC'",
    "SET python_enable_replacements = false",
    "SET allow_community_extensions = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET temp_directory = ''",
    "SET max_temp_directory_size = '0B'",
    "SET disabled_filesystems = 'LocalFileSystem'",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


class SqlRefused(Invalid):
    """The query is no single SELECT, is wrong, or asks for more than one answer may hold."""


class SqlTooLong(Invalid):
    """The query took longer than its time."""


class SqlCancelled(Unavailable):
    """Whoever asked has gone."""


class TooManyQueries(RateLimited):
    """As many queries as one process runs are under way."""


class SqlQuery(msgspec.Struct, frozen=True):
    """A SELECT over the readings in force of some machines in a period.

    Attributes:
        sql: one SELECT of DuckDB's dialect; the table is `readings`.
        machines: whose readings; the actor must be allowed to see each in the whole period.
        known_at: as the historian knew them at that instant; None: all.
    """

    sql: str
    machines: Sequence[str]
    period: Period
    known_at: Instant | None = None

    def __post_init__(self) -> None:
        """Refuse a query without end or machines (`Invalid`)."""
        if len(self.sql) > SQL_CHARACTERS_MAX:
            msg = f"the SQL has {len(self.sql)} characters: at most {SQL_CHARACTERS_MAX}"
            raise SqlRefused(msg)
        if not 1 <= len(self.machines) <= MACHINES_MAX:
            msg = f"cannot query {len(self.machines)} machines: expected 1 to {MACHINES_MAX}"
            raise SqlRefused(msg)


class SqlLimits(msgspec.Struct, frozen=True):
    """What one query may use."""

    readings: int = READINGS_MAX
    rows: int = ROWS_MAX
    seconds: float = SECONDS_MAX
    at_once: int = QUERIES_MAX


class SqlEngine:
    """Runs queries, a few at a time; safe to share between threads."""

    def __init__(
        self,
        database: Database,
        manifest: Manifest,
        scanner: Scanner,
        limits: SqlLimits | None = None,
    ) -> None:
        """Read from what `manifest` lists."""
        self._database, self._manifest, self._scanner = database, manifest, scanner
        self._limits = limits or SqlLimits()
        self._free = threading.Semaphore(self._limits.at_once)

    def run(self, query: SqlQuery, gone: threading.Event) -> pa.Table:
        """Return the result of a query.

        Args:
            query: what is asked; that it may be asked was decided before.
            gone: is set when nobody waits for the result any more.

        Raises:
            SqlRefused: when it is no single SELECT, wrong, or too large.
            SqlTooLong, SqlCancelled: when its time, or its client's patience, was over.
            TooManyQueries: when others are under way.
        """
        if not self._free.acquire(blocking=False):
            msg = f"cannot run another query: {self._limits.at_once} are under way; try again later"
            raise TooManyQueries(msg)
        try:
            with _engine() as engine, _watched(engine, self._limits.seconds, gone) as watch:
                _check_select(engine, query.sql)
                self._fill(engine, query, watch)
                for lock in _LOCKS:
                    engine.execute(lock)
                return self._result(engine, query.sql)
        finally:
            self._free.release()

    def _fill(self, engine: Any, query: SqlQuery, watch: "_Watch") -> None:
        """Make the table `readings`."""
        engine.register("given", SQL_SCHEMA.empty_table())
        engine.execute("CREATE TABLE readings AS SELECT * FROM given")
        engine.unregister("given")
        count = 0
        for table in self._tables(query):
            watch.check()
            count += table.num_rows
            if count > self._limits.readings:
                msg = (
                    f"the query looks at more than {self._limits.readings} readings: ask for fewer "
                    "machines or a shorter period"
                )
                raise SqlRefused(msg)
            engine.register("given", table)
            engine.execute("INSERT INTO readings SELECT * FROM given")
            engine.unregister("given")

    def _tables(self, query: SqlQuery) -> Iterator[pa.Table]:
        """Yield the readings in force, a span at a time; spans without files are stepped over."""
        hours = query.period.start // US_PER_HOUR, (query.period.end - 1) // US_PER_HOUR
        with self._database.read() as connection:
            series = self._manifest.series_of(connection, query.machines)
            known = self._known(connection, query.known_at)
            for number in series.values():
                self._manifest.require_known(connection, number, query.period, query.known_at)
            files = self._manifest.files(connection, hours)
        at, width = query.period.start, US_PER_HOUR
        while series and at < query.period.end:
            nearest = min((file.min_ts for file in files if file.max_ts >= at), default=None)
            if nearest is None:
                return
            at = Instant(max(at, nearest))
            end = (at // width + 1) * width
            span = Period(at, Instant(min(query.period.end, end)))
            rows = with_present_files(partial(self._rows, sorted(series.values()), span))
            yield to_sql(rows, series, known)
            at = span.end
            is_dense = 8 * rows.num_rows > self._limits.readings
            width = US_PER_HOUR if is_dense else min(2 * width, SPAN_US_MAX)

    def _known(self, connection: sa.Connection, known_at: Instant | None) -> Known:
        """Return how far each source and epoch was stored at the instant that is asked for."""
        sources = self._manifest.source_epochs(connection)
        if known_at is None:
            return Known(sources, {one.id: one.mark.sequence for one in sources})
        return Known(sources, self._manifest.sequences_known_at(connection, known_at))

    def _rows(self, series: Sequence[int], span: Period) -> pa.Table:
        hours = span.start // US_PER_HOUR, (span.end - 1) // US_PER_HOUR
        with self._database.read() as connection:
            files = self._manifest.files(connection, hours)
            for loss in self._manifest.losses(connection, None, span):
                if loss.series in series:
                    self._manifest.require_known(connection, loss.series, span, None)
        # A list of numbers lets whole row groups be passed over; a test by modulus does not.
        where = f"series IN ({', '.join(map(str, series))}) AND ts >= ? AND ts < ?"
        return self._scanner.rows(files, where, (span.start, span.end))

    def _result(self, engine: Any, sql: str) -> pa.Table:
        """Run the query and gather its rows.

        Raises:
            SqlRefused: when it has too many.
        """
        reader = engine.sql(sql).to_arrow_reader(RESULT_BATCH_ROWS)
        batches, rows, size = [], 0, 0
        for batch in reader:
            batches.append(batch)
            rows, size = rows + batch.num_rows, size + batch.nbytes
            if rows > self._limits.rows or size > RESULT_BYTES_MAX:
                msg = (
                    f"the result has more than {self._limits.rows} rows or {RESULT_BYTES_MAX} "
                    "bytes: summarise, or add a LIMIT"
                )
                raise SqlRefused(msg)
        return pa.Table.from_batches(batches, reader.schema)


def _check_select(engine: Any, sql: str) -> None:
    """Let one SELECT pass.

    Raises:
        SqlRefused: for anything else.
    """
    try:
        # A lone surrogate is no text that a parser takes.
        statements = engine.extract_statements(sql.encode("utf-8", "replace").decode())
    except engine_errors() as error:
        raise SqlRefused(_said(error)) from error
    kinds = [statement.type.name for statement in statements]
    if kinds != ["SELECT"]:
        msg = f"cannot run {' and '.join(kinds) or 'nothing'}: expected one SELECT"
        raise SqlRefused(msg)


@contextmanager
def _engine() -> Iterator[Any]:
    import duckdb  # noqa: PLC0415 - see `Scanner._engine`

    engine = duckdb.connect(
        ":memory:",
        config={"threads": THREADS, "memory_limit": f"{MEMORY_MB_MAX}MB"},
    )
    try:
        yield engine
    except duckdb.Error as error:
        raise SqlRefused(_said(error)) from error
    finally:
        engine.close()


def _said(error: Exception) -> str:
    return f"cannot run the SQL: {str(error)[:MESSAGE_CHARACTERS_MAX]}"


class _Watch:
    """Interrupts a query when its time is over or its client has gone."""

    def __init__(self, engine: Any, seconds: float, gone: threading.Event) -> None:
        self._engine, self._seconds, self._gone = engine, seconds, gone
        self._done = threading.Event()
        self._is_late = False
        self._thread = threading.Thread(target=self._run, name="sql-watch", daemon=True)

    def check(self) -> None:
        """Go on only while somebody waits and there is time.

        Raises:
            SqlTooLong, SqlCancelled: otherwise.
        """
        if self._gone.is_set():
            msg = "the query was cancelled: nobody waits for its result"
            raise SqlCancelled(msg)
        if self._is_late:
            msg = f"the query took longer than {self._seconds:g} s: ask for less"
            raise SqlTooLong(msg)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def end(self) -> None:
        """Watch no more."""
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        until = time.monotonic() + self._seconds
        while not self._done.wait(_LOOK_EVERY_S):
            self._is_late = self._is_late or time.monotonic() >= until
            if self._is_late or self._gone.is_set():
                # Again and again: an interrupt between two statements is forgotten.
                self._engine.interrupt()


@contextmanager
def _watched(engine: Any, seconds: float, gone: threading.Event) -> Iterator[_Watch]:
    watch = _Watch(engine, seconds, gone)
    watch.start()
    try:
        yield watch
    except engine_errors():
        # Most likely it was interrupted, by us.
        watch.check()
        raise
    finally:
        watch.end()
