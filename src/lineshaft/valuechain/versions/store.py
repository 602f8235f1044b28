"""Versions of one kind in SQL: written once, compressed, never changed."""

import zlib
from typing import Any

import sqlalchemy as sa

from lineshaft.core import canonical
from lineshaft.core.period import Instant
from lineshaft.valuechain.versions.model import KeptVersion

LEVEL = 6
"""Of the compression."""


class SqlVersionStore:
    """Implements `VersionStore` on a table that `version_table` made."""

    def __init__(self, table: sa.Table) -> None:
        """Take the table."""
        self._table = table
        self._described = [column for column in table.c if column.name != "content"]

    def add_version(self, connection: sa.Connection, version: KeptVersion, content: bytes) -> None:
        """Keep a version with its content."""
        connection.execute(
            sa.insert(self._table).values(
                version=version.version,
                sha256=version.sha256,
                size_bytes=version.size_bytes,
                rows=canonical.encode(version.rows).decode(),
                as_of=version.as_of,
                note=version.note,
                imported_at=version.imported_at,
                imported_by=version.imported_by,
                content=zlib.compress(content, LEVEL),
            )
        )

    def versions(self, connection: sa.Connection) -> list[KeptVersion]:
        """Return all versions, the last one first."""
        query = sa.select(*self._described).order_by(self._table.c.version.desc())
        return [_version(row) for row in connection.execute(query)]

    def content(self, connection: sa.Connection, version: int) -> bytes | None:
        """Return the content of a version."""
        query = sa.select(self._table.c.content).where(self._table.c.version == version)
        found = connection.execute(query).scalar()
        return None if found is None else zlib.decompress(found)


def _version(row: sa.Row[Any]) -> KeptVersion:
    return KeptVersion(
        version=row.version,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        rows=canonical.decode(row.rows.encode()),
        as_of=row.as_of,
        note=row.note,
        imported_at=Instant(row.imported_at),
        imported_by=row.imported_by,
    )
