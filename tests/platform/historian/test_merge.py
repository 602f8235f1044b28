"""Merging: which files, how often each row is written, and that nobody notices."""

import hypothesis.strategies as st
from hypothesis import given

from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import SignalId
from lineshaft.platform.historian.files.compaction import GRACE_S
from lineshaft.platform.historian.files.merge import (
    LIVE_FILES_MAX,
    MERGE_FILES,
    MERGED_ROWS_MAX,
    choose,
)
from lineshaft.platform.historian.files.plan import Job
from lineshaft.platform.historian.model import RangeQuery, StoreFile
from tests.platform.historian.house import ACTOR, HOUR, SECOND, START, House, Source


def file_of(identity: int, merges: int, rows: int) -> StoreFile:
    ts = Instant(START)
    bounds = {"min_series": 1, "max_series": 1, "min_sequence": 1, "max_sequence": 1}
    more = {"hour": 1, "min_ts": ts, "max_ts": ts, "size": 1, "sha256": b"", "known_at": ts}
    more |= {"path": str(identity), "level": 0, "id": identity}
    return StoreFile(rows=rows, merges=merges, **bounds, **more)


def merged_all(files: list[StoreFile], number: int, *, is_at_rest: bool = False) -> int:
    """Merge until nothing is chosen; return the rows that were written."""
    written = 0
    while chosen := choose(files, is_at_rest=is_at_rest):
        rows = sum(one.rows for one in chosen)
        written += rows
        for one in chosen:
            files.remove(one)
        files.append(file_of(number, max(one.merges for one in chosen) + 1, rows))
        number += 1
    return written


@given(st.lists(st.integers(1, 20_000), min_size=1, max_size=1_500))
def test_few_files_stay_and_each_row_is_written_a_few_times(sizes: list[int]) -> None:
    files: list[StoreFile] = []
    written = 0
    for number, rows in enumerate(sizes, start=1):
        files.append(file_of(number, 0, rows))
        assert sum(one.merges == 0 for one in files) <= LIVE_FILES_MAX
        written += merged_all(files, number * 100_000)
        still_open = [one for one in files if one.rows * 2 < MERGED_ROWS_MAX]
        assert len(still_open) < LIVE_FILES_MAX
    assert sum(one.rows for one in files) == sum(sizes)
    assert all(one.rows <= MERGED_ROWS_MAX for one in files)
    assert written <= 4 * sum(sizes)


def test_an_hour_at_rest_comes_together() -> None:
    files = [file_of(number, 0, 100) for number in range(1, MERGE_FILES)]
    assert choose(files) == []
    merged_all(files, 1_000, is_at_rest=True)
    assert [one.rows for one in files] == [1_500]


def test_a_large_file_is_not_rewritten_for_a_trickle() -> None:
    files = [file_of(1, 3, 900_000)]
    written = 0
    for number in range(2, 1_002):
        files.append(file_of(number, 0, 10))
        written += merged_all(files, number * 10_000, is_at_rest=True)
    assert written < 3 * 900_000
    assert len(files) < LIVE_FILES_MAX


def test_readers_do_not_notice(house: House) -> None:
    source = Source()
    source.fill(40, 5)
    house.store(source, per_commit=1)
    query = RangeQuery(SignalId("m1/s0"), Period(Instant(START), Instant(START + HOUR)))
    before = house.historian.readings(ACTOR, query)
    with house.database.read() as connection:
        old = house.manifest.files(connection)
    assert house.merger.merge(house.merger.crowded()) >= 32
    assert house.historian.readings(ACTOR, query).equals(before)
    assert house.files.read(old).num_rows == len(source.records)  # the old list still works
    assert house.merger.unlink_merged() == 0
    house.clock.advance((GRACE_S + 1) * SECOND)
    assert house.merger.unlink_merged() == 32
    assert house.historian.readings(ACTOR, query).equals(before)
    assert house.historian.check(ACTOR).is_ok


def test_a_merge_that_comes_too_late_changes_nothing(house: House) -> None:
    source = Source()
    source.fill(20, 5)
    house.store(source, per_commit=1)
    with house.database.read() as connection:
        old = house.manifest.files(connection)[:2]
    job = Job(tuple(old), 0, START // HOUR, merges=1)
    assert house.merger._do(job, 1.0) == 2
    assert house.merger._do(job, 1.0) == 0
    totals = house.historian.totals(ACTOR)
    assert (totals.records, totals.lost, totals.duplicated) == (100, 0, 0)
    assert house.merger.clear_orphans() == []


def test_an_unregistered_file_is_never_read_and_removed_at_the_start(house: House) -> None:
    source = Source()
    source.fill(4, 5)
    house.store(source, per_commit=2)
    lost = house.files.write(house.files.read(all_files(house)), START // HOUR, 0, Instant(0))
    half = house.directory / "store" / f"{lost.file.path}.x.tmp"
    half.write_bytes(b"half")
    assert house.historian.totals(ACTOR).duplicated == 0
    assert sorted(house.merger.clear_orphans()) == sorted(
        [lost.file.path, f"{lost.file.path}.x.tmp"]
    )
    assert house.historian.check(ACTOR).is_ok


def all_files(house: House) -> list[StoreFile]:
    with house.database.read() as connection:
        return house.manifest.files(connection)
