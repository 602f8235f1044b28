"""What questions cost while readings arrive, and what arriving readings cost meanwhile.

Three processes, as in production: one publishes 200,000 readings per second in segments of 1,000
on a real bus, one is intake (it verifies chain and signatures, and commits), and this one asks. The
store holds the fleet's day of `promise_queries`. The same questions are put first while nothing
arrives, then while it does; at the end intake must have kept up.
"""

import asyncio
import json
import signal as signals
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from bench.promise_intake import (
    SOURCES,
    sealed_source,
    stored,
    url_of,
    write_files,
    write_server,
)
from bench.promise_queries import (
    ENERGY,
    HEAT,
    MACHINES,
    POINTS,
    SIGNALS,
    THE_DAY,
    build,
    signal,
)
from bench.records import Promise
from lineshaft.core.period import Instant, Period
from lineshaft.infrastructure.bus import Bus, server_command
from lineshaft.infrastructure.clock import RandomIds, SystemClock
from lineshaft.platform.historian.intake.bus import segment_queue
from lineshaft.platform.historian.intake.commit import Committed, Committer
from lineshaft.platform.historian.intake.program import Intake, IntakeLimits
from lineshaft.platform.historian.model import Commit
from lineshaft.platform.historian.queries.model import FleetQuery
from tests.platform.historian.house import ACTOR, House, Source

NAMES = (
    "query_under_load",
    "query_under_load_p99",
    "query_idle_p99",
    "query_under_load_intake",
    "query_under_load_write_p99",
)
RATIO_MAX, WRITE_MS_MAX, RATE_MIN = 3, 100, 200_000
QUERIES = 2_000
SEGMENT = 1_000
SECONDS = 90
"""For so long at most readings arrive; it must be longer than the questions take."""
SETTLED = 200 * SEGMENT
"""Readings that are stored before the questions begin."""
KEPT_UP_S = 2
"""How far intake may be behind the publisher at the end."""
HOUR_US = 3_600_000_000
DEADLINE_S = 60

Question = Callable[[int], object]


