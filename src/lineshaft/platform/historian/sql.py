"""What every part of the manifest does in SQL, on SQLite and on PostgreSQL.

SQLAlchemy takes longer to build a statement than to execute it, so those that are executed often
are built once, with parameters for what differs.
"""

import functools
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from lineshaft.core.errors import InvariantError
from lineshaft.infrastructure.database import insert_into

IN_MAX = 500
"""Values in one IN list."""
_COMPILED_MAX = 16
LIKE_ESCAPE = "/"
"""Before a character of a LIKE that stands for itself."""


def parts(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """Cut values into lists of at most `IN_MAX`."""
    return (values[start : start + IN_MAX] for start in range(0, len(values), IN_MAX))


def escaped(text: str) -> str:
    """Return what a LIKE with `LIKE_ESCAPE` takes for the text itself."""
    for character in (LIKE_ESCAPE, "%", "_"):
        text = text.replace(character, LIKE_ESCAPE + character)
    return text


def insert_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, where there are any."""
    if rows:
        connection.execute(_insert(table), rows)


def insert_new(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, where there are any; those that are there already stay as they are."""
    if rows:
        connection.execute(_insert_new(connection.dialect.name, table), rows)


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, where there are any, or replace those with the same primary key."""
    if rows:
        statement = _upsert(connection.dialect.name, table, tuple(rows[0]))
        connection.execute(statement, rows)


def upsert_statement(
    dialect: str,
    table: sa.Table,
    names: Collection[str],
    is_newer: Callable[[Any], Any] | None = None,
) -> Any:
    """Return what inserts a row, or replaces the one with its primary key (where it is newer).

    Args:
        dialect: of the database.
        table: with a primary key.
        names: of the columns that a row has; others keep what they have in a row that is replaced.
        is_newer: makes the condition of the columns of the new row.
    """
    statement = insert_into(dialect, table)
    keys = [column.name for column in table.primary_key]
    changed = {name: statement.excluded[name] for name in names if name not in keys}
    where = None if is_newer is None else is_newer(statement.excluded)
    return statement.on_conflict_do_update(index_elements=keys, set_=changed, where=where)


@functools.cache
def _insert(table: sa.Table) -> Any:
    return sa.insert(table)


@functools.cache
def _insert_new(dialect: str, table: sa.Table) -> Any:
    return insert_into(dialect, table).on_conflict_do_nothing()


@functools.cache
def _upsert(dialect: str, table: sa.Table, names: tuple[str, ...]) -> Any:
    return upsert_statement(dialect, table, names)


def execute_rows(
    connection: sa.Connection,
    build: Callable[[str], Any],
    names: tuple[str, ...],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Execute a statement for rows whose values need no conversion by SQLAlchemy.

    SQLAlchemy spends some 10 µs on each row of parameters, more than the database itself, so the
    statement is compiled once and gets its rows past it.

    Args:
        connection: inside a transaction.
        build: makes the statement, with a parameter of each name.
        names: of the values of a row, in order.
        rows: the values.
    """
    text, is_positional = _compiled(build, names, connection.dialect)
    values = rows if is_positional else [dict(zip(names, row, strict=True)) for row in rows]
    if rows:
        connection.exec_driver_sql(text, list(values))


@functools.lru_cache(maxsize=_COMPILED_MAX)
def _compiled(
    build: Callable[[str], Any], names: tuple[str, ...], dialect: sa.Dialect
) -> tuple[str, bool]:
    """Return the text of a statement, and whether it takes its values in the order of the names."""
    compiled: Any = build(dialect.name).compile(dialect=dialect, column_keys=list(names))
    if compiled.positional and tuple(compiled.positiontup) != names:
        msg = f"{build.__name__} takes {compiled.positiontup}, not {names}"
        raise InvariantError(msg)
    return str(compiled), compiled.positional
