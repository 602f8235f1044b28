"""The replayer: serves a recorded SHDR file on a TCP port, like the machine's adapter would.

Run it as `python -m lineshaft.network.connectors.mtconnect.replay FILE [--port N] [--speed S]`.
"""

import argparse
import asyncio
import contextlib
import gzip
import re
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import structlog

from lineshaft.core.clock import Clock
from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_S, Instant, format_instant, parse_instant
from lineshaft.infrastructure.clock import SystemClock
from lineshaft.infrastructure.files import write_durably

STEP_S_MAX = 1.0
"""Longest wait between two lines, however far their stamps are apart."""
WAIT_S_MIN = 0.002
"""Shorter waits cost more than they are worth."""
HOLD_LINES_DEFAULT = 10_000
HOLD_LINES_MAX = 1_000_000
HEARTBEAT_MS = 10_000
CHUNK_LINES_MAX = 500
"""Most lines that are written before the replayer looks at its peer again."""
SPEED_MAX = 1_000_000
COMMAND_BYTES_MAX = 1_024

_log = structlog.get_logger(__name__)

_POSITION = re.compile(rb"\*\s*POSITION\s+(\d{1,18})\s*")
_PING = re.compile(rb"\*\s*PING\s*")


class RecordingInvalid(Invalid):
    """A recording that cannot be read, or a speed or hold that makes no sense."""


class ReplayConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What is replayed and how.

    Attributes:
        path: the recording, plain or `.gz`.
        host, port: where to listen; port 0 takes a free one.
        speed: how many seconds of the recording pass in one second; None: as fast as it is read.
        hold: most lines ahead of what the edge says is on its disk; None: never wait, as a machine.
        is_restamped: each line carries the instant at which it is sent, so that old data look live;
            a new connection then gets the last line of each key first, as an adapter does it.
    """

    path: Path
    host: str = "127.0.0.1"
    port: int = 0
    speed: int | None = 1
    hold: int | None = None
    is_restamped: bool = False

    def __post_init__(self) -> None:
        """Refuse a speed or a hold out of range."""
        if self.speed is not None and not 1 <= self.speed <= SPEED_MAX:
            msg = (
                f"cannot replay at {self.speed} times the speed: expected 1 to {SPEED_MAX}, or max"
            )
            raise RecordingInvalid(msg)
        if self.hold is not None and not 1 <= self.hold <= HOLD_LINES_MAX:
            msg = f"cannot hold at {self.hold} lines: expected 1 to {HOLD_LINES_MAX}"
            raise RecordingInvalid(msg)


def read_lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a recording that carry observations, without line ends.

    Raises:
        RecordingInvalid: when the file cannot be read.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for line in file:
                content = line.rstrip(b"\r\n")
                if content.strip() and not content.startswith(b"*"):
                    yield content
    except (OSError, EOFError) as error:
        msg = f"cannot read the recording {path}: {error}"
        raise RecordingInvalid(msg) from error


def step_s(before: Instant | None, after: Instant | None, speed: int | None) -> float:
    """Return how long to wait between two lines, in seconds: never below 0, at most 1."""
    if before is None or after is None or speed is None:
        return 0.0
    return min(max((after - before) / US_PER_S / speed, 0.0), STEP_S_MAX)


def _stamp(line: bytes) -> Instant | None:
    try:
        return parse_instant(line.partition(b"|")[0].strip().decode())
    except (Invalid, UnicodeDecodeError):
        return None


class Replayer:
    """Serves one recording to one client at a time; a new client takes the place of the old one.

    With `hold`, the client says `* POSITION n` when it connects and after each commit: n lines are
    on its disk. The replayer goes on from line n and stays at most `hold` lines ahead. Without it,
    a reconnect goes on where the last connection ended, and what was under way is lost, as with a
    machine.
    """

    def __init__(self, config: ReplayConfig, clock: Clock | None = None) -> None:
        """Replay as configured; `clock` gives the stamps where they are made anew."""
        self._config = config
        self._clock = clock or SystemClock()
        self._server: asyncio.Server | None = None
        self._client: asyncio.Task[None] | None = None
        self._serving: set[asyncio.Task[Any]] = set()
        self._sent = 0
        self._last_by_key: dict[bytes, bytes] = {}
        self.finished = asyncio.Event()
        """Set once the last line was sent (with `hold`: once it is on the edge's disk)."""

    @property
    def port(self) -> int:
        """The port that it listens on, once started."""
        assert self._server is not None  # noqa: S101 - a bug of the caller
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(
            self._serve, self._config.host, self._config.port, limit=COMMAND_BYTES_MAX
        )

    async def stop(self) -> None:
        """Close the client's connection and the port."""
        if self._server is not None:
            self._server.close()
        await self._drop_client()
        await asyncio.gather(*self._serving)

    async def _drop_client(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.cancel()
            await asyncio.wait({client})

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # asyncio takes a cancelled callback for an error, so the talk is a task of its own
        serving = asyncio.current_task()
        if serving is not None:
            self._serving.add(serving)
            serving.add_done_callback(self._serving.discard)
        await self._drop_client()
        self._client = talk = asyncio.create_task(self._talk(reader, _Peer(writer)))
        await asyncio.wait({talk})
        writer.transport.abort()  # what the peer has not read by now, it will not read
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, peer: "_Peer") -> None:
        listening = asyncio.create_task(peer.listen(reader))
        sending = asyncio.create_task(self._send(peer))
        try:
            await asyncio.wait({listening, sending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            listening.cancel()
            sending.cancel()
            _, failure = await asyncio.gather(listening, sending, return_exceptions=True)
            if isinstance(failure, RecordingInvalid):
                _log.error("replay ended", why=str(failure))

    async def _send(self, peer: "_Peer") -> None:
        if self._config.hold is not None:
            await peer.positioned.wait()
            self._sent = peer.position
        if self._config.is_restamped and self._last_by_key:
            await peer.write([self._restamped(line) for line in self._last_by_key.values()])
        pace = _Pace(self._config.speed)
        chunk: list[bytes] = []
        for line in islice(read_lines(self._config.path), self._sent, None):
            wait_s = pace.wait_s(line)
            if wait_s > 0 or len(chunk) == CHUNK_LINES_MAX or self._is_too_far(peer):
                await peer.write(chunk)
                chunk = []
                await asyncio.sleep(wait_s)
                await self._wait_for(peer)
            chunk.append(self._outgoing(line))
            self._sent += 1
        await peer.write(chunk)
        await peer.wait_for(self._sent if self._config.hold is not None else 0)
        self.finished.set()
        await asyncio.Event().wait()  # an adapter keeps the connection; the peer ends it

    def _is_too_far(self, peer: "_Peer") -> bool:
        hold = self._config.hold
        return hold is not None and self._sent - peer.position >= hold

    async def _wait_for(self, peer: "_Peer") -> None:
        if self._config.hold is not None:
            await peer.wait_for(self._sent - self._config.hold + 1)

    def _outgoing(self, line: bytes) -> bytes:
        if not self._config.is_restamped:
            return line
        self._last_by_key[b"|".join(line.split(b"|", 2)[1:2])] = line
        return self._restamped(line)

    def _restamped(self, line: bytes) -> bytes:
        return format_instant(self._clock.now()).encode() + b"|" + line.partition(b"|")[2]


class _Pace:
    """When the next line is due: steps add up from the start, so that no delay adds up."""

    def __init__(self, speed: int | None) -> None:
        self._speed = speed
        self._before: Instant | None = None
        self._due_s = asyncio.get_running_loop().time()

    def wait_s(self, line: bytes) -> float:
        """Return how long to wait before a line, in seconds; short waits are left to the next."""
        if self._speed is None:
            return 0.0
        stamp = _stamp(line)
        self._due_s += step_s(self._before, stamp, self._speed)
        self._before = stamp if stamp is not None else self._before
        now_s = asyncio.get_running_loop().time()
        # what a slow peer held up is not caught up in a burst
        self._due_s = max(self._due_s, now_s - STEP_S_MAX)
        wait_s = self._due_s - now_s
        return wait_s if wait_s >= WAIT_S_MIN else 0.0


class _Peer:
    """The client of the moment: what it said, and how to write to it."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.position = 0
        self.positioned = asyncio.Event()
        self._moved = asyncio.Condition()

    async def write(self, lines: list[bytes]) -> None:
        if lines:
            self._writer.write(b"\n".join(lines) + b"\n")
            await self._writer.drain()

    async def listen(self, reader: asyncio.StreamReader) -> None:
        """Read commands until the client goes."""
        with contextlib.suppress(OSError, ValueError):  # ValueError: a command without end
            while line := await reader.readline():
                if _PING.fullmatch(line):
                    self._writer.write(f"* PONG {HEARTBEAT_MS}\n".encode())
                elif match := _POSITION.fullmatch(line):
                    async with self._moved:
                        self.position = int(match[1])
                        self._moved.notify_all()
                    self.positioned.set()

    async def wait_for(self, position: int) -> None:
        """Wait until the client has so many lines on its disk."""
        async with self._moved:
            await self._moved.wait_for(lambda: self.position >= position)


def parse_speed(text: str) -> int | None:
    """Read `1`, `600` or `max` (None).

    Raises:
        RecordingInvalid: for anything else.
    """
    if text == "max":
        return None
    if not (text.isascii() and text.isdigit()):
        msg = f"cannot replay at the speed {text!r}: expected a whole number, or max"
        raise RecordingInvalid(msg)
    return int(text)


async def serve(config: ReplayConfig, port_file: Path | None = None) -> None:
    """Serve a recording until cancelled.

    Args:
        config: what and how.
        port_file: gets the port number, durably, once it listens.
    """
    replayer = Replayer(config)
    await replayer.start()
    if port_file is not None:
        write_durably(port_file, f"{replayer.port}\n".encode())
    try:
        await asyncio.Event().wait()
    finally:
        await replayer.stop()


def main(arguments: list[str] | None = None) -> int:
    """Run the replayer from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="replay", description="Serve a recorded SHDR file.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--port-file", type=Path, help="file that gets the port number")
    parser.add_argument("--speed", default="1", help="1, 600 or max")
    parser.add_argument("--hold", nargs="?", type=int, const=HOLD_LINES_DEFAULT, metavar="LINES")
    parser.add_argument("--restamp", action="store_true", help="old data with present stamps")
    given = parser.parse_args(arguments)
    try:
        config = ReplayConfig(
            path=given.file,
            host=given.host,
            port=given.port,
            speed=parse_speed(given.speed),
            hold=given.hold,
            is_restamped=given.restamp,
        )
        next(read_lines(config.path), None)
    except Invalid as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(config, given.port_file))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
