"""One consistent state of a database as an SQLite file, and back into a database.

SQLite is copied page by page inside a read transaction (SQLite Online Backup API): writers go on,
and because the transaction keeps its state, the copy never has to begin anew. PostgreSQL is read
table by table in one `REPEATABLE READ` transaction into the same schema in SQLite, so that a
backup has one format, needs no program of the server, and is restored into either.
"""

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from lineshaft.core.errors import Conflict, Invalid
from lineshaft.infrastructure.backup.model import PRIVATE_MODE, Progress, no_progress
from lineshaft.infrastructure.database import METADATA, Database, upgrade

PAGES_AT_ONCE = 2_000
ROWS_AT_ONCE = 5_000
_SEEDED = frozenset({"audit_head"})
"""Tables that a migration puts a row into."""
_REVISION = sa.table("alembic_version", sa.column("version_num", sa.Text))


class DatabaseNotEmpty(Conflict):
    """A database that a backup was to be restored into has rows already."""


def snapshot_database(
    connection: sa.Connection, path: Path, progress: Progress = no_progress
) -> None:
    """Write what a connection sees into a new SQLite file of mode 0600.

    Args:
        connection: inside a reading transaction of `Database.read`.
        path: of the new file.
        progress: is told pages (SQLite) or tables (PostgreSQL).
    """
    path.touch(mode=PRIVATE_MODE)
    # The state of a transaction is that of its first question (on both engines).
    connection.execute(sa.select(sa.func.count()).select_from(_REVISION)).all()
    if connection.dialect.name == "sqlite":
        _copy_pages(connection.connection.driver_connection, path, progress)
    else:
        _copy_tables_out(connection, path, progress)


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy an SQLite file that others may be writing to."""
    target.touch(mode=PRIVATE_MODE)
    connection = sqlite3.connect(f"file:{source}?mode=ro", uri=True)
    try:
        _copy_pages(connection, target, no_progress)
    finally:
        connection.close()


def _copy_pages(source: Any, path: Path, progress: Progress) -> None:
    target = sqlite3.connect(path, isolation_level=None)

    def tell(_status: int, remaining: int, total: int) -> None:
        progress("database", total - remaining, total)

    try:
        source.backup(target, pages=PAGES_AT_ONCE, progress=tell)
        # The copy is whole without a second file beside it.
        target.execute("PRAGMA journal_mode = DELETE")
    finally:
        target.close()


def _copy_tables_out(source: sa.Connection, path: Path, progress: Progress) -> None:
    database = Database(f"sqlite:///{path}")
    try:
        upgrade(database)
        with database.unit_of_work(is_long_expected=True) as unit:
            _copy_tables(source, unit.connection, progress)
        with database.unit_of_work() as unit:
            _require_same_revision(source, unit.connection)
    finally:
        database.close()
    plain = sqlite3.connect(path, isolation_level=None)
    plain.execute("PRAGMA journal_mode = DELETE")
    plain.close()


def load_database(path: Path, database: Database, progress: Progress = no_progress) -> None:
    """Write an SQLite file at the present schema into an empty database, in one transaction.

    Raises:
        DatabaseNotEmpty: when there are rows already; nothing is changed.
    """
    upgrade(database)
    copy = Database(f"sqlite:///{path}")
    try:
        with copy.read() as source, database.unit_of_work(is_long_expected=True) as unit:
            _require_same_revision(source, unit.connection)
            for table in METADATA.sorted_tables:
                if table.name not in _SEEDED and _has_rows(unit.connection, table):
                    msg = f"cannot restore into this database: its table {table.name} has rows"
                    raise DatabaseNotEmpty(msg)
            _copy_tables(source, unit.connection, progress)
            _set_counters(unit.connection)
    finally:
        copy.close()


def _copy_tables(source: sa.Connection, target: sa.Connection, progress: Progress) -> None:
    tables = METADATA.sorted_tables
    for done, table in enumerate(tables):
        progress("tables", done, len(tables))
        if _has_rows(target, table):
            target.execute(sa.delete(table))  # what the first migration has put there
        options = {"yield_per": ROWS_AT_ONCE}
        rows = source.execute(sa.select(table), execution_options=options)
        for part in rows.mappings().partitions():
            target.execute(sa.insert(table), [dict(row) for row in part])
    progress("tables", len(tables), len(tables))


def _has_rows(connection: sa.Connection, table: sa.Table) -> bool:
    return (
        connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is not None
    )


def _require_same_revision(source: sa.Connection, target: sa.Connection) -> None:
    ours, theirs = (one.scalar(sa.select(_REVISION.c.version_num)) for one in (target, source))
    if ours != theirs:
        msg = f"cannot copy a database at revision {theirs}: expected {ours}"
        raise Invalid(msg)


def _set_counters(connection: sa.Connection) -> None:
    """Let PostgreSQL go on counting behind the numbers that were copied."""
    if connection.dialect.name != "postgresql":
        return
    for table in METADATA.sorted_tables:
        column = table.autoincrement_column
        if column is None:
            continue
        name = f'"{table.name}"'
        counter = connection.scalar(sa.select(sa.func.pg_get_serial_sequence(name, column.name)))
        last = connection.scalar(sa.select(sa.func.max(column)))
        if counter is not None and last is not None:
            connection.execute(sa.select(sa.func.setval(counter, last)))
