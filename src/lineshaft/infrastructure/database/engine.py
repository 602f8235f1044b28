"""Connections and units of work over SQLite or PostgreSQL.

SQLite runs in WAL mode with full synchronisation; every writing transaction is `BEGIN IMMEDIATE`,
so that a writer waits at its start and never fails half-way for want of a lock. `sqlite3` itself
begins nothing: SQLAlchemy emits each BEGIN (SQLAlchemy 2.1, "Transactions with SQLite and the
sqlite3 driver").
"""

import hashlib
import logging
import sqlite3
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from prometheus_client import Counter
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.pool import ConnectionPoolEntry

from lineshaft.core.errors import Invalid, InvariantError, Unavailable
from lineshaft.infrastructure.database.outbox import OutboxMessage, insert_messages

LOG = logging.getLogger(__name__)

TRANSACTION_MS_MAX = 100
CONNECTIONS_MAX = 10
BUSY_MS_DEFAULT = 5_000
CALLBACKS_MAX = 1_000

_MS_PER_S = 1_000
_WAL_RETRY_S = 0.005
_DAMAGED_CODES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
# PostgreSQL, appendix A, "Error Codes": lock_not_available, deadlock_detected
_BUSY_STATES = {"55P03", "40P01"}

Witness = Callable[[sa.Connection], None]
_WITNESS: ContextVar[Witness | None] = ContextVar("witness", default=None)

SLOW_TRANSACTIONS = Counter(
    "lineshaft_database_slow_transactions",
    f"Writing transactions that held their locks for more than {TRANSACTION_MS_MAX} ms",
)


class DatabaseBusy(Unavailable):
    """Another writer, or all connections, were in use for longer than we wait."""


class DatabaseUnavailable(Unavailable):
    """The database does not answer."""


class DatabaseDamaged(Unavailable):
    """The file of the database is not what was written: nothing is answered from it."""

    is_retryable = False


@contextmanager
def witnessed(witness: Witness) -> Iterator[None]:
    """Let `witness` write into every unit of work that is about to commit in this context.

    What it writes is kept if, and only if, the unit of work is. What it raises rolls that back.
    """
    token = _WITNESS.set(witness)
    try:
        yield
    finally:
        _WITNESS.reset(token)


class UnitOfWork:
    """One writing transaction: all of it is kept or nothing.

    Leaving the `with` block commits; any exception rolls back and goes on. Not to be shared between
    threads and not to be used again.
    """

    def __init__(self, engine: sa.Engine, *, is_long_expected: bool = False) -> None:
        """Begin on a connection of `engine` when the `with` block is entered."""
        self._engine = engine
        self._is_long_expected = is_long_expected
        self._connection: sa.Connection | None = None
        self._after_commit: list[Callable[[], None]] = []
        self._began_s = 0.0

    @property
    def connection(self) -> sa.Connection:
        """The connection inside this transaction.

        Raises:
            InvariantError: outside the `with` block.
        """
        if self._connection is None:
            msg = "a unit of work was used outside its with block"
            raise InvariantError(msg)
        return self._connection

    def publish(self, *messages: OutboxMessage) -> None:
        """Put messages into the outbox: they leave if, and only if, this unit of work commits."""
        insert_messages(self.connection, messages)

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback` once this unit of work is durable; it must not raise.

        Raises:
            InvariantError: when there are already `CALLBACKS_MAX`.
        """
        if len(self._after_commit) >= CALLBACKS_MAX:
            msg = f"a unit of work has more than {CALLBACKS_MAX} callbacks"
            raise InvariantError(msg)
        self._after_commit.append(callback)

    def lock(self, name: str) -> None:
        """Make units of work that name the same lock run one after the other.

        Needed wherever a decision is read from rows that another writer may be changing. SQLite
        has one writer at a time already; PostgreSQL takes an advisory lock until the end of the
        transaction, under the first 64 bits of the name's SHA-256.

        Raises:
            DatabaseBusy: when the lock is held for longer than we wait.
        """
        if self.connection.dialect.name == "postgresql":
            digest = hashlib.sha256(name.encode()).digest()
            key = int.from_bytes(digest[:8], "big", signed=True)
            with _translated():
                self.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))

    def __enter__(self) -> Self:
        if self._connection is not None or self._began_s:
            msg = "a unit of work was entered twice"
            raise InvariantError(msg)
        with _translated():
            connection = self._engine.connect()
            try:
                connection.begin()
            except BaseException:
                connection.close()
                raise
        self._connection = connection
        self._began_s = time.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        connection = self.connection
        try:
            with _translated():
                if kind is None:
                    witness = _WITNESS.get()
                    if witness is not None:
                        witness(connection)
                    connection.commit()
                else:
                    connection.rollback()
        finally:
            self._connection = None
            connection.close()
            self._note_duration()
        if kind is None:
            for callback in self._after_commit:
                callback()
        elif isinstance(error, sa.exc.DatabaseError) and (
            isinstance(error, sa.exc.OperationalError) or _is_damaged(error)
        ):
            raise _refusal(error) from error

    def _note_duration(self) -> None:
        duration_ms = (time.monotonic() - self._began_s) * _MS_PER_S
        if duration_ms > TRANSACTION_MS_MAX and not self._is_long_expected:
            SLOW_TRANSACTIONS.inc()
            LOG.warning(
                "a transaction took %.0f ms, more than %d ms", duration_ms, TRANSACTION_MS_MAX
            )


class Database:
    """The database of the hub; safe to share between threads.

    Its connections are closed when nobody holds it any more, or by `close` before that.
    """

    def __init__(self, url: str, *, busy_ms: int = BUSY_MS_DEFAULT) -> None:
        """Prepare the connections; nothing is opened yet.

        Args:
            url: `sqlite:///PATH` or `postgresql://USER@HOST/NAME`.
            busy_ms: how long a writer waits for another one, in milliseconds.

        Raises:
            Invalid: for any other URL.
        """
        parsed = _parsed(url)
        self._is_sqlite = parsed.get_backend_name() == "sqlite"
        prepare = _prepare_sqlite if self._is_sqlite else _prepare_postgresql
        self._writer, self._reader = prepare(parsed, busy_ms)
        # Not at the exit of the process: to merge a long journal then would hold a command up.
        weakref.finalize(self, _close, self._reader, self._writer).atexit = False

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return "sqlite" if self._is_sqlite else "postgresql"

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one consistent state and refuses to write.

        Raises:
            DatabaseUnavailable: when the database cannot be reached.
        """
        with _translated(), self._reader.connect() as connection, connection.begin():
            yield connection

    def unit_of_work(self, *, is_long_expected: bool = False) -> UnitOfWork:
        """Return a new writing transaction for a `with` statement.

        Args:
            is_long_expected: for a migration, which no other writer waits for: a duration over
                `TRANSACTION_MS_MAX` is then no news.
        """
        return UnitOfWork(self._writer, is_long_expected=is_long_expected)

    def close(self) -> None:
        """Close all connections."""
        _close(self._reader, self._writer)


