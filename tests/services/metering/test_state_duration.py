"""Time by state."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.core.quantity import UnitMismatch
from lineshaft.core.reading import RecordKind
from lineshaft.core.value import EnumerationValue, Value, parse_decimal
from lineshaft.services.metering.measure import StateSpan, measure, reach, timeline
from lineshaft.services.metering.meters import state_duration
from lineshaft.services.metering.model import ExclusionReason, Row, TimedState, UsageRecord
from lineshaft.services.metering.parameters import STATES_MAX
from lineshaft.services.metering.series import MeterInput, SeriesRows
from tests.services.metering.rows import KNOWN_AT, at, correction, meter, reading, span, usage

S = 1_000_000
ANY = meter("state_duration", "SEC")


def states(*pairs: tuple[float, Value]) -> list[Row]:
    return [reading(number, *pair) for number, pair in enumerate(pairs, start=1)]


ROWS = states((10, "RUN"), (40, "STOP"), (50, None), (70, "RUN"))


def test_a_state_holds_until_the_next_reading_and_unknown_is_no_state() -> None:
    record = usage(ANY, ROWS, span(0, 100))
    assert record.states == {"RUN": 60 * S, "STOP": 10 * S}
    assert record.unknown_us == 30 * S
    assert record.unknown_after == {"STOP": 20 * S}
    assert record.completeness == Fraction(70, 100)
    assert not record.is_complete


def test_the_quantity_is_the_time_of_the_named_states_in_the_unit_of_the_meter() -> None:
    used = meter("state_duration", "MIN", states=["RUN", "REST", "RUN"])
    assert usage(used, ROWS, span(0, 100)).quantity.amount == 1


def test_without_named_states_any_known_state_counts() -> None:
    assert usage(ANY, ROWS, span(0, 100)).quantity.amount == 70


def test_the_time_line_is_whole_and_joins_equal_states() -> None:
    rows = MeterInput(SeriesRows.of([*ROWS, reading(9, 80, "RUN")]))
    assert timeline(rows, span(0, 100), KNOWN_AT) == [
        StateSpan(span(0, 10), None),
        StateSpan(span(10, 40), "RUN"),
        StateSpan(span(40, 50), "STOP"),
        StateSpan(span(50, 70), None),
        StateSpan(span(70, 100), "RUN"),
    ]


def test_the_last_state_holds_no_longer_than_is_known() -> None:
    rows = MeterInput(SeriesRows.of(ROWS), known_until=at(90))
    assert measure(ANY, rows, span(0, 100), KNOWN_AT).states["RUN"] == 50 * S


def test_silence_ends_a_state() -> None:
    silence = reading(9, 90, None, kind=RecordKind.STATUS)
    assert usage(ANY, [*ROWS, silence], span(0, 100)).states["RUN"] == 50 * S


@pytest.mark.parametrize(
    ("value", "state"),
    [
        ("", ""),
        ("加工中", "加工中"),
        (EnumerationValue(3, "AUTO"), "AUTO"),
        (True, "TRUE"),
        (False, "FALSE"),
        (parse_decimal("2"), "2"),
    ],
)
def test_what_is_a_state(value: Value, state: str) -> None:
    record = usage(ANY, states((0, value)), span(0, 10))
    assert record.states == {state: 10 * S}
    assert type(record).from_content(record.to_content()) == record


def test_a_binary_float_is_no_state() -> None:
    record = usage(ANY, states((0, "RUN"), (5, 1.5)), span(0, 10))
    assert record.states == {"RUN": 5 * S}
    assert [each.reason for each in record.exclusions] == [ExclusionReason.NOT_A_DECIMAL]


def test_a_correction_replaces_a_state() -> None:
    rows = [*ROWS, correction(1, ROWS[1], "REST")]
    assert usage(ANY, rows, span(0, 100)).states == {"RUN": 60 * S, "REST": 10 * S}


def test_the_unit_must_be_one_of_time_and_the_states_texts() -> None:
    with pytest.raises(UnitMismatch):
        meter("state_duration", "KWH")
    with pytest.raises(Invalid, match="texts"):
        meter("state_duration", "SEC", states=[1])
    meter("state_duration", "SEC", states=[str(i) for i in range(STATES_MAX)])
    with pytest.raises(Invalid, match="at most 1000"):
        meter("state_duration", "SEC", states=[str(i) for i in range(STATES_MAX + 1)])


SYMBOLS = st.sampled_from(["A", "B", "", None])
PAIRS = st.lists(st.tuples(st.integers(0, 30), SYMBOLS), max_size=10, unique_by=lambda p: p[0])
CUTS = st.lists(st.integers(-5, 40), min_size=3, max_size=3, unique=True).map(sorted)


@given(PAIRS, CUTS)
def test_i2_durations_add_up_over_any_cut_and_are_what_each_second_says(
    pairs: list[tuple[int, str | None]], cuts: list[int]
) -> None:
    rows = states(*sorted(pairs, key=lambda pair: pair[0]))
    start, middle, end = cuts
    whole = usage(ANY, rows, span(start, end))
    parts = [usage(ANY, rows, span(start, middle)), usage(ANY, rows, span(middle, end))]
    for state in "A", "B", "":
        second_by_second = sum(
            state_at(pairs, second) == state for second in range(start, end) if pairs
        )
        assert whole.states.get(state, 0) == second_by_second * S
        for name in "states", "unknown_after":
            total = sum(getattr(part, name).get(state, 0) for part in parts)
            assert total == getattr(whole, name).get(state, 0)
    assert sum(part.covered_us for part in parts) == whole.covered_us == sum(whole.states.values())


def state_at(pairs: list[tuple[int, str | None]], second: int) -> str | None:
    before = [pair for pair in sorted(pairs, key=lambda pair: pair[0]) if pair[0] <= second]
    return before[-1][1] if before else None


@given(PAIRS, CUTS)
def test_a_period_follows_from_the_rows_within_its_reach(
    pairs: list[tuple[int, str | None]], cuts: list[int]
) -> None:
    rows, period = states(*sorted(pairs, key=lambda pair: pair[0])), span(cuts[0], cuts[1])
    needed = reach(ANY, MeterInput(SeriesRows.of(rows)), period, KNOWN_AT)
    part = [
        row
        for row in rows
        if (needed.since is None or row.ts >= needed.since)
        and (needed.until is None or row.ts <= needed.until)
    ]
    assert usage(ANY, part, period) == usage(ANY, rows, period)


KEEPING = meter("state_duration", "SEC", keeps_spans=True)


def test_a_record_keeps_its_time_line_where_the_contract_wants_it() -> None:
    rows = [*ROWS, reading(9, 80, "RUN")]
    record = usage(KEEPING, rows, span(0, 100))
    assert record.spans == (
        TimedState(10 * S, None, None),
        TimedState(30 * S, "RUN", "RUN"),
        TimedState(10 * S, "STOP", "STOP"),
        TimedState(20 * S, None, "STOP"),
        TimedState(30 * S, "RUN", "RUN"),
    )
    assert UsageRecord.from_content(record.to_content()) == record


def test_a_gap_at_the_start_knows_the_state_before_the_period() -> None:
    record = usage(KEEPING, ROWS, span(55, 100))
    assert record.spans == (TimedState(15 * S, None, "STOP"), TimedState(30 * S, "RUN", "RUN"))


def test_a_record_without_a_time_line_does_not_name_it() -> None:
    content = usage(ANY, ROWS, span(0, 100)).to_content()
    assert "spans" not in content
    assert content["meter"]["parameters"] == {"states": []}


@pytest.mark.parametrize("wrong", [[0, "RUN", "RUN"], [5, 1, None], [5, "RUN"], "RUN"])
def test_a_span_that_is_none_is_refused(wrong: object) -> None:
    content = usage(KEEPING, ROWS, span(0, 100)).to_content()
    with pytest.raises(Invalid, match="a span"):
        UsageRecord.from_content(content | {"spans": [wrong]})


def test_more_spans_than_the_maximum_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_duration, "SPANS_MAX", 5)
    rows = [*ROWS, reading(9, 80, "RUN")]
    assert len(usage(KEEPING, rows, span(0, 100)).spans) == 5
    monkeypatch.setattr(state_duration, "SPANS_MAX", 4)
    with pytest.raises(Invalid, match="at most 4"):
        usage(KEEPING, rows, span(0, 100))


def test_whether_spans_are_kept_is_yes_or_no() -> None:
    with pytest.raises(Invalid, match="expected true or false"):
        meter("state_duration", "SEC", keeps_spans="yes")
