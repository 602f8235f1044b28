"""Verify: the document of a day with a million counter readings, with its bundle, offline."""

import time

from bench.records import Promise
from lineshaft.services.evidence.verify import JSON, verify
from tests.services.evidence.world import HOUR_US, PERIOD, Recorder, make_world

NAMES = ("verify_million",)
READINGS = 1_000_000
ROUNDS = 3
LIMIT_S = 5.0


def measure() -> list[Promise]:
    """Measure the whole verification, from the bytes of the files to the report; the median."""
    world = make_world(record_million, segment_records=1_000)
    durations_s = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        report = verify(world.document, JSON, world.keys, bundle=world.bundle)
        durations_s.append(time.perf_counter() - started)
        assert report.exit_code == 0, report
    return [Promise.at_most("verify_million", sorted(durations_s)[ROUNDS // 2], "s", LIMIT_S)]


def record_million(recorder: Recorder) -> None:
    """Record a counter that rises by a second each second, 1,000,000 times, and some states."""
    start, end = PERIOD.start - HOUR_US, PERIOD.end + HOUR_US
    step_us = (end - start) // READINGS
    for number in range(READINGS):
        ts = start + number * step_us
        recorder.count(ts, (ts - start) // 1_000_000)
        if number % 10_000 == 0:
            recorder.state(ts, "ACTIVE")
