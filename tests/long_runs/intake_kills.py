"""kill -9 of intake at random points of a stream: nothing lost, nothing doubled, no orphan read.

An intake process on a real bus takes the segments of two sources, which send again from the last
commit notice when none has come for a while, as an edge does. It is killed again and again until
it has been killed `count` times and everything is stored.
"""

import asyncio
import contextlib
import random
import subprocess
import tempfile
from pathlib import Path

from bench.records import Outcome
from lineshaft.core.errors import Unavailable
from lineshaft.core.messages import Notice, decode, notice_subject, segment_subject
from lineshaft.core.segment.wire import encode_segment
from lineshaft.infrastructure.bus import (
    Bus,
    BusMessage,
    BusUser,
    ServerConfig,
    free_port,
    server_command,
    write_server_config,
)
from lineshaft.platform.historian.intake.bus import SEGMENTS
from tests import lean
from tests.platform.historian.house import ACTOR, House, Source

FULL = 40
SLICE = 3

ROUND_SEGMENTS = 40
RECORDS = 20
SILENCE_S = 0.7
DEADLINE_S_PER_KILL = 15
PASSWORD = "a-password-of-this-run"


def run(count: int, seed: int) -> Outcome:
    """Kill intake `count` times."""
    with tempfile.TemporaryDirectory(prefix="lineshaft-kills-") as name:
        directory = Path(name)
        url, config = server_of(directory)
        server = subprocess.Popen(server_command(config), stderr=subprocess.DEVNULL)
        try:
            return asyncio.run(killed(directory, url, count, random.Random(seed)))
        finally:
            server.kill()
            server.wait()


def server_of(directory: Path) -> tuple[str, Path]:
    config = ServerConfig(
        port=free_port(),
        store_dir=directory / "bus",
        pid_file=directory / "bus.pid",
        users=(BusUser("hub", PASSWORD, (">",), (">",)),),
    )
    write_server_config(directory / "bus.conf", config)
    return f"nats://hub:{PASSWORD}@127.0.0.1:{config.port}", directory / "bus.conf"


class Edge:
    """Sends the segments of a source, again from the last commit notice after a silence."""

    def __init__(self, bus: Bus, source: Source) -> None:
        self.source, self.committed = source, 0
        self._bus, self._sent = bus, 0
        self._heard = asyncio.Event()

    async def on_notice(self, message: BusMessage) -> None:
        notice = decode(message.data, Notice)
        if notice.kind == "committed":
            self.committed = max(self.committed, notice.number)
        if notice.kind == "missing":
            self._sent = min(self._sent, notice.number)
        self._heard.set()

    @property
    def is_done(self) -> bool:
        return self.committed == len(self.source.segments)

    async def send(self) -> None:
        """Send for ever; a segment that cannot be sent now is sent again."""
        while True:
            with contextlib.suppress(Unavailable):
                for segment in self.source.segments[self._sent :]:
                    subject = segment_subject(self.source.name)
                    await self._bus.publish_stored(subject, encode_segment(segment))
                    self._sent = segment.header.number
            self._heard.clear()
            try:
                async with asyncio.timeout(SILENCE_S):
                    await self._heard.wait()
            except TimeoutError:
                self._sent = self.committed


async def killed(directory: Path, url: str, count: int, rng: random.Random) -> Outcome:
    house = House(directory)
    sources = [Source("edge-1"), Source("edge-2")]
    house.know(*sources)
    taker = start(directory, url, sources)
    kills = 0
    async with Bus(url, name="edges") as bus, asyncio.timeout(DEADLINE_S_PER_KILL * (count + 1)):
        await bus.wait_connected(10)
        await bus.ensure_stream(SEGMENTS)
        edges = [Edge(bus, source) for source in sources]
        for edge in edges:
            await bus.subscribe(notice_subject(edge.source.name), edge.on_notice)
        senders = [asyncio.create_task(edge.send()) for edge in edges]
        while kills < count or not all(edge.is_done for edge in edges):
            if kills < count:
                for source in sources:
                    source.fill(ROUND_SEGMENTS, RECORDS, step=60_000_000)
                before = [edge.committed for edge in edges]
                await some_progress(edges, before, rng)
                taker.kill()
                taker.wait()
                kills += 1
                taker = start(directory, url, sources)
            await asyncio.sleep(0.02)
        for sender in senders:
            sender.cancel()
    taker.kill()
    taker.wait()
    return judged(house, sources, kills)


async def some_progress(edges: list[Edge], before: list[int], rng: random.Random) -> None:
    """Wait until something was committed since, and then for a random moment."""
    while [edge.committed for edge in edges] == before:
        await asyncio.sleep(0.01)
    await asyncio.sleep(rng.uniform(0, 0.15))


def start(directory: Path, url: str, sources: list[Source]) -> "subprocess.Popen[bytes]":
    names = [source.name for source in sources]
    command = lean.command("tests.platform.historian.taker", str(directory), url, *names)
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def judged(house: House, sources: list[Source], kills: int) -> Outcome:
    """Count from the files, check every proof, and see what the kills have left behind."""
    orphans = len(house.merger.clear_orphans())
    totals, report = house.historian.totals(ACTOR), house.historian.check(ACTOR)
    sent = sum(len(source.records) for source in sources)
    counts = {
        "kills": kills,
        "records": totals.records,
        "lost": sent - totals.distinct,
        "duplicated": totals.duplicated,
        "orphans": orphans,
    }
    is_ok = totals.records == totals.distinct == sent and report.is_ok
    return Outcome(is_ok=is_ok, detail="; ".join(report.faults[:3]), counts=counts)
