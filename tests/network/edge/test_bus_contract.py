"""What the edge needs of a bus: the simulated one and the real NATS do the same."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lineshaft.core.errors import Unavailable
from lineshaft.core.messages import MESSAGE_BYTES_MAX, SEGMENT_SUBJECTS, SEGMENTS_STREAM
from lineshaft.infrastructure.bus import (
    Bus,
    BusUser,
    ServerConfig,
    StreamSpec,
    free_port,
    server_command,
    write_server_config,
)
from lineshaft.network.ports import SourceBus
from tests.network.simulated import SimulatedBus, until


def stream() -> StreamSpec:
    return StreamSpec(
        name=SEGMENTS_STREAM,
        subjects=(SEGMENT_SUBJECTS,),
        bytes_max=50_000_000,
        age_s_max=60.0,
        message_bytes_max=MESSAGE_BYTES_MAX,
        discard="new",
    )


@pytest.fixture
def nats_url(tmp_path: Path) -> str:
    port = free_port()
    hub = BusUser("hub", "password", publish=(">",), subscribe=(">",))
    write_server_config(
        tmp_path / "bus.conf",
        ServerConfig(
            port=port,
            store_dir=tmp_path / "bus",
            pid_file=tmp_path / "bus.pid",
            users=(hub,),
            store_mb_max=200,
        ),
    )
    process = subprocess.Popen(
        server_command(tmp_path / "bus.conf"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield f"nats://hub:password@127.0.0.1:{port}"
    process.terminate()
    process.wait(5)


@pytest.fixture(
    params=[
        "simulated",
        pytest.param("nats", marks=[pytest.mark.engine, pytest.mark.timeout(30)]),
    ]
)
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[SourceBus]:
    if request.param == "simulated":
        simulated = SimulatedBus()
        simulated.answers["enrol"] = lambda data: b"answer to " + data
        yield simulated
        return
    async with Bus(request.getfixturevalue("nats_url"), name="test") as real:
        await real.wait_connected(10)
        await real.ensure_stream(stream())

        async def answer(message: object) -> None:
            await message.respond(b"answer to " + message.data)

        await real.subscribe("enrol", answer)
        yield real


async def test_a_subscriber_gets_messages_in_order_until_it_closes(bus: SourceBus) -> None:
    heard: list[bytes] = []

    async def receive(message: object) -> None:
        heard.append(message.data)

    subscription = await bus.subscribe("notice.edge-1", receive)
    for i in range(20):
        await bus.publish("notice.edge-1", b"%d" % i)
    await until(lambda: len(heard) == 20)
    assert heard == [b"%d" % i for i in range(20)]
    await subscription.close()
    await bus.publish("notice.edge-1", b"late")
    await asyncio.sleep(0.05)
    assert len(heard) == 20


async def test_the_stream_takes_segments_and_says_so(bus: SourceBus) -> None:
    stored = [await bus.publish_async("segment.edge-1", b"%d" % i) for i in range(20)]
    numbers = await asyncio.gather(*stored)
    assert all(number >= 1 for number in numbers)


async def test_a_request_is_answered_or_unavailable(bus: SourceBus) -> None:
    assert await bus.request("enrol", b"me") == b"answer to me"
    with pytest.raises(Unavailable):
        await bus.request("nobody.there", b"me")


async def test_a_new_bus_is_connected(bus: SourceBus) -> None:
    assert bus.is_connected
