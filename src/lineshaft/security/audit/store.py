"""The audit chain in SQL."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from lineshaft.core.period import Instant
from lineshaft.security.audit.model import AuditQuery, AuditRow, ChainHead
from lineshaft.security.audit.tables import AUDIT_ENTRY, AUDIT_HEAD

ROWS_IN_MEMORY_MAX = 1_000
_COLUMNS = ("number", "at", "actor", "action", "subject", "content", "hash")
_INSERT = sa.insert(AUDIT_ENTRY)
_LOCK_HEAD = (
    sa.update(AUDIT_HEAD)
    .values(number=AUDIT_HEAD.c.number)
    .returning(AUDIT_HEAD.c.number, AUDIT_HEAD.c.hash)
)
_MOVE_HEAD = sa.update(AUDIT_HEAD).values(
    number=sa.bindparam("at_number"), hash=sa.bindparam("at_hash")
)


class SqlAuditStore:
    """Implements `AuditStore`."""

    def lock_head(self, connection: sa.Connection) -> ChainHead:
        """Return the head; other writers wait until this transaction ends."""
        # An update that changes nothing takes the row's lock on PostgreSQL and sees what the writer
        # before has committed (READ COMMITTED); SQLite has one writer anyway.
        row = connection.execute(_LOCK_HEAD).one()
        return ChainHead(row.number, row.hash)

    def append(self, connection: sa.Connection, rows: Sequence[AuditRow]) -> None:
        """Keep the next entries, at least one, and move the head to the last of them."""
        connection.execute(
            _INSERT, [{name: getattr(row, name) for name in _COLUMNS} for row in rows]
        )
        last = rows[-1]
        connection.execute(_MOVE_HEAD, {"at_number": last.number, "at_hash": last.hash})

    def head(self, connection: sa.Connection) -> ChainHead:
        """Return the head without locking it."""
        row = connection.execute(sa.select(AUDIT_HEAD.c.number, AUDIT_HEAD.c.hash)).one()
        return ChainHead(row.number, row.hash)

    def rows(self, connection: sa.Connection) -> Iterator[AuditRow]:
        """Return all entries in order of their number, a bounded number in memory at a time."""
        query = sa.select(AUDIT_ENTRY).order_by(AUDIT_ENTRY.c.number).limit(ROWS_IN_MEMORY_MAX)
        page = connection.execute(query).all()
        while page:
            yield from (_from_row(row) for row in page)
            following = query.where(AUDIT_ENTRY.c.number > page[-1].number)
            page = connection.execute(following).all()

    def find(self, connection: sa.Connection, query: AuditQuery) -> list[AuditRow]:
        """Return the entries of a query, newest first."""
        statement = sa.select(AUDIT_ENTRY).order_by(AUDIT_ENTRY.c.number.desc()).limit(query.limit)
        if query.before is not None:
            statement = statement.where(AUDIT_ENTRY.c.number < query.before)
        for column, wanted in (
            (AUDIT_ENTRY.c.actor, query.actor),
            (AUDIT_ENTRY.c.action, query.action),
            (AUDIT_ENTRY.c.subject, query.subject),
        ):
            if wanted is not None:
                statement = statement.where(column == wanted)
        return [_from_row(row) for row in connection.execute(statement)]


def _from_row(row: sa.Row[Any]) -> AuditRow:
    return AuditRow(
        number=row.number,
        at=Instant(row.at),
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        content=row.content,
        hash=row.hash,
    )
