"""What is merged next, and how: jobs, joins of runs, cuts. All of it pure."""

import importlib
import random
from collections.abc import Callable

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from hypothesis import given, settings
from msgspec.structs import replace

from lineshaft.core.period import Instant
from lineshaft.infrastructure.database import Database, upgrade
from lineshaft.platform.historian.files import columns, slices
from lineshaft.platform.historian.files.plan import (
    FAN_IN_MAX,
    LATE_SHARE,
    REST_S,
    RUNS_MAX,
    WRITES_PER_ROW_MAX,
    Job,
    depth,
    plan,
    sharing_series,
)
from lineshaft.platform.historian.files.runs import joined
from lineshaft.platform.historian.model import (
    DAY_LEVEL,
    DAY_SERIES_ROWS_MAX,
    HOUR_LEVEL,
    NEVER,
    ZONE_DTYPE,
    StoreFile,
)
from lineshaft.platform.historian.tables import STORE_FILE, STORE_FILE_ZONE
from tests.platform.historian.house import (
    HOUR,
    SECOND,
    START,
)

DAY = 24 * HOUR
FIRST_HOUR = START // HOUR
LONG_AFTER = Instant(START + 30 * DAY)


# ---- jobs


def file_of(identity: int, rows: int = 100, **more: object) -> StoreFile:
    fields: dict[str, object] = {
        "path": str(identity),
        "level": 0,
        "hour": FIRST_HOUR,
        "min_ts": START,
        "max_ts": START,
        "min_series": 1,
        "max_series": 100,
        "min_sequence": 1,
        "max_sequence": 1,
        "size": rows,
        "sha256": b"",
        "known_at": START,
    }
    return StoreFile(rows=rows, id=identity, **(fields | more))


def test_an_hour_is_closed_when_it_is_over_and_has_rested() -> None:
    end = START + HOUR
    files = [file_of(1), file_of(2, known_at=Instant(end + 5))]
    assert plan(files, Instant(end - 1)) == []
    assert plan(files, Instant(end + 4 + REST_S * SECOND)) == []
    (job,) = plan(files, Instant(end + 5 + REST_S * SECOND))
    assert (job.level, job.hours, len(job.files)) == (HOUR_LEVEL, 1, 2)


def test_a_day_is_closed_when_all_its_hours_are() -> None:
    closed = [file_of(n, level=HOUR_LEVEL, hour=FIRST_HOUR + n) for n in range(5)]
    after = Instant(START + DAY + REST_S * SECOND)
    assert plan(closed, Instant(START + DAY - 1)) == []
    (job,) = plan(closed, after)
    assert (job.level, job.hour, job.hours, len(job.files)) == (DAY_LEVEL, FIRST_HOUR, 24, 5)
    open_hour = file_of(9, hour=FIRST_HOUR + 9)
    (first,) = plan([*closed, open_hour], after)
    assert (first.level, first.files) == (HOUR_LEVEL, (open_hour,))


def test_a_day_is_closed_series_range_by_series_range() -> None:
    ranges = [(1, 10), (11, 20), (5, 10), (21, 30), (20, 20)]
    files = [
        file_of(n, level=HOUR_LEVEL, hour=FIRST_HOUR + n, min_series=low, max_series=high)
        for n, (low, high) in enumerate(ranges)
    ]
    jobs = plan(files, LONG_AFTER)
    assert [sorted(file.id for file in job.files) for job in jobs] == [[0, 2], [1, 4], [3]]


def test_late_rows_join_when_they_are_worth_it() -> None:
    day = file_of(1, 1_000, level=DAY_LEVEL, hours=24)
    other = file_of(2, 10**6, level=DAY_LEVEL, hours=24, min_series=101, max_series=200)
    few = file_of(3, 1_000 // LATE_SHARE - 1, hour=FIRST_HOUR + 3)
    assert plan([day, other, few], LONG_AFTER) == []
    (job,) = plan([day, other, replace(few, rows=few.rows + 1)], LONG_AFTER)
    assert (job.level, {file.id for file in job.files}) == (DAY_LEVEL, {1, 3})
    (gathered,) = plan([day, other, file_of(3, 200), file_of(4, 30), file_of(5, 10)], LONG_AFTER)
    assert (gathered.level, gathered.hours, len(gathered.files)) == (0, 24, 2)


def test_very_many_files_of_an_hour_are_split_before_it_is_closed() -> None:
    full = [file_of(n, 1_900_000) for n in range(FAN_IN_MAX + 1)]
    (job,) = plan(full, LONG_AFTER)
    assert (job.level, job.merges, len(job.files)) == (0, 1, FAN_IN_MAX)
    assert plan(full[: RUNS_MAX - 1], Instant(START)) == []
    (early,) = plan(full[:RUNS_MAX], Instant(START))
    assert (early.level, len(early.files)) == (0, RUNS_MAX)


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 10)), max_size=30))
def test_depth_and_groups_are_those_of_each_series(spans: list[tuple[int, int]]) -> None:
    files = [
        file_of(n, min_series=low, max_series=low + width) for n, (low, width) in enumerate(spans)
    ]
    present = [
        {file.id for file in files if file.min_series <= one <= file.max_series}
        for one in range(1, 42)
    ]
    assert depth(files) == max(map(len, present))
    groups = [{file.id for file in group} for group in sharing_series(files)]
    assert sum(map(len, groups)) == len(files)
    assert all(any(one <= group for group in groups) for one in present if one)


