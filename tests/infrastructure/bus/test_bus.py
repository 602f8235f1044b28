"""The real server: who may do what, what is stored, and what a crash or a freeze does."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest
from msgspec.structs import replace

from lineshaft.core.errors import Unavailable
from lineshaft.core.period import Instant
from lineshaft.infrastructure.bus import (
    Bus,
    BusMessage,
    BusPublisher,
    BusUnavailable,
    BusUser,
    ConsumerSpec,
    PayloadTooLarge,
    StreamFull,
    StreamSpec,
    reload_server,
)
from lineshaft.infrastructure.bus.client import ATTACHMENTS_MAX, BACKOFF_S_MAX, backoff_s
from lineshaft.infrastructure.bus.connection import WINDOW_MESSAGES_MAX
from lineshaft.infrastructure.bus.server import PAYLOAD_BYTES_MAX
from lineshaft.infrastructure.bus.subscription import SUBSCRIPTION_MESSAGES_MAX
from lineshaft.infrastructure.database import OutboxMessage
from tests.infrastructure.bus.conftest import EDGE, HUB, Server

pytestmark = [pytest.mark.engine, pytest.mark.timeout(30)]

TIMEOUT_S = 1.0
SEGMENTS = StreamSpec(
    name="SEGMENTS",
    subjects=("segment.>",),
    bytes_max=10_000_000,
    age_s_max=3_600,
    message_bytes_max=900_000,
    discard="new",
)
INTAKE = ConsumerSpec(stream="SEGMENTS", name="intake", subject="segment.>", ack_wait_s=1)


async def until(condition: Callable[[], object], timeout_s: float = 10.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not happen in time"
        await asyncio.sleep(0.01)


@pytest.fixture
async def hub(server: Server) -> AsyncIterator[Bus]:
    async with Bus(server.url(), name="hub", timeout_s=TIMEOUT_S) as bus:
        await bus.wait_connected(5)
        yield bus


@pytest.fixture
async def edge(server: Server) -> AsyncIterator[Bus]:
    async with Bus(server.url(EDGE), name="edge", timeout_s=TIMEOUT_S) as bus:
        await bus.wait_connected(5)
        yield bus


class Inbox:
    """Collects what a subscription receives."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []

    async def __call__(self, message: BusMessage) -> None:
        self.messages.append((message.subject, message.data))


async def test_messages_reach_who_listens(hub: Bus, edge: Bus) -> None:
    inbox = Inbox()
    subscription = await edge.subscribe("notice.press-1", inbox)
    await hub.publish("notice.press-1", b"committed")
    await until(lambda: inbox.messages)
    assert inbox.messages == [("notice.press-1", b"committed")]
    await subscription.close()
    await edge.check()
    await hub.publish("notice.press-1", b"again")
    await hub.check()
    await edge.check()
    assert len(inbox.messages) == 1


async def test_a_request_is_answered(hub: Bus, edge: Bus) -> None:
    async def answer(message: BusMessage) -> None:
        await message.respond(b"accepted " + message.data)

    await hub.subscribe("enrol", answer)
    assert await edge.request("enrol", b"press-1") == b"accepted press-1"


async def test_a_request_that_nobody_hears_is_refused(edge: Bus) -> None:
    with pytest.raises(BusUnavailable, match="ask on enrol: nobody listens"):
        await edge.request("enrol", b"press-1")


async def test_a_cancelled_request_ends_whenever_the_answer_comes(hub: Bus, edge: Bus) -> None:
    async def answer(message: BusMessage) -> None:
        await message.respond(b"accepted")

    await hub.subscribe("enrol", answer)
    for turns in range(400):
        asking = asyncio.create_task(edge.request("enrol", b"press-1"))
        for _ in range(turns % 100):
            await asyncio.sleep(0)
        was_going = asking.cancel()
        await asyncio.wait({asking})
        assert asking.cancelled() == was_going


