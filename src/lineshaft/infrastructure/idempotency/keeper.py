"""Keeps what was answered under a key (draft-ietf-httpapi-idempotency-key-header-07).

Why a request is never carried out twice, not even when the process is killed:

1. The mark "carried out" is a row that the first unit of work of the request writes in its own
   transaction: the effect and the mark are kept together or not at all.
2. Killed before that commit, nothing has happened, and the same request may be made anew. Killed
   after it, the mark stands without an answer. A request that changes nothing when it is made
   again (each PUT and DELETE, and each POST that says so) is then made again for its answer; any
   other is refused with `AnswerLost`: the effect is there, and it is there once.
3. Which keys are under way is known in memory only, so that a killed process leaves no key busy.
   Should two processes carry out the same key at once, the second mark breaks the primary key,
   and with it the second effect is rolled back.

A refusal is not kept: it left no effect, and the same request may succeed later.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import sqlalchemy as sa

from lineshaft.core.clock import Clock
from lineshaft.core.errors import Conflict, Invalid, RateLimited
from lineshaft.core.period import US_PER_DAY, Instant, format_instant
from lineshaft.infrastructure.database import Database, witnessed
from lineshaft.infrastructure.idempotency.key import HEADER, Fingerprint
from lineshaft.infrastructure.idempotency.tables import KEPT_ANSWER

KEPT_US = US_PER_DAY
"""How long an answer is kept; after that, the key is a new one."""
ANSWER_BYTES_MAX = 256 * 1024
"""A longer answer is not kept: its request is as one whose answer was lost."""
RUNNING_MAX = 1_000
"""Requests with a key that are under way in one process."""
PURGED_MAX = 100
"""Old answers that go when a new one comes: more than come, so that they do not pile up."""


class KeyReused(Invalid):
    """A key comes again with another request."""


class KeyBusy(Conflict):
    """The request of a key is still under way."""

    is_retryable = True


class AnswerLost(Conflict):
    """The request was carried out, and its answer is not kept."""


class KeptAnswer(msgspec.Struct, frozen=True):
    """What was answered."""

    status: int
    media_type: str
    body: bytes


class KeptAnswers:
    """Answers by actor and key; safe to share between threads."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Keep them in `database`."""
        self._database = database
        self._clock = clock
        self._running: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    @contextmanager
    def running(self, asked: Fingerprint) -> Iterator[None]:
        """Hold a key for as long as its request is under way.

        Raises:
            KeyBusy: when another request holds it.
            RateLimited: when `RUNNING_MAX` are under way.
        """
        held = (asked.actor, asked.key)
        with self._lock:
            if held in self._running:
                msg = f"the request of this {HEADER} is under way: try again later"
                raise KeyBusy(msg)
            if len(self._running) >= RUNNING_MAX:
                msg = f"{RUNNING_MAX} requests with an {HEADER} are under way: try again later"
                raise RateLimited(msg)
            self._running.add(held)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(held)

    def find(self, asked: Fingerprint, *, is_repeatable: bool) -> KeptAnswer | None:
        """Return what was answered, or None where the request is to be carried out.

        Args:
            asked: the request.
            is_repeatable: whether it changes nothing when it is made again.

        Raises:
            KeyReused: when the key was used for another request.
            AnswerLost: when the request was carried out, and must not be again.
        """
        query = _of(sa.select(KEPT_ANSWER), asked).where(KEPT_ANSWER.c.carried_out_at > self._old())
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        if row.digest != asked.digest:
            msg = f"this {HEADER} was used for another request: make a new key for a new request"
            raise KeyReused(msg)
        if row.status is not None:
            return KeptAnswer(row.status, row.media_type, row.body)
        if is_repeatable:
            return None
        msg = "the request was carried out at " + format_instant(Instant(row.carried_out_at))
        msg += ", and its answer was lost: look at what it was about before a new request"
        raise AnswerLost(msg)

    @contextmanager
    def marked(self, asked: Fingerprint, *, is_repeatable: bool) -> Iterator[None]:
        """Mark the request as carried out with the first unit of work that commits inside.

        Raises:
            KeyBusy: when another process has carried out the request of this key meanwhile.
        """
        is_ours = is_repeatable

        def mark(connection: sa.Connection) -> None:
            nonlocal is_ours
            self._purge(connection, asked)
            if connection.execute(_of(sa.select(KEPT_ANSWER.c.digest), asked)).first() is None:
                self._insert(connection, asked, {})
            elif not is_ours:
                raise _busy()
            is_ours = True

        with witnessed(mark):
            yield

    def keep(self, asked: Fingerprint, answer: KeptAnswer) -> None:
        """Keep what was answered, for `KEPT_US`."""
        if len(answer.body) > ANSWER_BYTES_MAX:
            return
        said = {"status": answer.status, "media_type": answer.media_type, "body": answer.body}
        is_own = KEPT_ANSWER.c.digest == asked.digest
        change = _of(sa.update(KEPT_ANSWER), asked).where(is_own).values(**said)
        with self._database.unit_of_work() as unit:
            if not unit.connection.execute(change).rowcount:
                self._insert(unit.connection, asked, said)

    def _old(self) -> int:
        return self._clock.now() - KEPT_US

    def _insert(
        self, connection: sa.Connection, asked: Fingerprint, said: dict[str, object]
    ) -> None:
        row = {"actor": asked.actor, "key": asked.key, "digest": asked.digest, **said}
        try:
            connection.execute(
                sa.insert(KEPT_ANSWER).values(**row, carried_out_at=self._clock.now())
            )
        except sa.exc.IntegrityError as error:
            raise _busy() from error

    def _purge(self, connection: sa.Connection, asked: Fingerprint) -> None:
        """Delete what is too old: under this key, and some of the others."""
        table = KEPT_ANSWER.c
        is_old = table.carried_out_at <= self._old()
        connection.execute(_of(sa.delete(KEPT_ANSWER), asked).where(is_old))
        oldest = sa.select(table.actor, table.key).where(is_old).order_by(table.carried_out_at)
        for actor, key in connection.execute(oldest.limit(PURGED_MAX)).all():
            which = (table.actor == actor) & (table.key == key) & is_old
            connection.execute(sa.delete(KEPT_ANSWER).where(which))


def _of(statement: Any, asked: Fingerprint) -> Any:
    table = KEPT_ANSWER.c
    return statement.where(table.actor == asked.actor, table.key == asked.key)


def _busy() -> KeyBusy:
    return KeyBusy(f"another process has used this {HEADER} meanwhile: try again")
