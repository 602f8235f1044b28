"""Messages leave if, and only if, they were committed; in order; at least once."""

import asyncio
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from lineshaft.core.clock import ManualClock
from lineshaft.core.errors import Unavailable
from lineshaft.core.period import Instant
from lineshaft.infrastructure.database import Database, OutboxMessage, OutboxRelay
from lineshaft.infrastructure.database.relay import OUTBOX_BATCH_MAX, OUTBOX_TRIM_MAX
from lineshaft.infrastructure.database.tables import OUTBOX

pytestmark = pytest.mark.both_engines


class Taker:
    """A publisher that takes messages, or not."""

    def __init__(self) -> None:
        self.taken: list[OutboxMessage] = []
        self.refuses_after: int | None = None

    async def publish_message(self, message: OutboxMessage) -> None:
        if self.refuses_after is not None and len(self.taken) >= self.refuses_after:
            msg = "cannot publish: not now"
            raise Unavailable(msg)
        self.taken.append(message)


class Outbox:
    """A relay with its clock and publisher."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = ManualClock(Instant(1_000))
        self.taker = Taker()
        self.relay = OutboxRelay(database, self.taker, self.clock)

    def put(self, *names: str, and_then: Callable[[], object] = lambda: None) -> None:
        with self.database.unit_of_work() as unit:
            for name in names:
                unit.publish(OutboxMessage(name, "event.tested", name.encode(), Instant(1)))
            and_then()

    @property
    def taken(self) -> list[str]:
        return [message.id for message in self.taker.taken]


@pytest.fixture
def outbox(database: Database) -> Outbox:
    return Outbox(database)


async def test_what_was_committed_leaves_in_order_and_once(outbox: Outbox) -> None:
    outbox.put("a", "b")
    outbox.put("c")
    with pytest.raises(ZeroDivisionError):
        outbox.put("never", and_then=lambda: 1 / 0)
    assert await outbox.relay.run_once() == 3
    assert await outbox.relay.run_once() == 0
    assert outbox.taken == ["a", "b", "c"]
    assert outbox.taker.taken[0] == OutboxMessage("a", "event.tested", b"a", Instant(1))


async def test_after_a_refusal_it_goes_on_where_it_was(outbox: Outbox) -> None:
    outbox.put("a", "b", "c")
    outbox.taker.refuses_after = 2
    with pytest.raises(Unavailable):
        await outbox.relay.run_once()
    outbox.taker.refuses_after = None
    assert await outbox.relay.run_once() == 1
    assert outbox.taken == ["a", "b", "c"]


async def test_a_batch_has_a_maximum(outbox: Outbox) -> None:
    outbox.put(*(f"{number:04d}" for number in range(OUTBOX_BATCH_MAX + 1)))
    assert await outbox.relay.run_once() == OUTBOX_BATCH_MAX
    assert await outbox.relay.run_once() == 1


async def test_running_it_waits_out_a_refusal(outbox: Outbox) -> None:
    outbox.taker.refuses_after = 0
    outbox.put("a")
    running = asyncio.create_task(outbox.relay.run(poll_s=0.01))
    await asyncio.sleep(0.05)
    assert not running.done()
    outbox.taker.refuses_after = None
    await until(lambda: outbox.taken == ["a"])
    outbox.put("b")
    await until(lambda: outbox.taken == ["a", "b"])
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


async def test_old_messages_are_deleted_once_they_were_sent(outbox: Outbox) -> None:
    outbox.put("a")
    await outbox.relay.run_once()
    outbox.clock.advance(1_000)
    outbox.put("b", "c")
    outbox.taker.refuses_after = 2
    with pytest.raises(Unavailable):
        await outbox.relay.run_once()
    assert outbox.relay.trim(Instant(1_000)) == 0
    assert outbox.relay.trim(Instant(1_001)) == 1
    assert outbox.relay.trim(Instant(9_999)) == 1
    with outbox.database.read() as connection:
        assert connection.scalars(sa.select(OUTBOX.c.id)).all() == ["c"]


def test_trimming_has_a_maximum(outbox: Outbox) -> None:
    rows = [
        {"id": str(n), "subject": "s", "payload": b"", "created_at": 1, "sent_at": 1}
        for n in range(OUTBOX_TRIM_MAX + 1)
    ]
    with outbox.database.unit_of_work() as unit:
        unit.connection.execute(sa.insert(OUTBOX), rows)
    assert outbox.relay.trim(Instant(2)) == OUTBOX_TRIM_MAX
    assert outbox.relay.trim(Instant(2)) == 1
