"""Functions over many signals: the same from rows and from roll-ups, and right at once."""

import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import Record, RecordKind, SignalId
from lineshaft.core.segment.detail import CorrectionDetail
from lineshaft.core.value import Columns, from_columns
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.files.writing import Shape
from lineshaft.platform.historian.model import US_PER_HOUR
from lineshaft.platform.historian.queries import fleet
from lineshaft.platform.historian.queries.model import (
    BUCKETS_MAX,
    GRID_VALUES_MAX,
    SIGNALS_MAX,
    FleetQuery,
    Interpolation,
)
from lineshaft.platform.historian.queries.shapes import largest_triangles, on_grid
from lineshaft.platform.historian.rollups.model import STATES_MAX, Rollup, carried, combine, ended
from lineshaft.platform.historian.rollups.writer import DayRollups
from lineshaft.security.authorisation.model import Action
from tests.platform.historian.house import ACTOR, SECOND, START, House, Source, random_source
from tests.platform.historian.test_rollups import Row, naive

DAY = 24 * US_PER_HOUR
BAD = 0x8000_0000


def close_days(house: House) -> None:
    """Put everything into day files, one per day, with roll-ups, as a compaction does."""
    with house.database.read() as connection:
        files = house.manifest.files(connection)
        ranks = columns.ranks(house.manifest.source_epochs(connection))
    rollups = DayRollups(house.database, house.manifest)
    for day in sorted({file.day for file in files}):
        old = [file for file in files if file.day == day]
        table = columns.ordered(house.files.read(old).combine_chunks(), ranks)
        shape = Shape(2, day * 24, 24, 0, max(file.known_at for file in old))
        new = house.files.write_stream([table], shape)
        write = rollups.on_day(day, table)
        with house.database.unit_of_work() as unit:
            assert house.manifest.replace(unit.connection, old, [new], house.clock.now())
            write(unit.connection)


def rows_of(records: list[Record], signal: str) -> list[Row]:
    """Return what is in force of a signal, corrections applied."""
    replaced = {}
    for record in records:
        if record.kind is RecordKind.CORRECTION:
            detail = CorrectionDetail.decode(record.text)
            value = Columns(record.mantissa, record.exponent, record.number, detail.new_text)
            replaced[detail.sequence] = (from_columns(value), record.status)
    found = []
    for record in sorted(records, key=lambda one: (one.ts, one.sequence)):
        if record.signal == signal and record.kind in {RecordKind.READING, RecordKind.STATUS}:
            value = Columns(record.mantissa, record.exponent, record.number, record.text)
            given = replaced.get(record.sequence, (from_columns(value), record.status))
            found.append(Row(record.ts, *given, record.kind))
    return found


def expected(records: list[Record], signals: list[str], period: Period) -> dict[str, Rollup]:
    """Sum up one by one, in fractions."""
    result = {}
    for signal in signals:
        rows = rows_of(records, signal)
        before = [row for row in rows if row.ts < period.start]
        inside = [row for row in rows if period.contains(row.ts)]
        parts = [carried(naive(before), period.start)] if before else []
        parts += [naive(inside)] if inside else []
        if parts:
            whole = parts[0] if len(parts) == 1 else combine(*parts)
            result[signal] = ended(whole, period.end)
    return result


def period_of(start: int, end: int) -> Period:
    return Period(Instant(start), Instant(end))


def signals_of(source: Source) -> list[SignalId]:
    return sorted({record.signal for record in source.records})


def both(house: House, signals: list[SignalId], period: Period, known_at: int | None = None):
    """Ask with and without roll-ups."""
    for rows_only in (True, False):
        query = FleetQuery(signals, period, known_at, rows_only=rows_only)
        yield house.historian.functions.rollups(ACTOR, query)


