"""A life that stores, compacts and dies at a chosen point; `long_runs/store_crashes` forks them.

What it does follows from the directory alone: it goes on where an earlier one was killed, as intake
does after a restart, until everything is stored and compacted.
"""

from pathlib import Path

from lineshaft.core.clock import ManualClock
from lineshaft.core.period import Instant
from lineshaft.infrastructure.clock import RandomIds, SystemClock
from tests.platform.historian.crashpoints import CrashPoints
from tests.platform.historian.house import ACTOR, HOUR, SECOND, START, House, Source

SEGMENTS_PER_COMMIT = 4
RECORDS = 12
COMMITS = 12
LATE_EVERY = 5
JOURNAL, ACKNOWLEDGED, PASSED = "journal", "acknowledged", "passed"


def plant() -> Source:
    """A source over a day and two hours: regular readings, equal instants, late data."""
    source = Source("edge-1")
    for number in range(COMMITS * SEGMENTS_PER_COMMIT):
        for index in range(RECORDS):
            at = START + number * HOUR * 26 // (COMMITS * SEGMENTS_PER_COMMIT)
            at += (index // 3) * 60 * SECOND
            if number % LATE_EVERY == LATE_EVERY - 1:
                at -= 3 * HOUR
            source.add(f"m1/s{index % 3}", max(at, START), number * 100 + index)
        source.seal()
    return source


def open_house(directory: Path) -> House:
    """Open the store as a new process does, with a clock that is past the plant's days."""
    house = House(directory)
    clock = ManualClock(Instant(START + 30 * 24 * HOUR))
    house.use(clock, RandomIds(SystemClock()))
    return house


def work(house: House, source: Source, points: CrashPoints | None = None) -> None:
    """Store what is not stored yet, commit by commit, and compact behind each."""
    house.merger.clear_orphans()
    while (done := mark(house, source)) < len(source.segments):
        house.store_some(source, SEGMENTS_PER_COMMIT)
        if points is not None:
            points.note(f"{ACKNOWLEDGED} {mark(house, source)}")
        assert mark(house, source) > done
        house.compact()
    house.compact()


def mark(house: House, source: Source) -> int:
    """Return how many segments of the source are stored."""
    known = house.historian.marks(ACTOR).get((source.name, source.epoch))
    return known.number if known else 0


def live(directory: Path, at: int) -> None:
    """Work in a directory, and die at a point; at the end the journal says how many there were."""
    source = plant()
    house = open_house(directory)
    house.know(source)
    points = CrashPoints(at, directory / JOURNAL)
    points.install(house.database)
    work(house, source, points)
    points.note(f"{PASSED} {points.passed}")
