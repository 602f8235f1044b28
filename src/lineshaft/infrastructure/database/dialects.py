"""What is said in another way in each database.

The database that is open has loaded its dialect; the other one, with all the drivers that it looks
for, would only make each process start later.
"""

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
