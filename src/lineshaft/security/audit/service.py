"""Write, read and check the audit chain."""

import hashlib
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lineshaft.core.clock import Clock
from lineshaft.infrastructure.database import Database
from lineshaft.security.audit.model import (
    AuditEntry,
    AuditQuery,
    AuditRow,
    ChainHead,
    ChainReport,
    check_detail,
    verify_rows,
)
from lineshaft.security.audit.ports import AuditStore
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer

Act = tuple[str, str, dict[str, Any]]
"""Action, subject and detail of an entry."""
_CHAIN = Resource("audit", "*")


class AuditChain:
    """Who did what, in an order that cannot be rewritten unseen."""

    def __init__(
        self, database: Database, store: AuditStore, authorizer: Authorizer, clock: Clock
    ) -> None:
        """Take the store and who decides on reading it."""
        self._database = database
        self._store = store
        self._authorizer = authorizer
        self._clock = clock

    def append(
        self,
        connection: sa.Connection,
        actor: Actor,
        action: str,
        subject: str,
        detail: dict[str, Any],
    ) -> AuditEntry:
        """Write down what is done in this unit of work: kept if, and only if, it commits.

        Call it last: other units of work that append wait until this one ends.

        Raises:
            Invalid: when the detail is too large or holds a float.
        """
        (entry,) = self.append_all(connection, actor, [(action, subject, detail)])
        return entry

    def append_all(
        self, connection: sa.Connection, actor: Actor, acts: Sequence[Act]
    ) -> list[AuditEntry]:
        """Write down several things that are done in this unit of work, as `append` does one.

        Args:
            connection: of the unit of work.
            actor: who.
            acts: what, in their order.
        """
        for _, _, detail in acts:
            check_detail(detail)
        if not acts:
            return []
        head, found, rows = self._store.lock_head(connection), [], []
        for action, subject, detail in acts:
            entry = AuditEntry(
                number=head.number + 1,
                at=self._clock.now(),
                actor=actor.id,
                actor_name=actor.name,
                role=actor.role.value,
                action=str(action),
                subject=subject,
                detail=detail,
                previous_hash=head.hash,
            )
            row = _row(entry)
            head = ChainHead(row.number, row.hash)
            found.append(entry)
            rows.append(row)
        self._store.append(connection, rows)
        return found

    def entries(self, actor: Actor, query: AuditQuery) -> list[AuditEntry]:
        """Return a page of entries, newest first."""
        self._authorizer.authorize(actor, Action.AUDIT_READ, _CHAIN)
        with self._database.read() as connection:
            rows = self._store.find(connection, query)
        return [AuditEntry.decode(row.content.encode()) for row in rows]

    def verify_chain(self, actor: Actor) -> ChainReport:
        """Check every entry from the first to the head, in one consistent view."""
        self._authorizer.authorize(actor, Action.AUDIT_READ, _CHAIN)
        with self._database.read() as connection:
            return verify_rows(self._store.rows(connection), self._store.head(connection))


def _row(entry: AuditEntry) -> AuditRow:
    content = entry.encode()
    return AuditRow(
        number=entry.number,
        at=entry.at,
        actor=entry.actor,
        action=entry.action,
        subject=entry.subject,
        content=content.decode(),
        hash=hashlib.sha256(content).digest(),
    )