class Plant:
    """Files without rows: arrivals, and jobs done as the compactor does them."""

    def __init__(self) -> None:
        self.files: dict[int, StoreFile] = {}
        self.arrived = self.written = 0
        self._number = 0

    def arrive(self, hour: int, rows: int, now: int, series: tuple[int, int]) -> None:
        low, high = series
        span = {"min_series": low, "max_series": high}
        self._add(rows, hour=FIRST_HOUR + hour, known_at=Instant(now), **span)
        self.arrived += rows

    def _add(self, rows: int, **more: object) -> None:
        self._number += 1
        self.files[self._number] = file_of(self._number, rows, **more)

    def do(self, now: int) -> None:
        """Do all that is planned; no file is in two jobs, none is there twice."""
        while jobs := plan(list(self.files.values()), Instant(now)):
            named = [file.id for job in jobs for file in job.files]
            assert len(named) == len(set(named))
            for file in jobs[0].files:
                assert self.files.pop(file.id) == file
            self._put(jobs[0])

    def _put(self, job: Job) -> None:
        assert depth(job.files) <= FAN_IN_MAX
        self.written += job.rows
        low = min(file.min_series for file in job.files)
        high = max(file.max_series for file in job.files)
        count = min(-(-job.rows // slices.FILE_ROWS), high - low + 1)
        shape = {"level": job.level, "hour": job.hour, "hours": job.hours, "merges": job.merges}
        shape["known_at"] = max(file.known_at for file in job.files)
        bounds = [low + (high - low + 1) * part // count for part in range(count + 1)]
        sizes = [job.rows * (part + 1) // count - job.rows * part // count for part in range(count)]
        for index, rows in enumerate(sizes):
            span = {"min_series": bounds[index], "max_series": bounds[index + 1] - 1}
            self._add(rows, **shape, **span)


arrivals = st.lists(
    st.tuples(
        st.integers(0, 47),  # hour that the rows are of
        st.integers(1, 120_000),  # rows
        st.integers(0, 7_200),  # seconds until then
        st.tuples(st.integers(1, 40), st.integers(0, 60)),  # series
    ),
    min_size=1,
    max_size=250,
)


@settings(max_examples=60, deadline=None)
@given(arrivals)
def test_no_row_is_lost_or_doubled_and_few_writes_are_made(
    pattern: list[tuple[int, int, int, tuple[int, int]]],
) -> None:
    plant, now = Plant(), START
    for hour, rows, waited_s, (low, width) in pattern:
        now += waited_s * SECOND
        plant.arrive(hour, rows, now, (low, low + width))
        plant.do(now)
        assert sum(file.rows for file in plant.files.values()) == plant.arrived
    plant.do(now + 3 * DAY)
    assert sum(file.rows for file in plant.files.values()) == plant.arrived
    assert plant.written <= WRITES_PER_ROW_MAX * plant.arrived


@pytest.mark.parametrize("rows", [1, 100, 10_000])
def test_a_trickle_of_late_rows_costs_a_few_writes_each(rows: int) -> None:
    plant, now = Plant(), START + 2 * DAY
    for hour in range(24):
        plant.arrive(hour, 500_000, START, (1, 100))
    plant.do(now)
    assert {file.level for file in plant.files.values()} == {DAY_LEVEL}
    plant.arrived = plant.written = 0
    for number in range(1_000):
        now += 60 * SECOND
        plant.arrive(number % 24, rows, now - REST_S * SECOND, (1, 100))
        plant.do(now)
    assert plant.written <= WRITES_PER_ROW_MAX * plant.arrived
    assert len([file for file in plant.files.values() if file.level == 0]) < 64


# ---- rows


def rows_of(rng: random.Random, count: int, *, source: int, first: int, spread: int) -> pa.Table:
    """Sorted rows of a few series with instants that may be equal."""
    values = {
        "series": [rng.randint(1, 5) for _ in range(count)],
        "ts": [first + rng.randint(0, spread) for _ in range(count)],
        "own_ts": [rng.choice([None, 7]) for _ in range(count)],
        "source_epoch": [rng.choice([source, 1]) for _ in range(count)],
        # No two of one source are the same, in whichever pieces they are.
        "sequence": rng.sample(range(1, 2**60), count),
        "ordinal": list(range(count)),
        "status": [0] * count,
        "kind": [rng.choice([0, 1]) for _ in range(count)],
        "mantissa": [rng.choice([None, 1, 2]) for _ in range(count)],
        "exponent": [0] * count,
        "number": [None] * count,
        "text": [rng.choice([None, "a", "ß"]) for _ in range(count)],
    }
    return columns.ordered(pa.table(values, schema=columns.SCHEMA), RANKS)


RANKS = np.array([0, 2, 0, 1])


@given(st.integers(0, 2**32), st.integers(1, 6), st.sampled_from([0, 3, 1_000]), st.booleans())
def test_joined_rows_are_sorted_rows(seed: int, pieces: int, spread: int, is_apart: bool) -> None:
    rng = random.Random(seed)
    tables = [
        rows_of(
            rng,
            rng.randint(0, 40),
            source=rng.randint(1, 3),
            first=number * 2_000 if is_apart else 0,
            spread=spread,
        )
        for number in range(pieces)
    ]
    rng.shuffle(tables)
    expected = columns.ordered(pa.concat_tables(tables).combine_chunks(), RANKS)
    assert joined(tables, RANKS).equals(expected)


counts_of_series = st.dictionaries(st.integers(1, 60), st.integers(1, 900_000), min_size=1)


@given(st.lists(counts_of_series, min_size=1, max_size=6), st.sets(st.integers(1, 60)))
def test_a_cut_takes_every_row_once_and_in_order(
    counts: list[dict[int, int]], cuts: set[int]
) -> None:
    maps = [
        (np.array(sorted(one)), np.array([one[series] for series in sorted(one)])) for one in counts
    ]
    cut = slices.cut(maps, list(range(len(maps))), cuts)
    left = [[(series, one[series]) for series in sorted(one)] for one in counts]
    reached = 0
    for one in (piece for file in cut for piece in file):
        total, seen = sum(one.taken.values()), set()
        for index, taken in one.taken.items():
            while taken:
                series, count = left[index].pop(0)
                seen.add(series)
                taken -= count
        assert one.is_whole
        assert min(seen) > reached
        assert total <= slices.SLICE_ROWS_MAX or len(seen) == 1
        reached = max(seen)
    assert left == [[]] * len(left)


def test_a_series_with_very_many_rows_is_cut_at_the_hours() -> None:
    many = DAY_SERIES_ROWS_MAX // 3
    maps = [(np.array([1, 2]), np.array([10, many])) for _ in range(4)]
    (first, *rest) = [piece for file in slices.cut(maps, [5, 5, 6, 7]) for piece in file]
    assert first == slices.Slice({0: 10, 1: 10, 2: 10, 3: 10})
    assert rest == [
        slices.Slice({0: many, 1: many}, is_whole=False),
        slices.Slice({2: many}, is_whole=False),
        slices.Slice({3: many}, is_whole=False),
    ]


# ---- stores of earlier versions


def test_zone_entries_of_earlier_versions_lose_their_measures() -> None:
    name = "lineshaft.infrastructure.database.migrations.versions.0016_zones"
    measures = [
        (name, kind) for name, kind in zip("abcd", ("<i8", "<f8", "<f8", "<f8"), strict=True)
    ]
    old = np.zeros(3, dtype=np.dtype(ZONE_DTYPE.descr + measures))
    old["series"], old["last_good_ts"], old["a"] = [1, 2, 9], [7, NEVER, 8], 5
    shorter = importlib.import_module(name).without_measures(old.tobytes())
    entries = np.frombuffer(shorter, dtype=ZONE_DTYPE)
    assert entries["series"].tolist() == [1, 2, 9]
    assert entries["last_good_ts"].tolist() == [7, NEVER, 8]


def test_a_store_of_an_earlier_version_is_changed_in_whole(
    empty_database_url: str, open_database: Callable[..., Database]
) -> None:
    database = open_database(empty_database_url)
    upgrade(database)
    module = importlib.import_module(
        "lineshaft.infrastructure.database.migrations.versions.0016_zones"
    )
    names = (name for name in StoreFile.__struct_fields__ if name != "id")
    file = dict.fromkeys(names, 0) | {"path": "x", "sha256": b""}
    count = module.ROWS_AT_ONCE_MAX * 2 + 1
    with database.unit_of_work() as unit:
        unit.connection.execute(sa.insert(STORE_FILE).values(file | {"id": 1}))
        rows = [
            {"store_file": 1, "first_series": n, "last_series": n, "entries": bytes(104)}
            for n in range(count)
        ]
        unit.connection.execute(sa.insert(STORE_FILE_ZONE), rows)
        context = MigrationContext.configure(unit.connection)
        with Operations.context(context):
            module.upgrade()
        entries = unit.connection.execute(sa.select(STORE_FILE_ZONE.c.entries)).scalars().all()
    assert [len(one) for one in entries] == [module.NEW_BYTES] * count
