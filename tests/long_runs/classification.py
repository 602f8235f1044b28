"""Random sets of intervals: every second of required time has the class that brute force gives it.

Priorities, overlaps, calendars with holes and gaps; the sum of the classes is the period (I7).
"""

import random

from bench.records import Outcome, told
from lineshaft.core.period import Instant, Period
from lineshaft.services.contracts.indicators.classification import (
    Cause,
    Claim,
    TimeClass,
    classify,
    durations_of,
)
from tests.services.contracts.brute_force import classes_by_the_second

FULL = 10_000
SLICE = 500
SECONDS = 900
CLAIMS = 20


def run(count: int, seed: int) -> Outcome:
    """Classify `count` sets of intervals drawn by the seed, also by looking at each second."""
    source = random.Random(seed)
    wrong, seconds = 0, 0
    for _ in told(range(count), count):
        required = [interval(source) for _ in range(source.randint(0, 4))]
        causes = list(Cause)
        claims = [
            Claim(interval(source), source.choice(causes)) for _ in range(source.randint(0, CLAIMS))
        ]
        expected = classes_by_the_second(required, claims)
        seconds += len(expected)
        wrong += not agrees(required, claims, expected)
    detail = f"{wrong} of {count} sets classified in another way"
    return Outcome(not wrong, detail, {"sets": count, "seconds": seconds, "wrong": wrong})


def interval(source: random.Random) -> Period:
    start = source.randrange(SECONDS)
    return Period(Instant(start), Instant(source.randint(start + 1, SECONDS)))


def agrees(required: list[Period], claims: list[Claim], expected: dict[int, TimeClass]) -> bool:
    """Tell whether each second is in one interval, of the right class, and the sum is whole."""
    intervals = classify(required, claims)
    found: dict[int, TimeClass] = {}
    for each in intervals:
        found |= dict.fromkeys(range(each.period.start, each.period.end), each.time_class)
    whole = durations_of(intervals).required_us
    return found == expected and whole == len(expected)