@pytest.mark.parametrize("seed", range(6))
def test_rows_and_rollups_say_what_the_records_amount_to(tmp_path: Path, seed: int):
    house, source = House(tmp_path), random_source(seed, segments=8)
    house.store(source, per_commit=2)
    signals = signals_of(source)
    low, high = min(one.ts for one in source.records), max(one.ts for one in source.records)
    whole = period_of(low // US_PER_HOUR * US_PER_HOUR, (high // US_PER_HOUR + 2) * US_PER_HOUR)
    middle = (low + high) // 2
    periods = [
        whole,
        period_of(whole.start, middle),
        period_of(middle, whole.end),
        period_of(middle // US_PER_HOUR * US_PER_HOUR, whole.end - US_PER_HOUR),
        period_of(low + 1, high),
    ]
    for is_closed in (False, True):
        if is_closed:
            close_days(house)
        for period in periods:
            wanted = expected(source.records, signals, period)
            for found in both(house, signals, period):
                assert found == wanted


def counter_house(directory: Path, *, days: int = 2) -> tuple[House, Source]:
    """A counter, a temperature and a state, a row a minute, from a whole day on."""
    house, source = House(directory), Source()
    for minute in range(days * 1_440):
        ts = START + minute * 60 * SECOND
        source.add("m1/parts", ts, minute % 1_000, 0)
        source.add("m1/heat", ts, 200 + minute % 7, -1)
        source.add("m2/state", ts, text=["ACTIVE", "READY"][minute // 90 % 2])
        if minute % 720 == 719:
            source.seal()
    house.store(source)
    return house, source


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> House:
    """What `counter_house` makes, for tests that only read it."""
    return counter_house(tmp_path_factory.mktemp("counting"))[0]


def test_a_late_reading_counts_at_once_before_and_after_it_is_compacted(tmp_path: Path):
    house, source = counter_house(tmp_path)
    close_days(house)
    signals, period = signals_of(source), period_of(START, START + 2 * DAY)
    earlier = house.historian.last_known_at(ACTOR)
    before = expected(source.records, signals, period)
    source.add("m1/parts", START + 90 * SECOND, 1_000_000, 0)
    source.add("m2/state", START + DAY + 30 * SECOND, status=BAD)
    source.seal()
    house.store(source)
    now = expected(source.records, signals, period)
    assert now != before
    for is_closed in (False, True):
        if is_closed:
            close_days(house)
        asked = time.perf_counter()
        for found in both(house, signals, period):
            assert found == now
        assert time.perf_counter() - asked < 1
        for found in both(house, signals, period, earlier):
            assert found == before


def test_a_correction_counts_at_once_before_and_after_it_is_compacted(tmp_path: Path):
    house, source = counter_house(tmp_path)
    close_days(house)
    signals, period = signals_of(source), period_of(START, START + 2 * DAY)
    for target, change in (
        ("m1/heat", {"mantissa": 9_999, "exponent": -2}),
        ("m2/state", {"new_text": "STOPPED"}),
        ("m1/parts", {"status": BAD}),
    ):
        record = next(one for one in source.records if one.signal == target and one.ts > START)
        text = change.pop("new_text", None)
        detail = CorrectionDetail(source.name, 1, record.sequence, "me", "a test", text)
        kind = RecordKind.CORRECTION
        source.add(target, record.ts, kind=kind, text=detail.encode(), **change)
    source.seal()
    house.store(source)
    wanted = expected(source.records, signals, period)
    assert wanted["m2/state"].state_us["STOPPED"] == 60 * SECOND
    for is_closed in (False, True):
        if is_closed:
            close_days(house)
        for found in both(house, signals, period):
            assert found == wanted


def test_increase_mean_and_durations_of_a_fleet(counting: House):
    functions = counting.historian.functions
    signals = [SignalId("m1/parts"), SignalId("m1/heat"), SignalId("m2/state")]
    query = FleetQuery([*signals, SignalId("m9/none")], period_of(START, START + DAY))
    # 0 to 999, and again from 0 (which is the reset) to 439.
    assert functions.increase(ACTOR, query)["m1/parts"] == 999 + 0 + 439
    mean = functions.time_weighted_mean(ACTOR, query)
    assert mean["m1/heat"] == Fraction(sum(200 + minute % 7 for minute in range(1_440)), 14_400)
    assert set(mean) == {"m1/parts", "m1/heat"}
    durations = functions.state_durations(ACTOR, query)
    assert durations["m2/state"] == {"ACTIVE": DAY // 2, "READY": DAY // 2}
    adjacent = FleetQuery(signals[:1], period_of(START + DAY, START + 2 * DAY))
    both_days = FleetQuery(signals[:1], period_of(START, START + 2 * DAY))
    parts = [functions.increase(ACTOR, one)["m1/parts"] for one in (query, adjacent, both_days)]
    assert parts[0] + parts[1] == parts[2]


def test_every_machine_is_asked_for_with_its_period(counting: House):
    period = period_of(START, START + DAY)
    query = FleetQuery([SignalId("m2/state"), SignalId("m1/heat"), SignalId("m1/parts")], period)
    functions = counting.historian.functions
    asks = [
        lambda: functions.rollups(ACTOR, query),
        lambda: functions.increase(ACTOR, query),
        lambda: functions.buckets(ACTOR, query, US_PER_HOUR),
        lambda: functions.largest_triangles(ACTOR, query),
        lambda: functions.on_grid(ACTOR, query, US_PER_HOUR, Interpolation.STEP, SECOND),
    ]
    for ask in asks:
        counting.authorizer.asked.clear()
        ask()
        asked = [(action, one.machine, one.period) for action, one in counting.authorizer.asked]
        assert asked == [
            (Action.READING_QUERY, "m1", period),
            (Action.READING_QUERY, "m2", period),
        ]


def test_no_query_is_made_per_series(tmp_path: Path):
    house, source = House(tmp_path), Source()
    names = [f"m{number}/heat" for number in range(40)]
    for hour in range(30):
        for name in names:
            source.add(name, START + hour * US_PER_HOUR, hour, 0)
    source.seal()
    house.store(source)
    close_days(house)
    statements: list[str] = []
    period = period_of(START, START + 2 * DAY)

    def count(signals: list[str]) -> int:
        statements.clear()
        house.historian.functions.rollups(ACTOR, FleetQuery(signals, period))
        return len(statements)

    with house.database.read() as connection:
        engine = connection.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert count(names) == count(names[:1])


def test_buckets_are_the_same_from_rows_and_rollups(tmp_path: Path):
    house, _ = counter_house(tmp_path)
    functions, period = house.historian.functions, period_of(START, START + 2 * DAY)
    signals = [SignalId("m1/parts"), SignalId("m1/heat"), SignalId("m9/none")]
    tables = []
    for is_closed in (False, True):
        if is_closed:
            close_days(house)
        for rows_only in (True, False):
            query = FleetQuery(signals, period, rows_only=rows_only)
            tables.append(functions.buckets(ACTOR, query, 3 * US_PER_HOUR))
    assert all(table.equals(tables[0]) for table in tables)
    first, *_ = tables[0].to_pylist()
    assert first == {
        "signal": "m1/parts",
        "bucket_start": START,
        "min": 0.0,
        "max": 179.0,
        "mean": 89.5,
        "count": 180,
    }
    assert tables[0].num_rows == 32
    fine = functions.buckets(ACTOR, FleetQuery(signals, period), US_PER_HOUR // 7)
    assert sum(fine["count"].to_pylist()) == 2 * 2 * 1_440
    one = house.historian.downsample(ACTOR, SignalId("m1/heat"), period, 48)
    assert one["count"].to_pylist() == [60] * 48


def test_the_compactor_writes_the_rollups_of_closed_days(tmp_path: Path):
    house, source = counter_house(tmp_path)
    period = period_of(START + 5 * US_PER_HOUR, START + 2 * DAY)
    house.compact()
    with house.database.read() as connection:
        ids = sorted(house.manifest.series_ids(connection, signals_of(source)).values())
        stored = house.manifest.rollups(connection, ids, (0, 10**6))
    assert [one.series for one in stored] == [one for one in ids for _ in range(2)]
    for found in both(house, signals_of(source), period):
        assert found == expected(source.records, signals_of(source), period)


def test_a_year_is_answered_from_rollups_alone(tmp_path: Path):
    house, _ = counter_house(tmp_path)
    close_days(house)
    for path in house.files.directory.glob("*/*.parquet"):
        path.unlink()
    year = period_of(START, START + 365 * DAY)
    found = house.historian.downsample(ACTOR, SignalId("m1/heat"), year, 1_000)
    assert sum(found["count"].to_pylist()) == 2 * 1_440


def test_a_series_with_too_many_states_is_read_from_its_rows(tmp_path: Path):
    house, source = House(tmp_path), Source()
    for number in range(STATES_MAX + 1):
        source.add("m1/message", START + number * SECOND, text=f"message {number}")
        source.add("m2/message", START + number * SECOND, text=f"message {number % STATES_MAX}")
    source.seal()
    house.store(source)
    close_days(house)
    with house.database.read() as connection:
        ids = house.manifest.series_ids(connection, signals_of(source))
        days = (0, 10**6)
        assert not house.manifest.rollups(connection, [ids["m1/message"]], days)
        assert len(house.manifest.rollups(connection, [ids["m2/message"]], days)) == 1
    period = period_of(START, START + DAY)
    for found in both(house, signals_of(source), period):
        assert found == expected(source.records, signals_of(source), period)


def test_more_than_can_be_answered_is_refused(counting: House, monkeypatch):
    functions, period = counting.historian.functions, period_of(START, START + DAY)
    query = FleetQuery([SignalId("m1/heat")], period)
    FleetQuery([SignalId(f"m1/s{number}") for number in range(SIGNALS_MAX)], period)
    with pytest.raises(Invalid, match="at most 10000"):
        FleetQuery([SignalId(f"m1/s{number}") for number in range(SIGNALS_MAX + 1)], period)
    with pytest.raises(Invalid, match="each once"):
        FleetQuery([SignalId("m1/heat")] * 2, period)
    for width_us in (0, -1, DAY // (BUCKETS_MAX + 1)):
        with pytest.raises(Invalid, match="buckets"):
            functions.buckets(ACTOR, query, width_us)
    for step_us in (0, DAY // (GRID_VALUES_MAX + 1)):
        with pytest.raises(Invalid, match="signals on"):
            functions.on_grid(ACTOR, query, step_us, Interpolation.STEP, SECOND)
    for points in (2, 2_001):
        with pytest.raises(Invalid, match="points"):
            functions.largest_triangles(ACTOR, query, points)
    monkeypatch.setattr(fleet, "ROWS_MAX", 1_440)
    assert functions.largest_triangles(ACTOR, query)["m1/heat"].num_rows == 1_440
    monkeypatch.setattr(fleet, "ROWS_MAX", 1_439)
    with pytest.raises(Invalid, match="at most 1439"):
        functions.largest_triangles(ACTOR, query)


def test_largest_triangles_keep_the_peaks(tmp_path: Path):
    house, source = House(tmp_path), Source()
    for second in range(5_000):
        source.add("m1/heat", START + second * SECOND, 900 if second == 3_333 else second % 2, 0)
        if second % 1_000 == 999:
            source.add("m1/heat", START + second * SECOND + 1, status=BAD)
            source.seal()
    house.store(source)
    query = FleetQuery([SignalId("m1/heat")], period_of(START, START + DAY))
    found = house.historian.functions.largest_triangles(ACTOR, query, 50)["m1/heat"]
    assert found.num_rows == 50
    ts, value = found["ts"].to_pylist(), found["value"].to_pylist()
    assert ts == sorted(set(ts))
    assert (ts[0], ts[-1]) == (START, START + 4_999 * SECOND)
    assert value[ts.index(START + 3_333 * SECOND)] == 900


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.integers(3, 20))
def test_largest_triangles_are_those_of_the_definition(values, count):
    ts, value = np.arange(len(values)) * 7, np.array(values)
    found = largest_triangles(ts, value, count).tolist()
    assert len(found) == min(count, len(values))
    if len(values) <= count:
        return
    bounds = [1 + i * (len(values) - 2) // (count - 2) for i in range(count - 1)]
    bounds.append(len(values))
    kept = 0
    for bucket in range(count - 2):
        following = range(bounds[bucket + 1], bounds[bucket + 2])
        x = sum(int(ts[i]) for i in following) / len(following)
        y = float(
            np.add.reduceat(value, [following.start])[0]
            if following.stop == len(values)
            else np.add.reduceat(value[: following.stop], [following.start])[0]
        )
        y /= len(following)
        areas = {
            i: abs(
                (ts[kept] - x) * (value[i] - value[kept]) - (ts[kept] - ts[i]) * (y - value[kept])
            )
            for i in range(bounds[bucket], bounds[bucket + 1])
        }
        best = max(areas.values())
        kept = found[bucket + 1]
        assert areas[kept] == pytest.approx(best, rel=1e-9, abs=1e-6)


def test_a_step_holds_and_a_line_spans_for_a_maximum_gap():
    ts = np.array([10, 20, 50, 60])
    value = np.array([1.0, 2.0, np.nan, 6.0])
    grid = np.array([5, 10, 14, 20, 29, 31, 50, 55, 60, 64, 75])
    nan = np.nan
    step = on_grid(ts, value, grid, Interpolation.STEP, 10)
    assert np.array_equal(step, [nan, 1, 1, 2, 2, nan, nan, nan, 6, 6, nan], equal_nan=True)
    line = on_grid(ts, value, grid, Interpolation.LINEAR, 10)
    assert np.array_equal(line, [nan, 1, 1.4, 2, nan, nan, nan, nan, 6, nan, nan], equal_nan=True)
    assert np.isnan(on_grid(ts[:0], value[:0], grid, Interpolation.STEP, 10)).all()


def test_several_signals_share_one_grid(counting: House):
    signals = [SignalId("m1/heat"), SignalId("m9/none"), SignalId("m1/parts")]
    # From inside the store, half a minute off the readings.
    query = FleetQuery(signals, period_of(START + 30 * SECOND, START + 330 * SECOND))
    functions, minute = counting.historian.functions, 60 * SECOND
    line = functions.on_grid(ACTOR, query, minute, Interpolation.LINEAR, minute)
    assert line.column_names == ["ts", *signals]
    assert line["ts"].to_pylist() == [START + (30 + 60 * i) * SECOND for i in range(5)]
    assert line["m1/parts"].to_pylist() == [0.5, 1.5, 2.5, 3.5, 4.5]
    assert line["m9/none"].null_count == 5
    step = functions.on_grid(ACTOR, query, minute, Interpolation.STEP, minute)
    assert step["m1/heat"].to_pylist() == [20.0, 20.1, 20.2, 20.3, 20.4]
    narrow = functions.on_grid(ACTOR, query, minute, Interpolation.STEP, 29 * SECOND)
    assert narrow["m1/heat"].null_count == 5
    assert isinstance(narrow, pa.Table)


def test_a_series_of_which_not_all_rows_are_there_loses_its_rollup(tmp_path: Path):
    house, source = counter_house(tmp_path, days=1)
    close_days(house)
    with house.database.read() as connection:
        files = house.manifest.files(connection)
        ids = sorted(house.manifest.series_ids(connection, signals_of(source)).values())
    table = house.files.read(files).combine_chunks()
    part = table.filter(pa.array(columns.array(table, "series") == ids[0])).slice(0, 10)
    write = DayRollups(house.database, house.manifest).on_day(files[0].day, part, is_whole=False)
    with house.database.unit_of_work() as unit:
        write(unit.connection)
    with house.database.read() as connection:
        stored = house.manifest.rollups(connection, ids, (0, 10**6))
    assert [one.series for one in stored] == ids[1:]


def test_both_databases_answer_alike(tmp_path: Path, database_url: str, open_database):
    house, source = House(tmp_path, open_database(database_url)), Source()
    for hour in range(30):
        for name in ("m1/heat", "m2/heat"):
            source.add(name, START + hour * US_PER_HOUR, hour, 0)
    source.seal()
    house.store(source)
    close_days(house)
    source.add("m1/heat", START + 90 * SECOND, 7, 0)
    source.seal()
    house.store(source)
    period = period_of(START, START + 2 * DAY)
    for found in both(house, signals_of(source), period):
        assert found == expected(source.records, signals_of(source), period)
