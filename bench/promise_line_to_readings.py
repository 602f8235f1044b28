"""From an invoice line to the readings behind it: a page of a hundred, anywhere in the day.

The day has 93,600 counter readings at one per second, and a page begins behind a cursor drawn by a
seed; the time runs from the request to the rows with their segments.
"""

import random
import tempfile
import time
from pathlib import Path

from bench.records import Promise
from lineshaft.core.pages import PageRequest
from tests.services.evidence.plant import NUMBER, Plant, build_plant, recorded_day
from tests.services.hub import CUSTOMER

NAMES = ("line_to_readings_p95",)
LIMIT_MS = 50.0
PAGES = 200
PAGE_SIZE = 100
SEED = 1
SECOND_US = 1_000_000


def measure() -> list[Promise]:
    """Measure the 95th percentile over pages from all over the day."""
    with tempfile.TemporaryDirectory(prefix="lineshaft-bench-") as name:
        plant = build_plant(Path(name), recorded_day(SECOND_US))
        plant.house.merger.merge(plant.house.merger.crowded())
        durations_ms = sorted(timed_page(plant, cursor) for cursor in cursors(plant))
    p95 = durations_ms[len(durations_ms) * 95 // 100]
    return [Promise.at_most("line_to_readings_p95", p95, "ms", LIMIT_MS)]


def cursors(plant: Plant) -> list[str]:
    """Return cursors behind random readings of the billed day."""
    counts = [r for r in plant.source.records if r.signal == "mazak01/cut_time"][3_600:-3_600]
    chosen = random.Random(SEED).sample(counts, PAGES)
    return ["", *(f"0,{r.ts},{plant.source.name},1,{r.sequence}" for r in chosen)]


def timed_page(plant: Plant, cursor: str) -> float:
    """Return how long one page takes, in milliseconds."""
    request = PageRequest(PAGE_SIZE, cursor)
    started = time.perf_counter()
    page = plant.evidence.readings_behind(CUSTOMER, NUMBER, "cutting-time", request)
    duration_ms = 1_000 * (time.perf_counter() - started)
    assert page.items
    assert all(reading.segment is not None for reading in page.items)
    return duration_ms
