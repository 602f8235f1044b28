"""Carries the messages of the outbox to the bus, in the order in which they were written."""

import asyncio
import logging
from typing import Protocol

import sqlalchemy as sa

from lineshaft.core.clock import Clock
from lineshaft.core.errors import Unavailable
from lineshaft.core.period import Instant
from lineshaft.infrastructure.database.engine import Database
from lineshaft.infrastructure.database.outbox import OutboxMessage
from lineshaft.infrastructure.database.tables import OUTBOX

LOG = logging.getLogger(__name__)

OUTBOX_BATCH_MAX = 256
OUTBOX_TRIM_MAX = 10_000


class OutboxPublisher(Protocol):
    """Where the messages go."""

    async def publish_message(self, message: OutboxMessage) -> None:
        """Hand over one message; return when it is accepted.

        Raises:
            Unavailable: when it cannot be accepted now.
        """
        ...


class OutboxRelay:
    """Sends what is unsent; runs in one process only, since two would send everything twice."""

    def __init__(self, database: Database, publisher: OutboxPublisher, clock: Clock) -> None:
        """Carry messages from `database` to `publisher`."""
        self._database = database
        self._publisher = publisher
        self._clock = clock

    async def run_once(self) -> int:
        """Send at most `OUTBOX_BATCH_MAX` messages and return how many were sent.

        What was accepted before a failure is marked as sent; a crash between the two repeats it.

        Raises:
            Unavailable: when the publisher or the database does not accept.
        """
        sent: list[int] = []
        try:
            for sequence, message in await asyncio.to_thread(self._unsent):
                await self._publisher.publish_message(message)
                sent.append(sequence)
        finally:
            if sent:
                await asyncio.to_thread(self._mark_sent, sent)
        return len(sent)

    async def run(self, *, poll_s: float) -> None:
        """Send until cancelled; look again after `poll_s` seconds when nothing is left."""
        while True:
            try:
                is_more_likely = await self.run_once() == OUTBOX_BATCH_MAX
            except Unavailable as error:
                LOG.warning("the outbox waits: %s", error)
                is_more_likely = False
            if not is_more_likely:
                await asyncio.sleep(poll_s)

    def trim(self, before: Instant) -> int:
        """Delete at most `OUTBOX_TRIM_MAX` messages sent before an instant; return how many."""
        old = (
            sa.select(OUTBOX.c.sequence)
            .where(OUTBOX.c.sent_at < before)
            .order_by(OUTBOX.c.sequence)
            .limit(OUTBOX_TRIM_MAX)
        )
        with self._database.unit_of_work() as unit:
            return unit.connection.execute(
                sa.delete(OUTBOX).where(OUTBOX.c.sequence.in_(old))
            ).rowcount

    def _unsent(self) -> list[tuple[int, OutboxMessage]]:
        query = (
            sa.select(OUTBOX)
            .where(OUTBOX.c.sent_at.is_(None))
            .order_by(OUTBOX.c.sequence)
            .limit(OUTBOX_BATCH_MAX)
        )
        with self._database.read() as connection:
            return [
                (row.sequence, OutboxMessage(row.id, row.subject, row.payload, row.created_at))
                for row in connection.execute(query)
            ]

    def _mark_sent(self, sequences: list[int]) -> None:
        statement = (
            sa.update(OUTBOX)
            .where(OUTBOX.c.sequence.in_(sequences))
            .values(sent_at=self._clock.now())
        )
        with self._database.unit_of_work() as unit:
            unit.connection.execute(statement)