async def test_nobody_gets_in_without_a_password(server: Server) -> None:
    wrong = BusUser("hub", "wrong", (), ())
    for url in (server.anonymous_url, server.url(wrong)):
        async with Bus(url, name="stranger", timeout_s=TIMEOUT_S) as bus:
            with pytest.raises(BusUnavailable, match="Authorization Violation"):
                await bus.wait_connected(0.5)
            with pytest.raises(BusUnavailable):
                await bus.publish("segment.press-1", b"x")


async def test_an_edge_reaches_its_own_subjects_only(hub: Bus, edge: Bus) -> None:
    await hub.ensure_stream(SEGMENTS)
    inbox = Inbox()
    await hub.subscribe("segment.>", inbox)
    assert await edge.publish_stored("segment.press-1", b"mine") == 1
    await edge.publish("segment.press-2", b"not mine")
    with pytest.raises(BusUnavailable, match="no answer in time"):
        await edge.publish_stored("segment.press-2", b"not mine")
    await edge.publish("segment.press-1", b"mine again")
    await until(lambda: len(inbox.messages) >= 2)
    assert [subject for subject, _ in inbox.messages] == ["segment.press-1"] * 2


async def test_an_edge_hears_its_own_notices_only(hub: Bus, edge: Bus) -> None:
    foreign, own = Inbox(), Inbox()
    await edge.subscribe("notice.press-2", foreign)
    await edge.subscribe("_INBOX_hub.>", foreign)
    await edge.subscribe("notice.press-1", own)
    await hub.publish("notice.press-2", b"foreign")
    await hub.publish("_INBOX_hub.x", b"foreign")
    await hub.publish("notice.press-1", b"own")
    await until(lambda: own.messages)
    assert foreign.messages == []


async def test_an_edge_may_not_touch_streams(edge: Bus) -> None:
    with pytest.raises(Unavailable, match="make the stream"):
        await edge.ensure_stream(SEGMENTS)


async def test_a_new_user_is_let_in_after_a_reload(server: Server) -> None:
    press_2 = BusUser("press-2", "another", ("segment.press-2",), ())
    async with Bus(server.url(press_2), name="edge", timeout_s=TIMEOUT_S) as bus:
        await until(lambda: "Authorization" in bus.why_not)
        server.users = (*server.users, press_2)
        server.write_config()
        reload_server(server.pid_file)
        await bus.wait_connected(5)


async def test_messages_come_in_order_and_again_until_acknowledged(hub: Bus, edge: Bus) -> None:
    await hub.ensure_stream(SEGMENTS)
    consumer = await hub.consume(INTAKE)
    futures = [await edge.publish_async("segment.press-1", b"%d" % n) for n in range(5)]
    assert await asyncio.gather(*futures) == [1, 2, 3, 4, 5]
    messages = []
    while len(messages) < 5:
        messages += await consumer.fetch(3, 1)
    assert [int(message.data) for message in messages] == [0, 1, 2, 3, 4]
    assert [message.sequence for message in messages] == [1, 2, 3, 4, 5]
    for message in messages[:3]:
        await message.ack()
    await messages[3].nak()
    again = []
    while len(again) < 2:
        for message in await consumer.fetch(10, 2):
            again.append((int(message.data), message.deliveries))
            await message.ack()
    assert sorted(again) == [(3, 2), (4, 2)]
    assert await consumer.fetch(10, 1.3) == []


async def test_a_first_message_is_not_held_up_by_room_for_more(hub: Bus, edge: Bus) -> None:
    await hub.ensure_stream(SEGMENTS)
    consumer = await hub.consume(INTAKE)
    fetching = asyncio.create_task(consumer.fetch(100, 5))
    began_s = time.monotonic()
    await edge.publish_stored("segment.press-1", b"x")
    assert len(await fetching) == 1
    assert time.monotonic() - began_s < 1


async def test_no_more_than_the_prefetch_waits_in_the_process(hub: Bus, edge: Bus) -> None:
    await hub.ensure_stream(SEGMENTS)
    spec = ConsumerSpec(stream="SEGMENTS", name="small", subject="segment.>", prefetch_max=4)
    consumer = await hub.consume(spec)
    for number in range(10):
        await edge.publish_stored("segment.press-1", b"%d" % number)
    seen = []
    while len(seen) < 10:
        messages = await consumer.fetch(100, 2)
        assert len(messages) <= 4
        for message in messages:
            seen.append(int(message.data))
            await message.ack()
    assert seen == list(range(10))


