"""What is said in another way in each database: the dialect is that of the open connection."""

from importlib import import_module
from typing import Any

import sqlalchemy as sa


def insert_into(dialect: str, table: sa.Table) -> Any:
    """Return an INSERT that can be told what to do about rows that are there already.

    Args:
        dialect: name of that of the connection: `sqlite` or `postgresql`.
        table: of the rows.
    """
    return import_module(f"sqlalchemy.dialects.{dialect}").insert(table)
