"""What every connector must do, whatever it speaks; a new one adds a peer to `PEERS`.

Bad credentials: each connector that knows any has a case in its own tests; those that know none say
Bad credentials: a connector that knows any has a case in its own tests; one that knows none says
"""

import asyncio
import contextlib
import socket
import tomllib
from collections.abc import AsyncIterator, Callable
from importlib.resources import files
from typing import Protocol

import pytest

from lineshaft.core.period import Instant, format_instant, parse_instant
from lineshaft.core.reading import Reading, Refused
from lineshaft.infrastructure.clock import SystemClock
from lineshaft.network.connectors.model import Batch, Connector, ConnectorConfig
from lineshaft.network.connectors.service import (
    KINDS,
    create_connector,
    describe_kind,
    describe_signals,
    manifest_of,
    sample_day,
)
from tests.network.simulated import until

START = parse_instant("2017-01-01T00:00:00Z")
RULES = {
    "reconnect",
    "duplicate",
    "out_of_order",
    "clock_jump",
    "slow_consumer",
    "bad_credentials",
    "clean_stop",
}


class Peer(Protocol):
    """A machine of one protocol, played by the test."""

    config: ConnectorConfig
    connections: int

    @property
    def is_held(self) -> bool: ...

    async def say(self, ts: Instant, value: int) -> None: ...
    async def say_rubbish(self) -> None: ...
    async def hang_up(self) -> None: ...
    async def flood(self, count: int) -> None: ...


class MtconnectPeer:
    """An adapter that says what the test says."""

    def __init__(self) -> None:
        self.connections = 0
        self._writer: asyncio.StreamWriter | None = None
        self._connected = asyncio.Event()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.config = ConnectorConfig(
            id="c",
            kind="mtconnect",
            machine="m",
            options={
                "port": self._server.sockets[0].getsockname()[1],
                "devices": str(sample_day()[1]),
                "device": "Mazak01",
                "retry_min_ms": 10,
                "retry_max_ms": 20,
            },
        )

    async def stop(self) -> None:
        self._server.close()
        await self.hang_up()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        self._writer = writer
        self.connections += 1
        self._connected.set()
        with contextlib.suppress(OSError):
            while await reader.read(1_000):
                pass
        writer.close()

    async def _write(self, data: bytes) -> None:
        await asyncio.wait_for(self._connected.wait(), 5)
        self._writer.write(data)
        await self._writer.drain()

    async def say(self, ts: Instant, value: int) -> None:
        await self._write(f"{format_instant(ts)}|Xabs|{value}\n".encode())

    async def say_rubbish(self) -> None:
        await self._write(b"\xff\x00 no line of the protocol\n")

    async def hang_up(self) -> None:
        self._connected.clear()
        if self._writer is not None:
            self._writer.transport.abort()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
            self._writer = None

    @property
    def is_held(self) -> bool:
        """Whether the connector does not read what waits for it."""
        return self._writer is not None and self._writer.transport.get_write_buffer_size() > 0

    async def flood(self, count: int) -> None:
        await asyncio.wait_for(self._connected.wait(), 5)
        for i in range(count):
            self._writer.write(f"{format_instant(START)}|Xabs|{i}\n".encode())
            if i % 1_000 == 0:
                await self._writer.drain()


PEERS: dict[str, Callable[[], MtconnectPeer]] = {"mtconnect": MtconnectPeer}


class Recorder:
    """A sink that keeps everything, and waits where the test wants it to."""

    def __init__(self) -> None:
        self.items: list[Reading | Refused] = []
        self.events: list[str] = []
        self.room = asyncio.Event()
        self.room.set()

    async def deliver(self, batch: Batch) -> None:
        await self.room.wait()
        self.items += [o.item for o in batch.observations]

    async def connected(self) -> None:
        self.events.append("connected")

    async def lost(self, at: Instant, reason: str) -> None:
        assert at > START
        assert reason
        self.events.append("lost")

    @property
    def values(self) -> list[int]:
        return [i.value.mantissa for i in self.items if isinstance(i, Reading)]


