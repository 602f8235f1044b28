"""Levels: no reader and no proof notices, nothing is lost, several may be at it."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pytest
from msgspec.structs import replace

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
    REST_S,
    Job,
    plan,
)
from lineshaft.platform.historian.intake import program
from lineshaft.platform.historian.model import (
    DAY_LEVEL,
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
        buckets = house.historian.downsample(ACTOR, SignalId(signal), period, 20).to_pydict()
        # Binary floats, for the eye: their last digit depends on what they were made of.
        floats = {name: [f"{one:.9g}" for one in buckets[name]] for name in ("min", "max", "mean")}
        found.append(buckets | floats)
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
    before = answers(house, sources, known, signals=5)
    seen = [levels(house)]
    for hours in (1, 30):
        house.compactor_at(at(hours)).run()
        seen.append(levels(house))
        assert answers(house, sources, known, signals=5) == before
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

    def on_day(
        self, day: int, table: pa.Table, *, is_whole: bool = True
    ) -> Callable[[object], None]:
        assert is_whole
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


def test_hours_are_closed_while_a_day_is(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many files the day becomes: the time until it looks runs through all of them."""
    now_s = [0.0]
    monkeypatch.setattr(compaction.time, "monotonic", lambda: now_s[0])
    monkeypatch.setattr(slices, "SLICE_ROWS_MAX", 30)
    monkeypatch.setattr(slices, "FILE_ROWS", 60)
    knowing(house)
    source = Source()
    source.fill(13, 12, step=600 * SECOND)
    house.store(source)
    last_hour = max(file.hour for file in files_of(house))
    # The last hour is not over before the first rows of the day are summed up.
    clock = ManualClock(Instant(last_hour * HOUR + HOUR // 2))
    seen = []

    class Watching(Rollups):
        def on_day(
            self, day: int, table: pa.Table, *, is_whole: bool = True
        ) -> Callable[[object], None]:
            seen.append({file.level for file in files_of(house) if file.hour == last_hour})
            clock.advance(HOUR)
            now_s[0] += compaction.REPLAN_S * 2 / 3
            return super().on_day(day, table, is_whole=is_whole)

    Compactor(house.database, house.manifest, house.files, clock, Watching()).run()
    assert seen == [{0}, {0}, {HOUR_LEVEL}]
    assert levels(house) == {HOUR_LEVEL, DAY_LEVEL}
    assert house.historian.check(ACTOR).faults == ()


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


def test_a_plan_that_is_out_of_date_touches_no_younger_file_with_the_same_number(
    house: House,
) -> None:
    knowing(house)
    source = Source()
    source.fill(9, 30, step=60 * SECOND)
    house.know(source)
    house.store_some(source, 1)
    house.store_some(source, 1)
    stale = Job(tuple(files_of(house)), 0, files_of(house)[0].hour, 1, 1)
    assert house.merger._do(stale, 1.0) == 2
    house.store_some(source, 1)
    numbers = {file.id for file in files_of(house)}
    assert numbers >= {file.id for file in stale.files}, "SQLite has given them again"
    before = files_of(house)
    assert house.merger._do(stale, 1.0) == 0
    with house.database.unit_of_work() as unit:
        assert not house.manifest.replace(unit.connection, stale.files, [], house.clock.now())
    assert files_of(house) == before
    assert house.historian.check(ACTOR).faults == ()


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


def test_it_takes_its_share_of_the_cpu_only(house: House) -> None:
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

    list(house.merger._paced(Job((), HOUR_LEVEL, 0), tables(), 0.25, compaction._Timer(1)))
    assert all(0.003 < wait_s < 3 for wait_s in waits)
    for all_bytes, hours_bytes in (
        (compaction.BACKLOG_BYTES_MAX // 2, 0),
        (0, compaction.BEHIND_BYTES_MAX),
    ):
        house.merger.backlog_bytes, house.merger._behind_bytes = all_bytes, hours_bytes
        waits.clear()
        list(house.merger._paced(Job((), HOUR_LEVEL, 0), tables(), 0.25, compaction._Timer(1)))
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
    house.clock = ManualClock(Instant(-2 * DAY))
    house.use(house.clock, house.files._ids)
    source = Source()
    source.fill(4, 30, start=-9 * US_PER_HOUR, step=600 * SECOND)
    house.store(source)
    house.compactor_at(at(0)).run()
    with house.database.read() as connection:
        assert house.manifest.unsettled(connection) == []
    assert {(file.day, file.last_hour) for file in files_of(house)} == {(-1, -1), (0, 23)}


async def test_intake_closes_hours_and_days_beside_its_commits(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "TICK_S", 0.02)
    source = Source()
    source.fill(10, 30, step=600 * SECOND)
    house.know(source)
    house.queue.put(source.segments)
    running = asyncio.create_task(house.intake().run())
    async with asyncio.timeout(15):
        while not all(message.acks for message in house.queue.messages):
            await asyncio.sleep(0.01)
        assert levels(house) == {0}
        house.clock.advance((REST_S + 1) * SECOND)
        while levels(house) != {DAY_LEVEL}:
            await asyncio.sleep(0.01)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert house.historian.check(ACTOR).faults == ()
