"""What kept versions need: a store for each kind."""

from typing import Protocol

import sqlalchemy as sa

from lineshaft.valuechain.versions.model import KeptVersion


class VersionStore(Protocol):
    """Keeps the versions of one kind; none of them ever changes."""

    def add_version(self, connection: sa.Connection, version: KeptVersion, content: bytes) -> None:
        """Keep a version with its content."""
        ...

    def versions(self, connection: sa.Connection) -> list[KeptVersion]:
        """Return all versions, the last one first."""
        ...

    def content(self, connection: sa.Connection, version: int) -> bytes | None:
        """Return the content of a version."""
        ...
