"""What the kept tables need: a store of what is known of them."""

from typing import Protocol

import sqlalchemy as sa

from lineshaft.valuechain.inputoutput.kept.model import KeptTable


class TableStore(Protocol):
    """Keeps what is known of each table; the numbers themselves are files."""

    def add(self, connection: sa.Connection, table: KeptTable) -> None:
        """Keep a table."""
        ...

    def tables(self, connection: sa.Connection) -> list[KeptTable]:
        """Return all tables by name."""
        ...

    def drop(self, connection: sa.Connection, name: str) -> None:
        """Forget a table."""
        ...