async def test_a_stream_at_its_maximum_refuses(hub: Bus, edge: Bus) -> None:
    small = StreamSpec(
        name="SEGMENTS",
        subjects=("segment.>",),
        bytes_max=10_000,
        age_s_max=60,
        message_bytes_max=2_000,
        discard="new",
    )
    await hub.ensure_stream(small)
    with pytest.raises(PayloadTooLarge):
        await edge.publish_stored("segment.press-1", bytes(2_001))
    for _ in range(5):
        await edge.publish_stored("segment.press-1", bytes(1_900))
    with pytest.raises(StreamFull):
        await edge.publish_stored("segment.press-1", bytes(1_900))


async def test_a_stream_is_changed_to_what_is_declared(hub: Bus, edge: Bus) -> None:
    await hub.ensure_stream(SEGMENTS)
    smaller = StreamSpec(
        name="SEGMENTS",
        subjects=("segment.>",),
        bytes_max=10_000_000,
        age_s_max=3_600,
        message_bytes_max=10,
        discard="new",
    )
    await hub.ensure_stream(smaller)
    with pytest.raises(PayloadTooLarge):
        await edge.publish_stored("segment.press-1", bytes(11))


async def test_a_stream_that_is_there_needs_no_second_room(server: Server, hub: Bus) -> None:
    """The server (`store_mb_max=200`) would refuse to make it beside itself."""
    large = replace(SEGMENTS, bytes_max=120_000_000)
    await hub.ensure_stream(large)
    async with Bus(server.url(), name="intake again", timeout_s=TIMEOUT_S) as again:
        await again.wait_connected(5)
        await again.ensure_stream(large)
        assert await again.publish_stored("segment.press-1", b"1") == 1


async def test_a_payload_over_the_maximum_is_refused(hub: Bus) -> None:
    with pytest.raises(PayloadTooLarge):
        await hub.publish("notice.press-1", bytes(PAYLOAD_BYTES_MAX + 1))
    await hub.publish("notice.press-1", bytes(PAYLOAD_BYTES_MAX))
    assert await hub.check() == ""


async def test_a_repetition_is_recognised_by_its_id(hub: Bus) -> None:
    await hub.ensure_stream(SEGMENTS)
    publisher = BusPublisher(hub)
    message = OutboxMessage("evt_1", "segment.x", b"once", Instant(0))
    await publisher.publish_message(message)
    await publisher.publish_message(message)
    assert await hub.publish_stored("segment.x", b"next") == 2


async def test_a_killed_server_is_found_again_with_its_streams(
    server: Server, hub: Bus, edge: Bus
) -> None:
    await hub.ensure_stream(SEGMENTS)
    consumer = await hub.consume(INTAKE)
    inbox = Inbox()
    await edge.subscribe("notice.press-1", inbox)
    connections: list[int] = []

    async def on_connected() -> None:
        connections.append(1)

    hub.on_connected(on_connected)
    await edge.publish_stored("segment.press-1", b"before")
    server.kill()
    await until(lambda: not hub.is_connected and not edge.is_connected)
    with pytest.raises(BusUnavailable):
        await edge.publish("segment.press-1", b"meanwhile")
    with pytest.raises(BusUnavailable):
        await consumer.fetch(1, 1)
    server.start()
    await hub.wait_connected(5)
    await edge.wait_connected(5)
    await edge.publish_stored("segment.press-1", b"after")
    seen: set[bytes] = set()
    while b"after" not in seen:
        for message in await consumer.fetch(10, 1):
            seen.add(message.data)
            await message.ack()
    await hub.publish("notice.press-1", b"committed")
    await until(lambda: inbox.messages)
    assert connections == [1]


