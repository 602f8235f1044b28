"""Letters in SQL."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from lineshaft.core.period import Instant
from lineshaft.services.billing.dunning.model import Letter
from lineshaft.services.billing.dunning.tables import DUNNING_LETTER, DUNNING_PAGE


class SqlLetterStore:
    """Implements `LetterStore`."""

    def add(self, connection: sa.Connection, letter: Letter, pages: Mapping[str, bytes]) -> None:
        """Keep a letter with its files by name."""
        place = {"document": letter.document, "level": letter.level}
        connection.execute(
            sa.insert(DUNNING_LETTER).values(
                **place,
                written_at=letter.written_at,
                written_by=letter.written_by,
                file=letter.file,
            )
        )
        rows = [place | {"name": name, "data": data} for name, data in pages.items()]
        connection.execute(sa.insert(DUNNING_PAGE), rows)

    def letters(self, connection: sa.Connection, numbers: Sequence[str]) -> list[Letter]:
        """Return the letters of documents, by number and level."""
        table = DUNNING_LETTER.c
        query = sa.select(DUNNING_LETTER).where(table.document.in_(list(numbers)))
        return [
            Letter(
                document=row.document,
                level=row.level,
                written_at=Instant(row.written_at),
                written_by=row.written_by,
                file=row.file,
            )
            for row in connection.execute(query.order_by(table.document, table.level))
        ]

    def page(self, connection: sa.Connection, number: str, level: int, name: str) -> bytes | None:
        """Return a file of a letter."""
        table = DUNNING_PAGE.c
        query = sa.select(table.data).where(
            table.document == number, table.level == level, table.name == name
        )
        found: bytes | None = connection.scalar(query)
        return found
