"""Identifiers that are unique, ordered and of one form."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

from lineshaft.core.clock import ManualClock
from lineshaft.core.period import Instant
from lineshaft.infrastructure.clock import RandomIds, SystemClock

FORM = re.compile(r"usr_[0-9a-hjkmnp-tv-z]{26}")


def test_the_system_clock_counts_microseconds_since_1970() -> None:
    before = time.time_ns() // 1_000
    now = SystemClock().now()
    assert before <= now <= time.time_ns() // 1_000


def test_an_identifier_has_the_form_of_a_ulid() -> None:
    # 1469918176385 ms is 01ARYZ6S41, the example of the ULID specification.
    ids = RandomIds(ManualClock(Instant(1_469_918_176_385_000)))
    assert FORM.fullmatch(ids.new_id("usr"))
    assert ids.new_id("usr").startswith("usr_01aryz6s41")


def test_identifiers_grow_also_when_the_clock_does_not() -> None:
    clock = ManualClock(Instant(1_800_000_000_000_000))
    ids = RandomIds(clock)
    made = [ids.new_id("usr") for _ in range(1_000)]
    clock.advance(-5_000_000)
    made += [ids.new_id("usr") for _ in range(1_000)]
    clock.advance(10_000_000)
    made += [ids.new_id("usr") for _ in range(1_000)]
    assert made == sorted(set(made))


def test_threads_get_different_identifiers() -> None:
    ids = RandomIds(SystemClock())
    with ThreadPoolExecutor(max_workers=4) as pool:
        made = list(pool.map(lambda _: ids.new_id("usr"), range(4_000)))
    assert len(set(made)) == len(made)


def test_two_sources_do_not_meet() -> None:
    clock = ManualClock(Instant(1_800_000_000_000_000))
    assert RandomIds(clock).new_id("usr") != RandomIds(clock).new_id("usr")