def _close(*engines: sa.Engine) -> None:
    for engine in engines:
        engine.dispose()


def _parsed(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        msg = "cannot read the database URL: expected sqlite:///PATH or postgresql://USER@HOST/NAME"
        raise Invalid(msg) from error
    backend = parsed.get_backend_name()
    is_in_memory = backend == "sqlite" and parsed.database in {None, "", ":memory:"}
    if backend not in {"sqlite", "postgresql"} or is_in_memory:
        msg = f"cannot use {parsed}: expected sqlite:///PATH or postgresql://USER@HOST/NAME"
        raise Invalid(msg)
    return parsed


def _prepare_sqlite(url: sa.URL, busy_ms: int) -> tuple[sa.Engine, sa.Engine]:
    Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
    writer = _sqlite_engine(url, busy_ms, begin="BEGIN IMMEDIATE", query_only="OFF")
    reader = _sqlite_engine(url, busy_ms, begin="BEGIN DEFERRED", query_only="ON")
    return writer, reader


def _sqlite_engine(url: sa.URL, busy_ms: int, *, begin: str, query_only: str) -> sa.Engine:
    engine = sa.create_engine(
        url, pool_size=CONNECTIONS_MAX, max_overflow=0, pool_timeout=busy_ms / _MS_PER_S
    )

    def on_connect(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {busy_ms}")
        _use_wal(cursor, busy_ms)
        for statement in (
            "PRAGMA synchronous = FULL",
            "PRAGMA foreign_keys = ON",
            f"PRAGMA query_only = {query_only}",
        ):
            cursor.execute(statement)
        cursor.close()

    def on_begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    sa.event.listen(engine, "connect", on_connect)
    sa.event.listen(engine, "begin", on_begin)
    return engine


def _use_wal(cursor: DBAPICursor, busy_ms: int) -> None:
    """Switch the file to WAL, where it is not yet, and wait for whoever writes to it meanwhile.

    The busy timeout is no help here: the switch turns a lock to read into one to write, and SQLite
    refuses that at once, because two that wait so would wait for each other (SQLite,
    "sqlite3_busy_handler").
    """
    deadline_s = time.monotonic() + busy_ms / _MS_PER_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() >= deadline_s:
                raise
            time.sleep(_WAL_RETRY_S)
        else:
            return


def _prepare_postgresql(url: sa.URL, busy_ms: int) -> tuple[sa.Engine, sa.Engine]:
    options = f"-c lock_timeout={busy_ms} -c synchronous_commit=on -c timezone=UTC"
    arguments: dict[str, Any] = {
        "pool_size": CONNECTIONS_MAX,
        "max_overflow": 0,
        "pool_timeout": busy_ms / _MS_PER_S,
        # A connection that a restarted server has dropped is replaced before it is given out.
        "pool_pre_ping": True,
        "connect_args": {"options": options},
    }
    writer = sa.create_engine(url.set(drivername="postgresql+psycopg"), **arguments)
    reader = writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return writer, reader


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sa.exc.OperationalError as error:
        raise _refusal(error) from error
    except sa.exc.DatabaseError as error:
        if _is_damaged(error):
            raise _refusal(error) from error
        raise
    except sa.exc.TimeoutError as error:
        msg = f"cannot use the database: all {CONNECTIONS_MAX} connections are in use"
        raise DatabaseBusy(msg) from error


def _is_damaged(error: sa.exc.DatabaseError) -> bool:
    """Tell whether SQLite has found its file damaged (SQLITE_CORRUPT, SQLITE_NOTADB)."""
    code: int = getattr(error.orig, "sqlite_errorcode", 0)
    return code & 0xFF in _DAMAGED_CODES  # the low byte of an extended code is the primary one


def _refusal(error: sa.exc.DatabaseError) -> Unavailable:
    cause = error.orig
    if _is_damaged(error):
        msg = f"cannot use the database: {cause}; its file is damaged: restore a backup with "
        return DatabaseDamaged(msg + "'lineshaft backup restore'")
    if "is locked" in str(cause) or getattr(cause, "sqlstate", None) in _BUSY_STATES:
        return DatabaseBusy("cannot write to the database: another writer has held it for too long")
    return DatabaseUnavailable(f"cannot use the database: {type(cause).__name__}")