async def test_a_server_that_lost_its_store_gets_its_streams_again(
    server: Server, hub: Bus, edge: Bus
) -> None:
    await hub.ensure_stream(SEGMENTS)
    consumer = await hub.consume(INTAKE)
    await edge.publish_stored("segment.press-1", b"lost")
    server.kill()
    (server.folder / "store").rename(server.folder / "lost")
    await until(lambda: not hub.is_connected)
    server.start()
    await hub.wait_connected(5)
    await edge.wait_connected(5)
    assert await edge.publish_stored("segment.press-1", b"sent again") == 1
    messages = []
    while not messages:
        messages = await consumer.fetch(10, 1)
    assert [message.data for message in messages] == [b"sent again"]


async def test_a_frozen_server_is_noticed_and_left_in_time(
    server: Server, hub: Bus, edge: Bus
) -> None:
    await hub.ensure_stream(SEGMENTS)
    server.freeze()
    began_s = time.monotonic()
    with pytest.raises(BusUnavailable):
        await edge.publish_stored("segment.press-1", b"x")
    assert time.monotonic() - began_s < 2 * TIMEOUT_S + 0.5
    await until(lambda: not hub.is_connected and not edge.is_connected, 4 * TIMEOUT_S)
    with pytest.raises(BusUnavailable):
        await edge.wait_connected(TIMEOUT_S)
    server.kill()
    server.start()
    await hub.wait_connected(10)
    await edge.wait_connected(10)
    assert await edge.publish_stored("segment.press-1", b"after") >= 1


async def test_the_window_of_unconfirmed_messages_is_bounded(
    server: Server, hub: Bus, edge: Bus
) -> None:
    await hub.ensure_stream(SEGMENTS)
    server.freeze()
    sent = [await edge.publish_async("segment.press-1", b"x") for _ in range(WINDOW_MESSAGES_MAX)]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(edge.publish_async("segment.press-1", b"x"), TIMEOUT_S / 4)
    outcomes = await asyncio.gather(*sent, return_exceptions=True)
    assert all(isinstance(outcome, BusUnavailable) for outcome in outcomes)


async def test_what_waits_for_a_slow_receiver_is_bounded(hub: Bus) -> None:
    may_go_on = asyncio.Event()
    received: list[bytes] = []

    async def slow(message: BusMessage) -> None:
        await may_go_on.wait()
        received.append(message.data)

    await hub.subscribe("live.x", slow)
    for number in range(SUBSCRIPTION_MESSAGES_MAX + 500):
        await hub.publish("live.x", b"%d" % number)
    assert await hub.check() == ""
    may_go_on.set()
    await until(lambda: len(received) >= SUBSCRIPTION_MESSAGES_MAX)
    await hub.publish("live.x", b"last")
    await until(lambda: received[-1] == b"last")
    # One more than the maximum: the one that the receiver already held.
    assert len(received) <= SUBSCRIPTION_MESSAGES_MAX + 2


async def test_the_number_of_attachments_has_a_maximum(server: Server) -> None:
    bus = Bus(server.url(), name="hub")
    for _ in range(ATTACHMENTS_MAX):
        await bus.ensure_stream(SEGMENTS)
    with pytest.raises(BusUnavailable, match="more than 1000"):
        await bus.ensure_stream(SEGMENTS)


async def test_health_says_why_not(server: Server, hub: Bus) -> None:
    assert await hub.check() == ""
    server.kill()
    await until(lambda: not hub.is_connected)
    assert "cannot use the bus" in await hub.check()


async def test_a_process_may_start_before_the_bus(server: Server) -> None:
    server.kill()
    async with Bus(server.url(HUB), name="hub", timeout_s=TIMEOUT_S) as bus:
        inbox = Inbox()
        await bus.ensure_stream(SEGMENTS)
        await bus.subscribe("notice.>", inbox)
        await until(lambda: "not connected yet" not in bus.why_not)
        server.start()
        await bus.wait_connected(5)
        await bus.publish_stored("segment.x", b"stored")
        await bus.publish("notice.x", b"heard")
        await until(lambda: inbox.messages)


def test_the_wait_between_connections_has_a_maximum() -> None:
    waits = [backoff_s(failures) for failures in range(50)]
    assert waits == sorted(waits)
    assert waits[-1] == BACKOFF_S_MAX
