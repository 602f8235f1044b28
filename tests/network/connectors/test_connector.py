"""The connection to an adapter: heartbeat, silence, long lines, hold; and the options."""
# ruff: noqa: SIM117 - nested blocks show who serves whom

import asyncio
import contextlib
import re

import pytest

from lineshaft.core.clock import ManualClock
from lineshaft.core.errors import NotFound
from lineshaft.core.period import Instant, parse_instant
from lineshaft.core.reading import Refused
from lineshaft.network.connectors.model import (
    Batch,
    ConnectorConfig,
    ConnectorConfigInvalid,
    parse_options,
)
from lineshaft.network.connectors.mtconnect.codec import LINE_BYTES_MAX
from lineshaft.network.connectors.mtconnect.config import MtconnectConfig
from lineshaft.network.connectors.mtconnect.connector import MtconnectConnector
from lineshaft.network.connectors.mtconnect.devices import Device
from lineshaft.network.connectors.service import create_connector, describe_signals, sample_day
from tests.network.simulated import until

NOW = parse_instant("2027-01-01T00:00:00Z")
STAMP = b"2026-06-22T00:00:00Z"


class Adapter:
    """Sends what it is told, answers PING with `pong`, keeps the commands that it hears."""

    def __init__(self, *replies: bytes, pong: bytes = b"") -> None:
        self.replies, self.pong = list(replies), pong
        self.heard: list[bytes] = []
        self.connections = 0
        self.serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Adapter":
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()
        if self.serving:
            await asyncio.wait(self.serving, timeout=5)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.serving.add(asyncio.current_task())
        with contextlib.suppress(OSError):
            for reply in self.replies:
                writer.write(reply)
            while line := await reader.readline():
                self.heard.append(line.strip())
                if self.pong and b"PING" in line:
                    writer.write(self.pong)
                    self.pong = b""
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


class Sink:
    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.losses: list[tuple[Instant, str]] = []

    async def deliver(self, batch: Batch) -> None:
        self.batches.append(batch)

    async def connected(self) -> None: ...

    async def lost(self, at: Instant, reason: str) -> None:
        self.losses.append((at, reason))

    @property
    def items(self) -> list[object]:
        return [o.item for batch in self.batches for o in batch.observations]


class Running:
    def __init__(
        self, adapter: Adapter, device: Device, *, hold: bool = False, position: int = 0
    ) -> None:
        config = MtconnectConfig(
            port=adapter.port,
            devices="-",
            device="-",
            hold=hold,
            ping_ms=20,
            retry_min_ms=10,
            retry_max_ms=20,
        )
        self.clock = ManualClock(NOW)
        self.connector = MtconnectConnector(config, device, self.clock)
        self.sink = Sink()
        self.position = position

    async def __aenter__(self) -> "Running":
        self.task = asyncio.create_task(self.connector.run(self.sink, self.position))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_a_silent_adapter_is_lost_since_it_was_last_heard(mazak: Device) -> None:
    async with Adapter(STAMP + b"|Xabs|1\n", pong=b"* PONG 50\n") as adapter:
        async with Running(adapter, mazak) as running:
            await until(lambda: bool(running.sink.losses))
            assert running.sink.losses[0] == (NOW, "silent")
            await until(lambda: adapter.connections >= 2)


async def test_an_adapter_without_heartbeat_is_trusted(mazak: Device) -> None:
    async with Adapter() as adapter, Running(adapter, mazak) as running:
        await until(lambda: adapter.heard.count(b"* PING") >= 5)
        assert running.sink.losses == []


async def test_a_line_beyond_the_maximum_is_one_refusal(mazak: Device) -> None:
    line = STAMP + b"|program|" + b"a" * (3 * LINE_BYTES_MAX) + b"\n"
    async with Adapter(line, STAMP + b"|Xabs|1\n") as adapter:
        async with Running(adapter, mazak) as running:
            await until(lambda: len(running.sink.items) == 2)
            refused, reading = running.sink.items
            assert isinstance(refused, Refused)
            assert re.search("more than 65536 bytes", refused.reason)
            assert reading.signal == "mazak01/Xabs"


async def test_lines_may_come_in_pieces_and_with_any_line_end(mazak: Device) -> None:
    pieces = (
        STAMP[:7],
        STAMP[7:] + b"|Xa",
        b"bs|1\r",
        b"\n\n* shdrVersion: 2\n",
        STAMP + b"|Yabs|2",
    )
    async with Adapter(*pieces) as adapter, Running(adapter, mazak) as running:
        await until(lambda: len(running.sink.items) == 1)
        assert running.sink.items[0].signal == "mazak01/Xabs"
        assert running.sink.batches[0].position is None


async def test_with_hold_the_peer_hears_how_far_we_are(mazak: Device) -> None:
    lines = b"".join(STAMP + b"|Xabs|%d\n" % i for i in range(3))
    async with Adapter(lines) as adapter:
        async with Running(adapter, mazak, hold=True, position=40) as running:
            await until(lambda: b"* POSITION 40" in adapter.heard)
            await until(lambda: bool(running.sink.batches))
            assert running.sink.batches[-1].position == 43
            running.connector.durable(43)
            await until(lambda: b"* POSITION 43" in adapter.heard)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "D"}, "devices is missing"),
        ({"devices": "x", "device": "D", "prot": 1}, "did you mean port"),
        ({"devices": "x", "device": "D", "port": 0}, "from 1 to 65535"),
        ({"devices": "x", "device": "D", "port": True}, "a whole number"),
        ({"devices": "x", "device": "D", "hold": 1}, "true or false"),
        ({"devices": "", "device": "D"}, "expected a text"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConnectorConfigInvalid, match=message):
        parse_options(MtconnectConfig, options, "c")


def test_a_configuration_that_cannot_be_used_is_refused() -> None:
    clock = ManualClock(NOW)
    with pytest.raises(NotFound, match="no connector 'modem'"):
        create_connector(ConnectorConfig(id="c", kind="modem", machine="m"), clock)
    options = {"devices": "/nowhere/Devices.xml", "device": "D"}
    missing = ConnectorConfig(id="c", kind="mtconnect", machine="m", options=options)
    with pytest.raises(ConnectorConfigInvalid, match="cannot read devices"):
        create_connector(missing, clock)
    options = {"devices": str(sample_day()[1]), "device": "Mazak99"}
    unknown = ConnectorConfig(id="c", kind="mtconnect", machine="m", options=options)
    with pytest.raises(NotFound, match="Mazak99"):
        describe_signals(unknown)
