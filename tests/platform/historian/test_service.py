"""Ranges, latest values, buckets, refusals, totals: against a plain list of what was written."""

from collections.abc import Sequence

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from lineshaft.core.errors import Invalid
from lineshaft.core.pages import CursorInvalid, PageRequest
from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import RecordKind, SignalId, is_good
from lineshaft.core.segment.detail import CorrectionDetail, RefusalDetail
from lineshaft.platform.historian.model import POINTS_MAX, RangeQuery, StoreFile
from lineshaft.platform.historian.queries.scan import Scanner
from tests.platform.historian.house import (
    ACTOR,
    HOUR,
    SECOND,
    START,
    House,
    Source,
    random_source,
)

FEW = settings(
    max_examples=6,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def period(start: int, end: int) -> Period:
    return Period(Instant(START + start), Instant(START + end))


def expected_rows(sources, query):
    """The same answer from a plain list."""
    rows = [
        (r.ts, s.name, s.epoch, r.sequence, r)
        for s in sources
        if query.sources is None or s.name in query.sources
        for r in s.records
        if r.signal == query.signal
    ]
    start, end = query.period.start, query.period.end
    state = [r for r in rows if r[4].kind in {RecordKind.READING, RecordKind.STATUS}]
    good = [r for r in rows if r[4].kind is RecordKind.READING and is_good(r[4].status)]
    instants = set()
    for chosen in (state, good):
        if query.include_before:
            instants |= {max((r[0] for r in chosen if r[0] < start), default=None)}
        if query.include_after:
            instants |= {min((r[0] for r in chosen if r[0] >= end), default=None)}
    return sorted(r[:4] for r in rows if start <= r[0] < end or r[0] in instants)


@FEW
@given(st.integers(0, 10**6), st.data())
def test_a_range_is_what_was_written(tmp_path_factory, seed, data) -> None:
    house = House(tmp_path_factory.mktemp("house"))
    sources = [random_source(seed), random_source(seed + 1, name="edge-2")]
    for source in sources:
        house.store(source, per_commit=data.draw(st.integers(1, 3)))
    if data.draw(st.booleans()):
        house.compact()
    signals = sorted({r.signal for r in sources[0].records})
    for signal in signals:
        start = data.draw(st.integers(-HOUR, 12 * HOUR))
        length = data.draw(st.sampled_from([1, SECOND, HOUR, 9 * HOUR]))
        query = RangeQuery(
            signal,
            period(start, start + length),
            sources=data.draw(st.sampled_from([None, frozenset({"edge-1"})])),
            include_before=data.draw(st.booleans()),
            include_after=data.draw(st.booleans()),
        )
        table = house.historian.readings(ACTOR, query)
        identity = ("ts", "source", "epoch", "sequence")
        found = list(zip(*(table.column(name).to_pylist() for name in identity), strict=True))
        assert found == expected_rows(sources, query)
    house.database.close()


def test_a_range_has_every_column_as_it_was_written(house: House) -> None:
    source = random_source(7, segments=20)
    house.store(source)
    signal = source.records[0].signal
    query = RangeQuery(signal, period(-HOUR * 48, HOUR * 480))
    table = house.historian.readings(ACTOR, query)
    assert house.historian.readings(ACTOR, query) == table, "what is known of a file does not tell"
    written = sorted(
        (r for r in source.records if r.signal == signal), key=lambda r: (r.ts, r.sequence)
    )
    for row, record in zip(table.to_pylist(), written, strict=True):
        for name in ("ts", "own_ts", "sequence", "ordinal", "status", "mantissa", "exponent"):
            assert row[name] == getattr(record, name)
        assert (row["number"], row["text"]) == (record.number, record.text)
        assert (row["source"], row["epoch"], row["kind"]) == ("edge-1", 1, record.kind)


def test_a_range_knows_what_was_known(house: House) -> None:
    source = Source()
    source.add("m1/a", START + 10, 1)
    source.seal()
    house.store(source)
    then = house.historian.last_known_at(ACTOR)
    source.add("m1/a", START + 5, 2)  # late
    source.add("m1/a", START + 20, 3)
    source.seal()
    house.store(source)
    house.compact()
    query = RangeQuery(SignalId("m1/a"), period(8, 15))
    before = RangeQuery(query.signal, query.period, known_at=then)
    assert house.historian.readings(ACTOR, query)["ts"].to_pylist() == [
        START + 5,
        START + 10,
        START + 20,
    ]
    assert house.historian.readings(ACTOR, before)["ts"].to_pylist() == [START + 10]


def test_neighbours_are_found_far_away(house: House) -> None:
    source = Source()
    source.add("m1/a", START, 1)
    source.add("m1/a", START + SECOND, kind=RecordKind.STATUS, status=0x8031_0000)
    source.seal()
    for hour in range(1, 80):
        source.add("m1/b", START + hour * HOUR, 1)
        source.seal()
    source.add("m1/a", START + 100 * HOUR, kind=RecordKind.STATUS, status=0x8031_0000)
    source.add("m1/a", START + 150 * HOUR, 5)
    source.seal()
    house.store(source, per_commit=1)
    query = RangeQuery(SignalId("m1/a"), period(50 * HOUR, 51 * HOUR))
    found = house.historian.readings(ACTOR, query)["ts"].to_pylist()
    assert found == [START, START + SECOND, START + 100 * HOUR, START + 150 * HOUR]


@pytest.mark.parametrize(("is_bounded", "files_max"), [(True, 2), (False, 242)])
def test_a_search_asks_the_files_a_few_times_however_many_there_are(
    house: House, monkeypatch: pytest.MonkeyPatch, is_bounded: bool, files_max: int
) -> None:
    """A machine's past of 240 files, and a source that says something of it at their end only."""
    live, late = Source(), Source("late")
    if not is_bounded:
        late.add("m2/b", START, 1)
        late.seal()
    for hour in range(240):
        live.add("m1/a", START + hour * HOUR, hour)
        live.seal()
    late.add("m1/a", START + 239 * HOUR + SECOND, 1)
    late.seal()
    house.store(live, per_commit=1)
    house.store(late)
    asked: list[int] = []
    ask = Scanner._query

    def counted(scanner: Scanner, files: Sequence[StoreFile], *more: object) -> object:
        asked.append(len(files))
        return ask(scanner, files, *more)

    monkeypatch.setattr(Scanner, "_query", counted)
    moment = period(239 * HOUR, 239 * HOUR + 2 * SECOND)
    sources = frozenset({late.name})
    query = RangeQuery(SignalId("m1/a"), moment, house.clock.now(), sources=sources)
    assert house.historian.readings(ACTOR, query)["ts"].to_pylist() == [moment.end - SECOND]
    # The rows, what is behind, and what is before in 16, 32, 64, … files: each file at most once.
    assert len([one for one in asked if one]) <= 8
    assert sum(asked) <= files_max + 2


def test_an_unknown_signal_has_no_rows(house: House) -> None:
    query = RangeQuery(SignalId("m9/none"), period(0, HOUR))
    assert house.historian.readings(ACTOR, query).num_rows == 0
    assert house.historian.downsample(ACTOR, SignalId("m9/none"), query.period).num_rows == 0
    assert house.historian.latest(ACTOR, [SignalId("m9/none")]) == {}


def test_every_question_is_authorised_for_its_machine_and_period(house: House) -> None:
    asked = period(0, HOUR)
    house.historian.readings(ACTOR, RangeQuery(SignalId("m1/a"), asked))
    action, resource = house.authorizer.asked[-1]
    assert (action, resource.machine, resource.period) == ("reading:query", "m1", asked)


# ---- latest


@FEW
@given(st.integers(0, 10**6), st.integers(1, 4))
def test_latest_is_the_last_state_in_force(tmp_path_factory, seed, per_commit) -> None:
    house = House(tmp_path_factory.mktemp("house"))
    sources = [random_source(seed), random_source(seed + 1, name="edge-2")]
    for source in sources:
        house.store(source, per_commit=per_commit)
    rows = [
        (r.ts, s.name, s.epoch, r.sequence, r)
        for s in sources
        for r in s.records
        if r.kind in {RecordKind.READING, RecordKind.STATUS}
    ]
    signals = sorted({row[4].signal for row in rows})
    found = house.historian.latest(ACTOR, signals)
    for signal in signals:
        last = max(row for row in rows if row[4].signal == signal)
        assert found[signal].order == last[:4]
        assert found[signal].columns.mantissa == last[4].mantissa
    house.database.close()


def correct(source: Source, target, mantissa: int) -> None:
    detail = CorrectionDetail(source.name, source.epoch, target.sequence, "anna", "misread")
    source.add(target.signal, target.ts, mantissa, kind=RecordKind.CORRECTION, text=detail.encode())


def test_a_correction_replaces_the_latest_value(house: House) -> None:
    source = Source()
    first = source.add("m1/a", START, 1_000)
    last = source.add("m1/a", START + 1, 2_000)
    source.seal()
    house.store(source)
    correct(source, first, 7)
    correct(source, last, 9)
    source.seal()
    house.store(source)
    latest = house.historian.latest(ACTOR, [SignalId("m1/a")])[SignalId("m1/a")]
    assert (str(latest.value), latest.sequence) == ("0.009", last.sequence)


# ---- buckets


def good_values(records, asked: Period) -> list[tuple[int, float]]:
    """Instant and value of the good numeric readings in force, from a plain list."""
    in_force: dict[int, tuple[int, float | None]] = {}
    for record in sorted(records, key=lambda r: (r.ts, r.sequence)):
        if record.kind in {RecordKind.READING, RecordKind.STATUS}:
            in_force[record.ts] = (record.status, value_of(record))
    return [
        (ts, value)
        for ts, (status, value) in in_force.items()
        if asked.contains(ts) and is_good(status) and value is not None
    ]


def value_of(record) -> float | None:
    if record.number is not None:
        return record.number
    if record.mantissa is None or record.text is not None:
        return None
    return record.mantissa * 10.0 ** (record.exponent or 0)


@FEW
@given(st.integers(0, 10**6), st.data())
def test_buckets_hold_every_good_value_once(tmp_path_factory, seed, data) -> None:
    house = House(tmp_path_factory.mktemp("house"))
    source = random_source(seed, segments=10)
    house.store(source, per_commit=data.draw(st.integers(1, 4)))
    if data.draw(st.booleans()):
        house.compact()
    asked = period(data.draw(st.integers(-HOUR, HOUR)), data.draw(st.integers(2, 60)) * HOUR)
    points = data.draw(st.sampled_from([1, 3, 50, POINTS_MAX]))
    for signal in {r.signal for r in source.records}:
        rows = house.historian.downsample(ACTOR, signal, asked, points).to_pylist()
        mine = [r for r in source.records if r.signal == signal]
        values = good_values(mine, asked)
        assert len(rows) <= points
        assert sum(row["count"] for row in rows) == len(values)
        starts = np.array([row["bucket_start"] for row in rows])
        at = np.searchsorted(starts, [ts for ts, _ in values], side="right") - 1
        for index, row in enumerate(rows):
            inside = [value for (_, value), i in zip(values, at, strict=True) if i == index]
            assert row["count"] == len(inside)
            assert row["min"] == pytest.approx(min(inside))
            assert row["max"] == pytest.approx(max(inside))
            largest = max(map(abs, inside))
            assert row["mean"] == pytest.approx(np.mean(inside), abs=largest * 1e-9)
    house.database.close()


def test_a_gap_is_an_absent_bucket(house: House) -> None:
    source = Source()
    source.add("m1/a", START, 1_000)
    source.add("m1/a", START + 5 * HOUR, 3_000)
    source.seal()
    house.store(source)
    table = house.historian.downsample(ACTOR, SignalId("m1/a"), period(0, 10 * HOUR), 10)
    assert table["bucket_start"].to_pylist() == [START, START + 5 * HOUR]
    assert table["mean"].to_pylist() == [1.0, 3.0]


@pytest.mark.parametrize("points", [5, 2_000])
def test_buckets_show_corrected_values(house: House, points: int) -> None:
    source = Source()
    wrong = source.add("m1/a", START + 5, 999_000)
    source.add("m1/a", START + 9, 2_000)
    source.seal()
    house.store(source)
    correct(source, wrong, 4_000)
    source.seal()
    house.store(source)
    table = house.historian.downsample(ACTOR, SignalId("m1/a"), period(0, 10 * HOUR), points)
    assert table.to_pylist()[0] == {
        "bucket_start": START,
        "min": 2.0,
        "max": 4.0,
        "mean": 3.0,
        "count": 2,
    }


@pytest.mark.parametrize("points", [0, POINTS_MAX + 1])
def test_more_points_than_the_maximum_are_refused(house: House, points: int) -> None:
    with pytest.raises(Invalid, match="expected 1 to 2000"):
        house.historian.downsample(ACTOR, SignalId("m1/a"), period(0, HOUR), points)


# ---- refusals and totals


def test_refusals_are_pages_in_the_order_of_time(house: House) -> None:
    source = Source()
    for number in range(7):
        detail = RefusalDetail.of(f"unknown key {number}", b"\xff\x00raw")
        machine = "m1" if number % 2 else "m2"
        source.add(
            f"{machine}/$refused",
            START + number,
            kind=RecordKind.REFUSAL,
            status=0x8000_0000,
            text=detail.encode(),
        )
    source.seal()
    house.store(source)
    found, after = [], ""
    while after is not None:
        page = house.historian.refusals(ACTOR, page=PageRequest(3, after))
        found += page.items
        after = page.next
    assert [one.reason for one in found] == [f"unknown key {number}" for number in range(7)]
    assert (found[0].raw, found[0].raw_size, found[0].sequence) == (b"\xff\x00raw", 5, 1)
    of_one = house.historian.refusals(ACTOR, "m1", period(0, 4))
    assert [one.ts - START for one in of_one.items] == [1, 3]
    with pytest.raises(CursorInvalid):
        house.historian.refusals(ACTOR, page=PageRequest(3, "x"))
    with pytest.raises(Invalid):
        PageRequest(501)


def test_totals_are_counted_from_the_files(house: House) -> None:
    source = random_source(3, segments=9)
    house.store(source, per_commit=2)
    kinds = [r.kind for r in source.records]
    totals = house.historian.totals(ACTOR, source.name)
    assert (totals.records, totals.announced) == (len(kinds), len(kinds))
    assert totals.readings == kinds.count(RecordKind.READING)
    assert totals.own_stamps == sum(r.own_ts is not None for r in source.records)
    assert (totals.lost, totals.duplicated) == (0, 0)


@pytest.mark.parametrize("step_back", [0, 5 * SECOND])
def test_what_is_known_when_settled_stays_what_is_known(tmp_path, step_back) -> None:
    """A later commit is known later, also when the clock was set back meanwhile."""
    house, source = House(tmp_path), Source()
    source.fill(1)
    house.store(source)
    settled = house.historian.settle(ACTOR, house.clock.now())
    query = RangeQuery(SignalId("m1/s0"), period(0, HOUR), known_at=settled)
    before = house.historian.readings(ACTOR, query)
    house.clock.advance(-step_back - SECOND)
    source.fill(1)
    house.store(source)
    assert house.historian.readings(ACTOR, query).equals(before)
    assert house.historian.last_known_at(ACTOR) > settled
