"""The connection to one MTConnect adapter: connect, read lines, keep alive, reconnect."""

import asyncio
import contextlib
import re
import socket

import msgspec
import structlog

from lineshaft.core.clock import Clock
from lineshaft.core.period import Instant
from lineshaft.core.reading import Refused
from lineshaft.network.connectors.model import (
    BATCH_OBSERVATIONS_MAX,
    Batch,
    Observation,
    Sink,
)
from lineshaft.network.connectors.mtconnect.codec import LINE_BYTES_MAX, decode_line
from lineshaft.network.connectors.mtconnect.config import MtconnectConfig
from lineshaft.network.connectors.mtconnect.devices import Device

READ_BYTES_MAX = 65_536
SILENT_HEARTBEATS = 2
"""A peer that is silent for so many of its own heartbeats is gone (as in the reference agent)."""
HEARTBEAT_MS_MAX = 600_000

_PONG = re.compile(rb"\*\s*PONG\s+(\d{1,9})\s*")

_log = structlog.get_logger(__name__)


class _PeerSilent(Exception):
    """The peer has not said anything for too long."""


class _Session(msgspec.Struct):
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    position: int
    heard_at: Instant
    heartbeat_s: float | None = None
    rest: bytes = b""
    is_skipping: bool = False

    def say(self, command: str) -> None:
        if not self.writer.is_closing():
            self.writer.write(f"* {command}\n".encode())


class MtconnectConnector:
    """Reads one adapter; implements `Connector`."""

    def __init__(self, config: MtconnectConfig, device: Device, clock: Clock) -> None:
        """Read the adapter of `config` as the machine `device`."""
        self._config = config
        self._device = device
        self._clock = clock
        self._session: _Session | None = None
        self._durable = 0

    def durable(self, position: int) -> None:
        """Tell the replayer how far its recording is on our disk, where it holds for us."""
        self._durable = position
        if self._config.hold and self._session is not None:
            self._session.say(f"POSITION {position}")

    async def run(self, sink: Sink, position: int) -> None:
        """Connect, deliver, reconnect with back-off, until cancelled."""
        self._durable = position
        wait_s = self._config.retry_min_ms / 1_000
        while True:
            has_heard = await self._connect_once(sink)
            wait_s = self._config.retry_min_ms / 1_000 if has_heard else wait_s
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, self._config.retry_max_ms / 1_000)

    async def _connect_once(self, sink: Sink) -> bool:
        """Hold one connection for as long as it lasts; returns whether the peer said anything."""
        config = self._config
        try:
            async with asyncio.timeout(config.connect_timeout_ms / 1_000):
                reader, writer = await asyncio.open_connection(config.host, config.port)
        except (OSError, TimeoutError) as error:
            _log.info("adapter does not answer", host=config.host, port=config.port, why=str(error))
            return False
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        session = _Session(reader, writer, self._durable, self._clock.now())
        before = session.heard_at
        self._session = session
        try:
            reason, at = await self._hold(session, sink)
        finally:
            self._session = None
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        _log.warning("adapter lost", host=config.host, port=config.port, why=reason)
        await sink.lost(at, reason)
        return session.heard_at != before

    async def _hold(self, session: _Session, sink: Sink) -> tuple[str, Instant]:
        """Read until the connection ends; returns why and since when."""
        await sink.connected()
        if self._config.hold:
            session.say(f"POSITION {self._durable}")
        pinging = asyncio.create_task(self._ping(session))
        try:
            while data := await self._read(session):
                session.heard_at = self._clock.now()
                await self._take(session, data, sink)
        except _PeerSilent:
            return "silent", session.heard_at
        except OSError as error:
            return str(error) or type(error).__name__, self._clock.now()
        finally:
            pinging.cancel()
        return "closed by the peer", self._clock.now()

    async def _read(self, session: _Session) -> bytes:
        if session.heartbeat_s is None:
            # the first answer to a PING sets the limit, so this read must not outlive it
            return await session.reader.read(READ_BYTES_MAX)
        try:
            async with asyncio.timeout(session.heartbeat_s * SILENT_HEARTBEATS):
                return await session.reader.read(READ_BYTES_MAX)
        except TimeoutError:
            raise _PeerSilent from None

    async def _ping(self, session: _Session) -> None:
        while True:
            session.say("PING")
            await asyncio.sleep(session.heartbeat_s or self._config.ping_ms / 1_000)

    async def _take(self, session: _Session, data: bytes, sink: Sink) -> None:
        """Deliver the whole lines of what arrived; keep the cut one for the next time."""
        *lines, session.rest = (session.rest + data).split(b"\n")
        found: list[Observation] = []
        now = self._clock.now()
        for line in lines:
            if session.is_skipping:
                session.is_skipping = False  # the end of a line that was refused already
                session.position += 1
                continue
            found += self._take_line(session, line.rstrip(b"\r"), now)
            if len(found) >= BATCH_OBSERVATIONS_MAX:
                await sink.deliver(Batch(found, self._position(session)))
                found = []
        if session.is_skipping:
            session.rest = b""
        elif len(session.rest) > LINE_BYTES_MAX:
            reason = f"a line of more than {LINE_BYTES_MAX} bytes"
            refused = Refused(self._device.refused_signal, now, reason, session.rest)
            found.append(Observation(refused, session.rest))
            session.rest, session.is_skipping = b"", True
        if found:
            await sink.deliver(Batch(found, self._position(session)))

    def _position(self, session: _Session) -> int | None:
        return session.position if self._config.hold else None

    def _take_line(self, session: _Session, line: bytes, now: Instant) -> list[Observation]:
        if not line.strip():
            return []
        if line.startswith(b"*"):
            pong = _PONG.fullmatch(line)
            if pong is not None:
                session.heartbeat_s = min(max(int(pong[1]), 10), HEARTBEAT_MS_MAX) / 1_000
            return []
        session.position += 1
        return decode_line(line, self._device, now)
