"""What letters need of a database."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import sqlalchemy as sa

from lineshaft.services.billing.dunning.model import Letter


class LetterStore(Protocol):
    """Keeps letters and their files; none of them ever changes."""

    def add(self, connection: sa.Connection, letter: Letter, pages: Mapping[str, bytes]) -> None:
        """Keep a letter with its files by name."""
        ...

    def letters(self, connection: sa.Connection, numbers: Sequence[str]) -> list[Letter]:
        """Return the letters of documents, by number and level."""
        ...

    def page(self, connection: sa.Connection, number: str, level: int, name: str) -> bytes | None:
        """Return a file of a letter."""
        ...
