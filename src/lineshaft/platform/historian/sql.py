"""What every part of the manifest does in SQL, on SQLite and on PostgreSQL."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

IN_MAX = 500
"""Values in one IN list."""


def parts(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """Cut values into lists of at most `IN_MAX`."""
    return (values[start : start + IN_MAX] for start in range(0, len(values), IN_MAX))


def insert_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, where there are any."""
    if rows:
        connection.execute(sa.insert(table), rows)


def insert_new(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, where there are any; those that are there already stay as they are."""
    if rows:
        statement = dialect_insert(connection.dialect.name, table)
        connection.execute(statement.on_conflict_do_nothing(), rows)


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, where there are any, or replace those with the same primary key."""
    if rows:
        statement = dialect_insert(connection.dialect.name, table)
        keys = list(table.primary_key)
        names = [column.name for column in table.columns if column not in keys]
        changed = {name: statement.excluded[name] for name in names if name in rows[0]}
        statement = statement.on_conflict_do_update(index_elements=keys, set_=changed)
        connection.execute(statement, rows)


def dialect_insert(dialect: str, table: sa.Table) -> Any:
    """Return the INSERT of a dialect, which knows ON CONFLICT."""
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)
