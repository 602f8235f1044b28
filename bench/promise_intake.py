"""Intake: segments through the bus, verification and a durable commit.

The segments are sealed beforehand and published by a process of their own, as edges would; the time
runs from the first publication to the commit of the last record, counted from the manifest.
"""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.records import Promise
from lineshaft.core.messages import segment_subject
from lineshaft.core.period import Instant
from lineshaft.core.reading import SignalId
from lineshaft.core.segment import merkle
from lineshaft.core.segment.block import HAS_EXPONENT, HAS_MANTISSA, BlockColumns, encode_block
from lineshaft.core.segment.header import NO_PREVIOUS, Header, sign
from lineshaft.core.segment.wire import SealedSegment, encode_segment
from lineshaft.infrastructure.bus import (
    Bus,
    BusUser,
    ServerConfig,
    free_port,
    server_command,
    write_server_config,
)
from lineshaft.platform.historian.intake.bus import segment_queue
from lineshaft.platform.historian.intake.program import Intake, IntakeLimits
from tests.platform.historian.house import ACTOR, House, Source

NAMES = ("intake_1000", "intake_100")
LIMITS = {1_000: 300_000, 100: 60_000}
SEGMENTS = {1_000: 2_000, 100: 4_000}
SOURCES = 4
ROUNDS = 3
SIGNALS = 10
STEP_US = 100_000
START_US = 1_800_000_000_000_000
PASSWORD = "a-password-of-the-bench"
DEADLINE_S = 120


def measure() -> list[Promise]:
    """Measure both sizes of segments."""
    return [
        Promise.at_least(f"intake_{size}", rate(size), "readings/s", limit)
        for size, limit in LIMITS.items()
    ]


def rate(size: int) -> float:
    """Return readings per second with segments of `size` readings: the median of some rounds."""
    sources = [sealed_source(number, size) for number in range(SOURCES)]
    return statistics.median(one_rate(sources) for _ in range(ROUNDS))


def one_rate(sources: list[Source]) -> float:
    """Return readings per second of one round, with a bus and a store of its own."""
    with tempfile.TemporaryDirectory(prefix="lineshaft-bench-") as name:
        directory = Path(name)
        write_files(directory, sources)
        config = write_server(directory)
        server = subprocess.Popen(server_command(config), stderr=subprocess.DEVNULL)
        try:
            return asyncio.run(taken(directory, sources, url_of(directory)))
        finally:
            server.terminate()
            server.wait()


