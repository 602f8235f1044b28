"""What is known of the kept input-output tables, in SQL."""

from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from lineshaft.core.period import Instant
from lineshaft.valuechain.inputoutput.kept.model import KeptTable
from lineshaft.valuechain.inputoutput.kept.tables import INPUT_OUTPUT_TABLE


class SqlTableStore:
    """Implements `TableStore`."""

    def add(self, connection: sa.Connection, table: KeptTable) -> None:
        """Keep a table."""
        values = {column.name: getattr(table, column.name) for column in INPUT_OUTPUT_TABLE.c}
        values["coverage"] = str(table.coverage)
        connection.execute(sa.insert(INPUT_OUTPUT_TABLE).values(values))

    def tables(self, connection: sa.Connection) -> list[KeptTable]:
        """Return all tables by name."""
        query = sa.select(INPUT_OUTPUT_TABLE).order_by(INPUT_OUTPUT_TABLE.c.name)
        return [_table(row) for row in connection.execute(query)]

    def drop(self, connection: sa.Connection, name: str) -> None:
        """Forget a table."""
        connection.execute(sa.delete(INPUT_OUTPUT_TABLE).where(INPUT_OUTPUT_TABLE.c.name == name))


def _table(row: sa.Row[Any]) -> KeptTable:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    values["coverage"] = Fraction(row.coverage)
    values["kept_at"] = Instant(row.kept_at)
    return KeptTable(**values)