def measure() -> list[Promise]:
    """Ask idle, then under load."""
    sources = [sealed_source(one, SEGMENT, segments_each()) for one in range(SOURCES)]
    with tempfile.TemporaryDirectory(prefix="lineshaft-bench-") as name:
        directory = Path(name)
        house = build(directory, with_year=False)
        write_files(directory, sources)
        del sources
        asked(house, QUERIES // 10)  # warm
        idle_ms = p99(asked(house, QUERIES))
        with arriving(directory):
            wait_for(lambda: stored(house) >= SETTLED)
            began_s, before = time.monotonic(), stored(house)
            loaded_ms = p99(asked(house, QUERIES))
            taken = (stored(house) - before) / (time.monotonic() - began_s)
            published = int((directory / "published").read_text())
            wait_for(lambda: stored(house) >= published, KEPT_UP_S)
        writes_ms = json.loads((directory / "writes").read_text())
    return [
        Promise.at_most("query_under_load", loaded_ms / idle_ms, "times idle", RATIO_MAX),
        Promise("query_under_load_p99", loaded_ms, "ms"),
        Promise("query_idle_p99", idle_ms, "ms"),
        # The publisher is exact; what it sent within the last commit has not been counted.
        Promise.at_least("query_under_load_intake", taken, "readings/s", RATE_MIN * 0.99),
        Promise.at_most("query_under_load_write_p99", p99(writes_ms), "ms", WRITE_MS_MAX),
    ]


def segments_each() -> int:
    return RATE_MIN * SECONDS // SEGMENT // SOURCES


def p99(times_ms: list[float]) -> float:
    return float(np.percentile(times_ms, 99))


def wait_for(condition: Callable[[], bool], deadline_s: float = DEADLINE_S) -> None:
    end_s = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > end_s:
            msg = f"intake did not keep up within {deadline_s} s"
            raise AssertionError(msg)
        time.sleep(0.02)


# ---- questions


def asked(house: House, count: int) -> list[float]:
    """Put so many questions of all kinds in turn; return the milliseconds of each."""
    kinds = questions(house)
    times = []
    for number in range(count):
        start = time.perf_counter()
        kinds[number % len(kinds)](number)
        times.append((time.perf_counter() - start) * 1_000)
    return times


def questions(house: House) -> list[Question]:
    """Return the kinds of questions: last values, an hour, a day, the fleet's counters."""
    historian = house.historian

    def last(number: int) -> object:
        wanted = [signal(number % MACHINES, one) for one in range(SIGNALS)]
        return historian.latest(ACTOR, wanted)

    def hour(number: int) -> object:
        start = Instant(THE_DAY.start + number % 24 * HOUR_US)
        period = Period(start, Instant(start + HOUR_US))
        return historian.downsample(ACTOR, signal(number % MACHINES, HEAT), period, POINTS)

    def day(number: int) -> object:
        return historian.downsample(ACTOR, signal(number % MACHINES, HEAT), THE_DAY, POINTS)

    def counters(_number: int) -> object:
        wanted = [signal(machine, ENERGY) for machine in range(MACHINES)]
        return historian.functions.increase(ACTOR, FleetQuery(wanted, THE_DAY))

    return [last, hour, day, counters]


# ---- what arrives


@contextmanager
def arriving(directory: Path) -> Iterator[None]:
    """Run bus, intake and publisher; what intake's commits took is in `writes` afterwards."""
    command = (sys.executable, "-m", "bench.promise_load")
    server = subprocess.Popen(server_command(write_server(directory)), stderr=subprocess.DEVNULL)
    intake = subprocess.Popen((*command, "intake", str(directory)))
    publisher = subprocess.Popen((*command, "publish", str(directory)))
    try:
        yield
    finally:
        for process in (publisher, intake, server):
            process.send_signal(signals.SIGTERM)
            process.wait()


class TimedCommitter(Committer):
    """Notes how long each commit takes: files, fsync and transaction."""

    def __init__(self, house: House) -> None:
        super().__init__(house.database, house.manifest, house.files, house.clock)
        self.times_ms: list[float] = []
        self._prepared_s: dict[int, float] = {}

    def prepare(self, *given: object, **named: object) -> Commit:
        start = time.perf_counter()
        commit = super().prepare(*given, **named)
        self._prepared_s[id(commit)] = time.perf_counter() - start
        return commit

    def register(self, commit: Commit, *given: object, **named: object) -> Committed:
        start = time.perf_counter()
        committed = super().register(commit, *given, **named)
        elapsed_s = time.perf_counter() - start + self._prepared_s.pop(id(commit))
        self.times_ms.append(elapsed_s * 1_000)
        return committed


async def take(directory: Path) -> None:
    """Be intake until SIGTERM."""
    house = House(directory)
    clock = SystemClock()
    house.use(clock, RandomIds(clock))
    house.know(*(Source(f"edge-{number}") for number in range(SOURCES)))
    house.committer = timed = TimedCommitter(house)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signals.SIGTERM, stop.set)
    async with Bus(url_of(directory), name="intake") as bus:
        await bus.wait_connected(10)
        queue = await segment_queue(bus)
        running = asyncio.create_task(Intake(house.parts(), queue, bus, IntakeLimits()).run())
        (directory / "ready").touch()
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        running.cancel()
    (directory / "writes").write_text(json.dumps(timed.times_ms))


async def publish(directory: Path) -> None:
    """Publish at the rate, as edges do; keep in `published` how many readings were sent."""
    while not (directory / "ready").exists():
        await asyncio.sleep(0.02)
    content = memoryview((directory / "segments").read_bytes())
    async with Bus(url_of(directory), name="edges") as bus:
        await bus.wait_connected(10)
        at, sent, window = 0, 0, []
        began_s = time.monotonic()
        while at < len(content):
            pieces = []
            for _ in range(2):
                size = int.from_bytes(content[at : at + 4], "big")
                pieces.append(bytes(content[at + 4 : at + 4 + size]))
                at += 4 + size
            window.append(await bus.publish_async(pieces[0].decode(), pieces[1]))
            sent += SEGMENT
            if len(window) < SOURCES:
                continue
            await asyncio.gather(*window)
            window = []
            (directory / "published.new").write_text(str(sent))
            (directory / "published.new").rename(directory / "published")
            await asyncio.sleep(max(0.0, began_s + sent / RATE_MIN - time.monotonic()))


if __name__ == "__main__":
    work = {"intake": take, "publish": publish}[sys.argv[1]]
    asyncio.run(work(Path(sys.argv[2])))
