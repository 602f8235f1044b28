"""Offsets of clocks: what they do to a time line, what metering makes of them, who records them."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lineshaft.core.errors import Forbidden, Invalid
from lineshaft.core.period import US_PER_S, Instant, month_period, parse_instant, zone_named
from lineshaft.core.reading import Reading, RecordKind, SignalId, SourceId, StatusCode
from lineshaft.core.segment.header import Header
from lineshaft.core.value import parse_decimal
from lineshaft.network.edge.numbering import Numbering, Observation
from lineshaft.security.authorisation.model import SYSTEM_EDGE, SYSTEM_INTAKE, SYSTEM_WORKER
from lineshaft.services.metering import series
from lineshaft.services.metering.clocks import service
from lineshaft.services.metering.clocks.errors import ClockOffsetTaken, TooManyOffsets
from lineshaft.services.metering.clocks.model import (
    OFFSET_US_MAX,
    ClockEntry,
    ClockOffset,
    ClockOrigin,
    ClockStep,
    between,
    in_force,
    widened,
)
from lineshaft.services.metering.clocks.tables import CLOCK_OFFSET
from lineshaft.services.metering.evidence import input_of_blocks
from lineshaft.services.metering.measure import measure
from lineshaft.services.metering.model import Row, UsageRecord
from lineshaft.services.metering.ports import Beside
from lineshaft.services.metering.series import MeterInput, SeriesRows, shifted
from lineshaft.services.metering.service import Metering
from lineshaft.services.metering.store import SqlUsageStore
from tests.platform.historian.house import House, Source
from tests.services.metering.rows import KNOWN_AT, at, correction, counter, meter, reading, span
from tests.services.records import (
    CUSTOMER,
    ENGINEER,
    FINANCE,
    Records,
    build_records,
)

EDGE = SourceId("edge-1")
SIGNAL = SignalId("mill/x")
AHEAD = 90 * US_PER_S
BERLIN = zone_named("Europe/Berlin")
OCTOBER, NOVEMBER = month_period(2026, 10, BERLIN), month_period(2026, 11, BERLIN)


def step(seconds: float, offset_s: float, source: SourceId = EDGE) -> ClockStep:
    return ClockStep(source, at(seconds), round(offset_s * US_PER_S))


def entry(id_: str, of: ClockStep, reason: str = "compared with a radio clock") -> ClockEntry:
    return ClockEntry(id_, of, reason)


# ---- a time line


STEPS = st.lists(
    st.tuples(st.integers(-30, 60), st.integers(-12, 12)), max_size=5, unique_by=lambda s: s[0]
).map(lambda pairs: [step(*pair) for pair in sorted(pairs)])


def offset_at(steps: list[ClockStep], stamp: int) -> int:
    """Say it as the rule says it: the last step that has begun."""
    return next((one.offset_us for one in reversed(steps) if one.valid_from <= stamp), 0)


@given(STEPS, st.integers(-20, 40), st.integers(1, 30))
def test_every_record_of_a_period_is_stamped_within_the_widened_period(
    steps: list[ClockStep], start: int, length: int
) -> None:
    period = span(start, start + length)
    wide = widened({EDGE: steps} if steps else {}, period)
    for second in range(-100, 140):
        stamp = at(second)
        if period.contains(Instant(stamp - offset_at(steps, stamp))):
            assert wide.contains(stamp)
    assert wide.start <= period.start
    assert wide.end >= period.end


def test_what_a_clock_does_later_widens_nothing() -> None:
    steps = [step(0, 5), step(100_000, 3_600)]
    assert widened({EDGE: steps}, span(10, 20)) == span(10, 25)
    assert widened({EDGE: [step(0, -5)]}, span(10, 20)) == span(5, 20)


@given(st.permutations(range(6)), st.integers(0, 7))
def test_the_order_in_which_offsets_arrive_changes_nothing(order: list[int], known: int) -> None:
    steps = [step(0, 9), step(10, 4), step(0, 7), step(10, 7), step(0, 0), step(20, 0)]
    offsets = [
        ClockOffset(entry(f"o-{number}", each), ClockOrigin.ENTERED, "usr", at(number))
        for number, each in enumerate(steps)
    ]
    expected = in_force(offsets, at(known))
    assert in_force([offsets[place] for place in order], at(known)) == expected


def test_of_one_stamp_the_last_known_is_in_force_and_equal_neighbours_are_one() -> None:
    def known(number: int, each: ClockStep) -> ClockOffset:
        return ClockOffset(entry(f"o-{number}", each), ClockOrigin.ENTERED, "usr", at(number))

    offsets = [known(1, step(0, 9)), known(2, step(10, 9)), known(3, step(0, 0))]
    assert in_force(offsets, at(0)) == {}
    assert in_force(offsets, at(1)) == {EDGE: [step(0, 9)]}
    assert in_force(offsets, at(2)) == {EDGE: [step(0, 9)]}
    assert in_force(offsets, at(3)) == {EDGE: [step(10, 9)]}


@given(STEPS, st.integers(-40, 60), st.integers(0, 30))
def test_steps_between_two_stamps_say_the_same_of_every_stamp_between(
    steps: list[ClockStep], first: int, length: int
) -> None:
    named = between(steps, at(first), at(first + length))
    for second in range(first, first + length + 1):
        assert offset_at(named, at(second)) == offset_at(steps, at(second))
    assert all(one.valid_from <= at(first + length) for one in named)


def test_offsets_have_a_maximum_and_a_reason() -> None:
    assert ClockStep(EDGE, at(0), OFFSET_US_MAX).offset_us == OFFSET_US_MAX
    with pytest.raises(Invalid, match="expected a source and an offset"):
        ClockStep(EDGE, at(0), -OFFSET_US_MAX - 1)
    with pytest.raises(Invalid, match="a reason is needed"):
        entry("o-1", step(0, 1), " ")
    with pytest.raises(Invalid, match="expected 1 to 63"):
        entry("O 1", step(0, 1))
    with pytest.raises(Invalid, match="needs source, valid_from and offset_us"):
        ClockStep.from_content({"source": "edge-1", "valid_from": "x", "offset_us": True})


def test_a_correction_stands_where_the_reading_that_it_replaces_stands() -> None:
    wrong = reading(1, 100, parse_decimal("7"))
    rows = SeriesRows.of([wrong, correction(1, wrong, parse_decimal("5"))])
    found = series.in_force(shifted(rows, [step(0, 90), step(0, 4, SourceId("hub"))]))
    assert found.ts.tolist() == [at(10)]
    assert found.rows.mantissa[found.row].tolist() == [5]


# ---- usage


def of_offsets(rows: list[Row], steps: list[ClockStep]) -> MeterInput:
    return MeterInput(shifted(SeriesRows.of(rows), steps), clock_offsets=tuple(steps))


READINGS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30)), max_size=14)
CUTS = st.lists(st.integers(-20, 60), min_size=3, max_size=3, unique=True).map(sorted)


@given(STEPS, READINGS, CUTS, st.randoms(use_true_random=False))
def test_i2_usage_adds_up_over_any_cut_whatever_the_clocks_and_the_order_of_rows(
    steps: list[ClockStep], pairs: list[tuple[int, int]], cuts: list[int], rng: random.Random
) -> None:
    rows = [
        reading(number, second, parse_decimal(str(value)))
        for number, (second, value) in enumerate(pairs, start=1)
    ]
    used = counter(rate_max=3)
    whole, mixed = span(cuts[0], cuts[2]), rng.sample(rows, len(rows))
    first, second = whole.split(at(cuts[1]))
    total, early, late = (
        measure(used, of_offsets(rows, steps), part, KNOWN_AT) for part in (whole, first, second)
    )
    assert early.quantity + late.quantity == total.quantity
    assert measure(used, of_offsets(mixed, steps), whole, KNOWN_AT) == total


def test_a_record_without_offsets_has_the_bytes_that_it_always_had() -> None:
    record = measure(counter(), of_offsets([], []), span(0, 20), KNOWN_AT)
    assert "clock_offsets" not in record.to_content()
    assert "exchanges" not in record.to_content()
    shown = replace(record, clock_offsets=(step(0, 90),))
    assert shown.to_content()["clock_offsets"] == [
        {"offset_us": AHEAD, "source": "edge-1", "valid_from": "2027-03-01T00:00:00Z"}
    ]
    assert UsageRecord.from_content(shown.to_content()) == shown


# ---- metering over the historian


@pytest.fixture
def house(tmp_path: Path, sqlite_template: Path) -> Iterator[House]:
    shutil.copyfile(sqlite_template, tmp_path / "hub.sqlite")
    opened = House(tmp_path)
    yield opened
    opened.database.close()


def built(house: House) -> tuple[Metering, Records]:
    records = build_records(house.database, house.clock)
    beside = Beside(clocks=records.clocks, exchanges=records.exchanges)
    metering = Metering(
        house.historian, records.authorizer, house.database, SqlUsageStore(), beside
    )
    return metering, records


def offline(house: House, record: UsageRecord) -> UsageRecord:
    """Measure again from the blocks, offsets and exchanges that a record names."""
    blocks = [
        (Header.decode(proof.header_bytes), proof.salt, proof.block)
        for each in record.ranges
        for proof in house.historian.proofs(
            SYSTEM_WORKER,
            record.meter.signal,
            (each.source, each.epoch),
            (each.first_ordinal, each.last_ordinal),
        )
    ]
    found = input_of_blocks(blocks)
    rows = MeterInput(
        shifted(found.rows, record.clock_offsets),
        found.evidence,
        None,
        record.clock_offsets,
        record.exchanges,
    )
    return measure(record.meter, rows, record.period, record.known_at)


def test_case_14_a_device_clock_that_is_ahead_is_billed_in_october(house: House) -> None:
    """Stamped 00:00:30 on 1 November by a clock that is 90 s ahead: 23:59:00 on 31 October."""
    source = Source()
    for stamp, value in (
        ("2026-10-31T23:51:30+01:00", 100),
        ("2026-11-01T00:00:30+01:00", 140),
        ("2026-11-01T00:11:30+01:00", 145),
    ):
        source.add(SIGNAL, parse_instant(stamp), value, 0)
    source.seal()
    house.store(source)
    metering, records = built(house)
    used = counter(rate_max=1, boundary="LATER")
    then = records.promised()

    def measured(known_at: Instant) -> list[UsageRecord]:
        months = OCTOBER, NOVEMBER
        return [metering.usage(SYSTEM_WORKER, used, month, known_at) for month in months]

    before = measured(then)
    assert [record.quantity.amount for record in before] == [0, 45]
    wrong = ClockStep(EDGE, OCTOBER.start, AHEAD)
    known = records.clocks.record(ENGINEER, entry("edge-1-radio", wrong))
    after = measured(known.known_at)
    assert [record.quantity.amount for record in after] == [40, 5]
    assert all(record.clock_offsets == (wrong,) for record in after)
    assert [offline(house, record) for record in after] == after
    # What was promised for a document stays as it was; taken back, the offset leaves no trace.
    assert measured(then) == before
    taken_back = entry("edge-1-typo", ClockStep(EDGE, OCTOBER.start, 0), "a typing error")
    restored = measured(records.clocks.record(ENGINEER, taken_back).known_at)
    assert [replace(record, known_at=then) for record in restored] == before
    assert measured(known.known_at) == after


def test_case_14_a_stamp_more_than_five_minutes_ahead_is_held() -> None:
    """It is numbered as a refusal, with its bytes, and so holds the period incomplete."""
    now = parse_instant("2026-11-01T00:00:00Z")
    numbering = Numbering()

    def stamped(seconds: int) -> RecordKind:
        ts = Instant(now + seconds * US_PER_S)
        item = Reading(SIGNAL, ts, value=parse_decimal("7"), status=StatusCode.GOOD)
        return numbering.observe("mill", Observation(item, b"7"), now).kind

    assert [stamped(300), stamped(301)] == [RecordKind.READING, RecordKind.REFUSAL]


@pytest.mark.engine
@pytest.mark.timeout(30)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_usage_is_that_of_all_rows_at_their_true_instants(house: House, seed: int) -> None:
    """Over several sources with clocks of their own, online and from the blocks alone."""
    rng = random.Random(seed)
    sources = [Source(f"edge-{number}") for number in (1, 2, 3)]
    for source in sources:
        level, second = 0, rng.randint(0, 5)
        for number in range(40):
            second += rng.randint(1, 4)
            level += rng.randint(0, 2)
            source.add(SIGNAL, at(second), level, 0)
            if rng.random() < 0.3 or number == 39:
                source.seal()
        house.store(source, per_commit=8)
    metering, records = built(house)
    steps = []
    for number, name in enumerate(("edge-1", "edge-1", "edge-2", "edge-unknown")):
        steps.append(step(rng.randint(-10, 80), rng.randint(-40, 40), SourceId(name)))
        records.clocks.record(ENGINEER, entry(f"o-{number}", steps[-1]))
    known_at = records.promised()
    everything = [
        (Header.decode(each.header_bytes), each.salt, each.block)
        for source in sources
        for each in house.historian.proofs(SYSTEM_WORKER, SIGNAL, (source.name, 1), (1, 10_000))
    ]
    all_rows = MeterInput(shifted(input_of_blocks(everything).rows, steps))
    for used in (counter(rate_max=2), meter("unique", "C62")):
        for _ in range(3):
            start, end = sorted(rng.sample(range(-30, 170), 2))
            record = metering.usage(SYSTEM_WORKER, used, span(start, end), known_at)
            expected = measure(used, all_rows, record.period, known_at)
            assert bare(record) == bare(expected)
            if record.ranges:
                assert offline(house, record).to_content() == record.to_content()


def bare(record: UsageRecord) -> UsageRecord:
    return replace(record, ranges=(), evidence_root="0" * 64, clock_offsets=())


def test_the_clock_of_a_source_that_never_spoke_of_a_signal_changes_nothing(house: House) -> None:
    source = Source()
    source.add(SIGNAL, at(0), 0, 0)
    source.add(SIGNAL, at(10), 5, 0)
    source.seal()
    house.store(source)
    metering, records = built(house)
    used, then = counter(rate_max=1), records.promised()
    before = metering.usage(SYSTEM_WORKER, used, span(0, 20), then)
    records.clocks.record(ENGINEER, entry("o-1", step(0, 3_600, SourceId("edge-9"))))
    later = metering.usage(SYSTEM_WORKER, used, span(0, 20), records.promised())
    assert replace(later, known_at=then) == before


def test_a_step_that_puts_a_clock_right_is_named_for_every_signal_of_a_meter(house: House) -> None:
    """One signal ends before the clock was put right, and the other begins behind that."""
    source = Source()
    for second, value in ((100, 0), (150, 40)):
        source.add(SIGNAL, at(second), value, 0)
    for second, value in ((300, 0), (310, 5)):
        source.add("mill/rejects", at(second), value, 0)
    source.seal()
    house.store(source)
    metering, records = built(house)
    counting = {"rate_max": 1}
    good = meter("good_count", "C62", total=counting, rejects=counting, rejects_signal="rejects")
    steps = (step(0, 90), step(200, 0))
    for number, each in enumerate(steps):
        records.clocks.record(ENGINEER, entry(f"o-{number}", each))
    record = metering.usage(SYSTEM_WORKER, good, span(0, 400), records.promised())
    assert record.clock_offsets == steps
    assert record.quantity.amount == 35


# ---- the use cases


def test_an_offset_is_recorded_once_announced_and_written_down(records: Records) -> None:
    made = [records.clocks.record(ENGINEER, entry("o-1", step(0, 90))) for _ in range(2)]
    assert made[0] == made[1]
    assert (made[0].origin, made[0].author) == (ClockOrigin.ENTERED, ENGINEER.id)
    (event,) = records.events()
    assert b'"type":"ClockOffsetRecorded"' in event
    assert records.audited() == ["usr_engineer clock:write source/edge-1"]
    assert records.clocks.offsets(FINANCE, EDGE) == [made[0]]
    assert records.clocks.offsets(FINANCE, SourceId("edge-2")) == []
    assert records.clocks.sources(SYSTEM_WORKER) == {EDGE}
    with pytest.raises(ClockOffsetTaken, match="another id"):
        records.clocks.record(ENGINEER, entry("o-1", step(0, 91)))


def test_what_is_recorded_is_known_later_than_all_that_was_promised(records: Records) -> None:
    promised = records.promised()
    records.clock.advance(-3_600 * US_PER_S)
    first = records.clocks.record(ENGINEER, entry("o-1", step(0, 90)))
    second = records.clocks.record(ENGINEER, entry("o-2", step(0, 80)))
    assert promised < first.known_at < second.known_at <= records.promised()
    asked = records.clocks.in_force
    assert asked(SYSTEM_WORKER, [EDGE], promised) == {}
    assert asked(SYSTEM_WORKER, [EDGE], first.known_at) == {EDGE: [step(0, 90)]}
    assert asked(SYSTEM_WORKER, [EDGE], second.known_at) == {EDGE: [step(0, 80)]}
    assert asked(SYSTEM_WORKER, [], second.known_at) == {}


def test_who_may_say_how_wrong_a_clock_is(records: Records) -> None:
    measured = records.clocks.record(SYSTEM_INTAKE, entry("o-1", step(0, 90)))
    assert measured.origin is ClockOrigin.MEASURED
    for actor in (FINANCE, CUSTOMER, SYSTEM_EDGE, SYSTEM_WORKER):
        with pytest.raises(Forbidden):
            records.clocks.record(actor, entry("o-2", step(0, 90)))
    with pytest.raises(Forbidden):
        records.clocks.offsets(CUSTOMER)


def test_a_source_has_a_maximum_of_offsets(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "OFFSETS_MAX", 1)
    records.clocks.record(ENGINEER, entry("o-1", step(0, 90)))
    with pytest.raises(TooManyOffsets, match="there are no more"):
        records.clocks.record(ENGINEER, entry("o-2", step(0, 80)))
    assert records.clocks.record(ENGINEER, entry("o-1", step(0, 90))).entry.id == "o-1"


@pytest.mark.parametrize(
    "change", [sa.update(CLOCK_OFFSET).values(offset_us=0), sa.delete(CLOCK_OFFSET)]
)
def test_a_recorded_offset_never_changes(records: Records, change: sa.Update | sa.Delete) -> None:
    records.clocks.record(ENGINEER, entry("o-1", step(0, 90)))
    with (
        pytest.raises(sa.exc.IntegrityError, match="never changed"),
        records.database.unit_of_work() as unit,
    ):
        unit.connection.execute(change)
