"""The processes of `promise_reopen`: one commits until it is killed, the other one opens the store.

They import nothing of the bench that the product would not: the time of a start is measured.
"""

import json
import sys
import time
from pathlib import Path

from bench.fleet import SECOND_US, START_US, Fleet, Machine
from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import SignalId
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.model import RangeQuery
from tests.platform.historian.house import ACTOR, House

LATER = 10_000
"""Machines from this number on are those that are committed until the kill."""
COMMIT_READINGS = 10_000
DAY_S, HOUR_US = 86_400, 3_600_000_000


def open_house(directory: Path) -> House:
    return House(directory, Database(f"sqlite:///{directory / 'hub.sqlite'}"))


def commit_forever(directory: Path) -> None:
    """Commit the readings of other machines until killed; say after each commit how many."""
    house, committed = open_house(directory), 0
    for segments in Fleet(10, DAY_S, first=LATER).commits(COMMIT_READINGS):
        house.clock.advance(SECOND_US)
        committed += house.committer.commit(segments).records
        print(committed, flush=True)


def open_and_answer(directory: Path) -> None:
    """Do what intake does before its first commit, then answer two questions."""
    started_s = time.monotonic()
    house = open_house(directory)
    house.intake()._recover()
    marks = house.historian.marks(ACTOR)
    signals = [SignalId(name) for name in Machine(0, Fleet(1, 0), START_US).signals]
    last = house.historian.latest(ACTOR, signals)
    hour = Period(Instant(START_US), Instant(START_US + HOUR_US))
    rows = house.historian.readings(ACTOR, RangeQuery(signals[0], hour))
    answer = {
        "marks": sum(mark.sequence for (name, _), mark in marks.items() if number(name) >= LATER),
        "last": len(last),
        "hour": rows.num_rows,
        "seconds": time.monotonic() - started_s,
    }
    print(json.dumps(answer), flush=True)


def number(source: str) -> int:
    return int(source.rpartition("-")[2])


if __name__ == "__main__":
    {"commit": commit_forever, "open": open_and_answer}[sys.argv[1]](Path(sys.argv[2]))