def sealed_source(number: int, size: int, segments: int | None = None) -> Source:
    """Seal segments of decimals from whole arrays: making records one by one takes minutes."""
    source = Source(f"edge-{number}")
    previous = NO_PREVIOUS
    for index in range(segments or SEGMENTS[size] // SOURCES):
        sequence = index * size + 1 + np.arange(size)
        blocks = [
            block(f"machine-{number}/signal-{signal}", sequence[signal::SIGNALS])
            for signal in range(SIGNALS)
        ]
        encoded = tuple(encode_block(one) for one in blocks)
        first = int(sequence[0])
        salts = [merkle.salt_of(source.salt, first, one.signal) for one in blocks]
        leaves = [merkle.leaf_hash(*pair) for pair in zip(salts, encoded, strict=True)]
        header = Header(
            source=source.name,
            epoch=source.epoch,
            number=index + 1,
            first_sequence=first,
            last_sequence=first + size - 1,
            min_ts=Instant(int(min(one.ts[0] for one in blocks))),
            max_ts=Instant(int(max(one.ts[-1] for one in blocks))),
            block_count=SIGNALS,
            previous_hash=previous,
            root=merkle.root(leaves),
        )
        source.segments.append(SealedSegment(header, sign(header.encode(), source.key), encoded))
        previous = header.hash()
    return source


def block(signal: str, sequence: NDArray[np.int64]) -> BlockColumns:
    """Return a block of regular readings: a counter with three decimals, ten per second."""
    count = len(sequence)
    step = (sequence - 1) // SIGNALS
    return BlockColumns(
        signal=SignalId(signal),
        first_ordinal=int(step[0]) + 1,
        sequence=sequence.astype(np.uint64),
        ts=START_US + step * STEP_US,
        status=np.zeros(count, dtype=np.uint32),
        kind=np.zeros(count, dtype=np.uint8),
        presence=np.full(count, HAS_MANTISSA | HAS_EXPONENT, dtype=np.uint8),
        own_ts=np.zeros(0, dtype=np.int64),
        mantissa=(sequence * 7_919) % 100_000,
        exponent=np.full(count, -3, dtype=np.int8),
        number=np.zeros(0),
        text=[],
    )


def write_files(directory: Path, sources: list[Source]) -> None:
    """Write the segments of all sources in turn, each behind its length."""
    with (directory / "segments").open("wb") as file:
        for turn in zip(*(source.segments for source in sources), strict=True):
            for segment in turn:
                data = encode_segment(segment)
                subject = segment_subject(segment.header.source).encode()
                file.write(len(subject).to_bytes(4, "big") + subject)
                file.write(len(data).to_bytes(4, "big") + data)


def write_server(directory: Path) -> Path:
    user = BusUser("bench", PASSWORD, (">",), (">",))
    config = ServerConfig(
        port=free_port(),
        store_dir=directory / "bus",
        pid_file=directory / "bus.pid",
        users=(user,),
    )
    write_server_config(directory / "bus.conf", config)
    (directory / "url").write_text(f"nats://bench:{PASSWORD}@127.0.0.1:{config.port}")
    return directory / "bus.conf"


def url_of(directory: Path) -> str:
    return (directory / "url").read_text()


async def taken(directory: Path, sources: list[Source], url: str) -> float:
    house = House(directory)
    house.know(*sources)
    total = sum(source.segments[-1].header.last_sequence for source in sources)
    async with Bus(url, name="intake") as bus:
        await bus.wait_connected(10)
        intake = Intake(house.parts(), await segment_queue(bus), bus, IntakeLimits())
        running = asyncio.create_task(intake.run())
        command = (sys.executable, "-m", "bench.promise_intake", str(directory))
        publisher = subprocess.Popen(command)
        started = None
        async with asyncio.timeout(DEADLINE_S):
            while True:
                await asyncio.sleep(0.02)
                if running.done():
                    running.result()
                if started is None and (directory / "started").exists():
                    started = float((directory / "started").read_text())
                if started and stored(house) == total:
                    break
        elapsed = time.monotonic() - started
        running.cancel()
        publisher.wait()
    report = house.historian.totals(ACTOR)
    if (report.lost, report.duplicated, report.records) != (0, 0, total):
        msg = f"intake lost or doubled: {report}"
        raise AssertionError(msg)
    return total / elapsed


def stored(house: House) -> int:
    with house.database.read() as connection:
        known = house.manifest.source_epochs(connection)
    return sum(one.mark.sequence for one in known)


async def publish(directory: Path) -> None:
    """Publish the file of segments with a window of confirmations, as edges do."""
    content = memoryview((directory / "segments").read_bytes())
    async with Bus(url_of(directory), name="edges") as bus:
        await bus.wait_connected(10)
        (directory / "started.new").write_text(str(time.monotonic()))
        (directory / "started.new").rename(directory / "started")
        at, window = 0, []
        while at < len(content):
            pieces = []
            for _ in range(2):
                size = int.from_bytes(content[at : at + 4], "big")
                pieces.append(bytes(content[at + 4 : at + 4 + size]))
                at += 4 + size
            window.append(await bus.publish_async(pieces[0].decode(), pieces[1]))
            if len(window) >= 128:
                await asyncio.gather(*window)
                window = []
        await asyncio.gather(*window)


if __name__ == "__main__":
    asyncio.run(publish(Path(sys.argv[1])))