@pytest.fixture(params=sorted(KINDS))
async def peer(request: pytest.FixtureRequest) -> AsyncIterator[Peer]:
    peer = PEERS[request.param]()
    await peer.start()
    yield peer
    await peer.stop()


@pytest.fixture
async def sink(peer: Peer) -> AsyncIterator[Recorder]:
    """A recorder that the connector delivers to."""
    recorder = Recorder()
    connector: Connector = create_connector(peer.config, SystemClock())
    task = asyncio.create_task(connector.run(recorder, 0))
    yield recorder
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_it_reconnects_and_says_that_it_was_cut(peer: Peer, sink: Recorder) -> None:
    await peer.say(START, 1)
    await until(lambda: sink.values == [1])
    await peer.hang_up()
    await peer.say(START, 2)
    await until(lambda: sink.values == [1, 2])
    assert sink.events == ["connected", "lost", "connected"]
    assert peer.connections == 2


async def test_what_is_said_twice_is_delivered_twice(peer: Peer, sink: Recorder) -> None:
    await peer.say(START, 1)
    await peer.say(START, 1)
    await until(lambda: sink.values == [1, 1])


async def test_the_order_is_that_of_arrival(peer: Peer, sink: Recorder) -> None:
    for value, step in enumerate((3, 1, 2)):
        await peer.say(Instant(START + step), value)
    await until(lambda: sink.values == [0, 1, 2])
    assert [item.ts - START for item in sink.items] == [3, 1, 2]


async def test_a_jump_of_the_peers_clock_is_passed_on(peer: Peer, sink: Recorder) -> None:
    days = (0, 3_650, -3_650)
    for day in days:
        await peer.say(Instant(START + day * 86_400_000_000), 1)
    await until(lambda: len(sink.items) == 3)
    assert [(item.ts - START) // 86_400_000_000 for item in sink.items] == list(days)


async def test_rubbish_is_a_refusal_and_ends_nothing(peer: Peer, sink: Recorder) -> None:
    await peer.say_rubbish()
    await peer.say(START, 1)
    await until(lambda: sink.values == [1])
    assert [type(item) for item in sink.items] == [Refused, Reading]
    assert sink.events == ["connected"]


async def test_a_slow_consumer_holds_the_peer_and_loses_nothing(peer: Peer, sink: Recorder) -> None:
    count = 100_000
    sink.room.clear()
    flood = asyncio.create_task(peer.flood(count))
    await until(lambda: peer.is_held)
    before = len(sink.items)
    assert not flood.done()
    sink.room.set()
    await asyncio.wait_for(flood, 9)
    await until(lambda: len(sink.items) == count)
    assert before < count
    assert sink.values == list(range(count))


async def test_a_stop_lets_go_of_the_peer(peer: Peer) -> None:
    recorder = Recorder()
    task = asyncio.create_task(create_connector(peer.config, SystemClock()).run(recorder, 0))
    await peer.say(START, 1)
    await until(lambda: recorder.values == [1])
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 1)
    assert peer.connections == 1


@pytest.mark.parametrize("name", sorted(KINDS))
def test_each_connector_is_complete(name: str) -> None:
    folder = files("lineshaft.network.connectors").joinpath(name)
    quality = tomllib.loads(folder.joinpath("quality.toml").read_text())["rules"]
    assert manifest_of(name).name == name
    assert quality.keys() >= RULES
    for rule, entry in quality.items():
        assert entry["status"] in {"done", "exempt"}, rule
        assert entry["status"] == "done" or entry["comment"], rule
    assert all(option.help for option in describe_kind(name))
    assert name in PEERS
    assert folder.joinpath("README.md").is_file()


async def test_signals_are_known_before_the_first_reading(peer: Peer) -> None:
    signals = {s.signal: s for s in describe_signals(peer.config)}
    assert signals["m/Xabs"].unit == "MMT"
    assert signals["m/Xabs"].is_numeric
