"""Levels: what is planned, how rows are joined and cut, and that no reader and no proof notices."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings

from lineshaft.core.clock import ManualClock
from lineshaft.core.errors import InvariantError
from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import Record, RecordKind, SignalId
from lineshaft.core.segment.detail import CorrectionDetail
from lineshaft.platform.historian.errors import StoreFilesChanging
from lineshaft.platform.historian.files import columns, compaction, slices
from lineshaft.platform.historian.files.compaction import GRACE_S, Compactor
from lineshaft.platform.historian.files.leases import LEASE_S, Leases
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
    US_PER_HOUR,
    RangeQuery,
    StoreFile,
)
from tests.platform.historian.house import (
    ACTOR,
    HOUR,
    SECOND,
    START,
    House,
    Source,
    random_source,
)

DAY = 24 * HOUR
FIRST_HOUR = START // HOUR
LONG_AFTER = Instant(START + 30 * DAY)


# ---- the plan


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
        "sequence": rng.sample(range(1, 10_000), count),
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


# ---- a store at every level


def levels(house: House) -> set[int]:
    return {file.level for file in files_of(house)}


def files_of(house: House) -> list[StoreFile]:
    with house.database.read() as connection:
        return house.manifest.files(connection)


def at(hours: float) -> ManualClock:
    return ManualClock(Instant(START + int(hours * HOUR) + REST_S * SECOND))


def knowing(house: House) -> None:
    """Let the store be written on the day that its data are of."""
    house.clock = ManualClock(Instant(START - HOUR))
    house.use(house.clock, house.files._ids)


def full_store(house: House) -> list[Source]:
    """Back-fills, corrections, refusals, equal instants, of several sources and seeds."""
    knowing(house)
    sources = [random_source(seed, name=f"edge-{seed}", segments=5) for seed in range(2)]
    for source in sources:
        readings = [one for one in source.records if one.kind is RecordKind.READING]
        for target in readings[::7]:
            text = CorrectionDetail(source.name, 1, target.sequence, "anna", "misread").encode()
            source.add(target.signal, target.ts, 7_000, kind=RecordKind.CORRECTION, text=text)
        source.seal()
        house.store(source, per_commit=2)
    return sources


def records(sources: list[Source]) -> Iterator[Record]:
    return (one for source in sources for one in source.records)


def answers(
    house: House, sources: list[Source], known: Sequence[Instant] = (), signals: int = 20
) -> list[object]:
    """Everything that a reader can ask for, of some signals."""
    period = Period(Instant(START - HOUR), Instant(START + DAY))
    part = Period(Instant(START + HOUR // 3), Instant(START + 2 * HOUR))
    found: list[object] = []
    for signal in sorted({one.signal for one in records(sources)})[:signals]:
        for known_at in [None, *known]:
            for asked in (period, part):
                query = RangeQuery(SignalId(signal), asked, known_at)
                found.append(house.historian.readings(ACTOR, query).to_pydict())
        found.append(house.historian.downsample(ACTOR, SignalId(signal), period, 20).to_pydict())
        for source in sources:
            proofs = house.historian.proofs(ACTOR, signal, (source.name, 1), (1, 10_000))
            found.append(list(proofs))
    totals = house.historian.totals(ACTOR)
    assert (totals.lost, totals.duplicated) == (0, 0)
    found.append(totals)
    return found


def test_every_answer_and_proof_is_the_same_at_every_level(house: House) -> None:
    sources = full_store(house)
    with house.database.read() as connection:
        last = house.manifest.last_known_at(connection)
    known = [Instant(last - 2 * SECOND)]
    before = answers(house, sources, known)
    assert house.merger.merge(house.merger.crowded()) >= 0
    assert answers(house, sources, known) == before
    seen = [levels(house)]
    for hours in (1, 30):
        house.compactor_at(at(hours)).run()
        seen.append(levels(house))
        assert answers(house, sources, known) == before
        assert house.historian.check(ACTOR).faults == ()
    assert seen[0] == {0}
    assert HOUR_LEVEL in seen[1]
    assert seen[2] == {DAY_LEVEL}


def test_late_rows_stand_beside_closed_files_and_join_them(house: House) -> None:
    knowing(house)
    source = Source()
    source.fill(10, 40, step=60 * SECOND)
    house.store(source)
    house.compactor_at(at(30)).run()
    assert levels(house) == {DAY_LEVEL}
    late = Source("back-fill")
    for number in range(400):
        late.add("m1/s0", START + number * 61 * SECOND, number)
        if number % 20 == 19:
            late.seal()
    together = [source, late]
    for share in (2, 20):
        house.know(late)
        house.store_some(late, share)
        before = answers(house, together)
        assert levels(house) == {0, DAY_LEVEL}
        house.compactor_at(at(30)).run()
        assert answers(house, together) == before
        assert house.historian.check(ACTOR).faults == ()
    assert levels(house) == {DAY_LEVEL}
    assert {file.hours for file in files_of(house)} == {24}


def test_files_are_split_by_series_and_hours_of_a_day_alike(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "FILE_ROWS", 60)
    monkeypatch.setattr(slices, "_WORTH_A_CUT", 12)
    monkeypatch.setattr(slices, "_ROWS_MAX", 90)
    monkeypatch.setattr(slices, "SLICE_ROWS_MAX", 30)
    monkeypatch.setattr(compaction, "BATCH_ROWS_MIN", 7)
    knowing(house)
    source = Source()
    for number in range(1_200):
        source.add(f"m1/s{number % 20:02}", START + number * 15 * SECOND, number)
        if number % 50 == 49:
            source.seal()
    house.store(source, per_commit=3)
    before = answers(house, [source], signals=3)
    house.compactor_at(at(6)).run()
    by_hour: dict[int, list[tuple[int, int]]] = {}
    for file in files_of(house):
        by_hour.setdefault(file.hour, []).append((file.min_series, file.max_series))
    assert all(len(ranges) == 4 for ranges in by_hour.values())
    assert len({tuple(ranges) for ranges in by_hour.values()}) == 1
    assert len(plan(files_of(house), LONG_AFTER)) == 4
    assert answers(house, [source], signals=3) == before
    house.compactor_at(at(30)).run()
    assert levels(house) == {DAY_LEVEL}
    assert sum(file.rows for file in files_of(house)) == 1_200
    assert answers(house, [source], signals=3) == before
    assert house.historian.check(ACTOR).faults == ()


class Rollups:
    """Remembers what it was given, and writes when it is told to."""

    def __init__(self) -> None:
        self.given: list[tuple[int, int]] = []
        self.asked = self.written = 0

    def on_day(self, day: int, table: pa.Table) -> Callable[[object], None]:
        self.asked += 1
        self.given += [(day, series) for series in np.unique(columns.array(table, "series"))]
        return self._write

    def _write(self, connection: object) -> None:
        assert connection is not None
        self.written += 1


def test_roll_ups_are_told_of_each_series_of_a_closed_day(house: House) -> None:
    knowing(house)
    source = Source()
    source.fill(2, 30, step=3_600 * SECOND)
    house.store(source)
    rollups = Rollups()
    Compactor(house.database, house.manifest, house.files, at(200), rollups).run()
    days = sorted({record.ts // DAY for record in source.records})
    assert sorted(rollups.given) == [(day, series) for day in days for series in (1, 2, 3)]
    assert rollups.written == rollups.asked


# ---- several compactors, failures, readers


def test_two_compactors_do_no_harm(house: House) -> None:
    knowing(house)
    source = Source()
    source.fill(20, 30, step=60 * SECOND)
    house.store(source, per_commit=1)
    one, other = house.compactor_at(at(30)), house.compactor_at(at(30))
    jobs = plan(files_of(house), at(30).now())
    for job in jobs:
        assert one._do(job, 1.0) == len(job.files)
        assert other._do(job, 1.0) == 0
    other.run()
    assert house.merger.clear_orphans() == []
    totals = house.historian.totals(ACTOR)
    assert (totals.records, totals.lost, totals.duplicated) == (600, 0, 0)


def test_what_cannot_be_merged_does_not_stop_the_rest(house: House) -> None:
    knowing(house)
    source = Source()
    source.fill(20, 30, step=60 * SECOND)
    house.store(source, per_commit=1)
    broken = files_of(house)[0]
    path = house.directory / "store" / broken.path
    sound = path.read_bytes()
    path.write_bytes(sound[:-1])
    clock = at(20)
    compactor = house.compactor_at(clock)
    compactor.run()
    assert {file.hour for file in files_of(house) if file.level == 0} == {broken.hour}
    path.write_bytes(sound)
    assert compactor.run() == 0
    clock.advance((compaction.RETRY_S + 1) * SECOND)
    assert compactor.run() > 0
    assert 0 not in levels(house)


def test_a_merge_that_would_lose_a_row_is_thrown_away(house: House) -> None:
    source = Source()
    source.fill(2, 30)
    house.store(source, per_commit=1)
    files = files_of(house)
    job = Job((replace(files[0], rows=31), files[1]), 1, files[0].hour)
    with pytest.raises(InvariantError, match="61 rows has written 60"):
        house.merger._do(job, 1.0)
    assert house.merger.clear_orphans() == []
    assert house.historian.check(ACTOR).is_ok


def test_a_stopped_compactor_leaves_nothing_behind(house: House) -> None:
    knowing(house)
    source = Source()
    source.fill(20, 30, step=60 * SECOND)
    house.store(source, per_commit=1)
    before = files_of(house)
    compactor = house.compactor_at(at(30))
    compactor.stop()
    job = plan(before, at(30).now())[0]
    assert compactor._tried(job, 1.0) == 0
    assert compactor.run() == 0
    assert files_of(house) == before
    assert house.merger.clear_orphans() == []


def test_it_takes_its_share_of_the_processor_only(house: House) -> None:
    waits: list[float] = []

    class Event:
        def wait(self, seconds: float) -> bool:
            waits.append(seconds)
            return False

    house.merger._stopped = Event()

    def tables() -> Iterator[pa.Table]:
        for _ in range(3):
            np.sort(np.random.default_rng(1).random(200_000))
            yield columns.SCHEMA.empty_table()

    list(house.merger._paced(tables(), 0.25))
    assert all(0.003 < wait_s < 3 for wait_s in waits)
    house.merger.backlog_bytes = compaction.BACKLOG_BYTES_MAX
    waits.clear()
    list(house.merger._paced(tables(), 0.25))
    assert waits == [0.0] * 3


def test_files_stay_until_the_last_reader_is_done(house: House) -> None:
    source = Source()
    source.fill(20, 5)
    house.store(source, per_commit=1)
    leases = Leases(house.database, house.manifest, house.clock)
    with leases.hold() as lease:
        old = files_of(house)
        house.clock.advance(SECOND)
        assert house.merger.merge(house.merger.crowded()) > 0
        for _ in range(4):
            house.clock.advance(LEASE_S * SECOND // 2)
            lease.renew()
        assert house.merger.unlink_merged() == 0
        assert house.files.read(old).num_rows == 100
    assert house.merger.unlink_merged() == 16
    with pytest.raises(FileNotFoundError):
        house.files.read(old)


def test_a_lease_of_a_dead_reader_runs_out(house: House) -> None:
    source = Source()
    source.fill(20, 5)
    house.store(source, per_commit=1)
    leases = Leases(house.database, house.manifest, house.clock)
    with leases.hold() as lease:
        house.merger.merge(house.merger.crowded())
        house.clock.advance((max(LEASE_S, GRACE_S) + 1) * SECOND)
        assert house.merger.unlink_merged() == 16
        with pytest.raises(StoreFilesChanging):
            lease.renew()


def test_a_kept_lease_ends_with_its_block(house: House) -> None:
    leases = Leases(house.database, house.manifest, house.clock)
    with leases.kept(), house.database.read() as connection:
        assert house.manifest.oldest_lease(connection, house.clock.now()) is not None
    with house.database.read() as connection:
        assert house.manifest.oldest_lease(connection, house.clock.now()) is None


def test_hours_before_1970_belong_to_their_day(house: House) -> None:
    first = file_of(1, hour=-24, level=DAY_LEVEL, hours=24)
    assert (first.day, first.last_hour, file_of(2, hour=-5).day) == (-1, -1, -1)
    house.clock = ManualClock(Instant(-2 * DAY))
    house.use(house.clock, house.files._ids)
    source = Source()
    source.fill(4, 30, start=-9 * US_PER_HOUR, step=600 * SECOND)
    house.store(source)
    house.compactor_at(at(0)).run()
    with house.database.read() as connection:
        assert house.manifest.unsettled(connection) == []
    assert {file.day for file in files_of(house)} == {-1, 0}
