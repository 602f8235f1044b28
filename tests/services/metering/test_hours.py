"""Weekly hours, holidays and the additive meters that are restricted to them."""

import datetime as dt
import itertools
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_S, Instant, Period, parse_instant, to_datetime, zone_named
from lineshaft.core.reading import RecordKind
from lineshaft.core.value import DecimalValue
from lineshaft.services.metering.clock import stretches
from lineshaft.services.metering.hours import HOLIDAYS_MAX, SPANS_MAX, Hours
from lineshaft.services.metering.measure import measure, reach
from lineshaft.services.metering.model import Meter, Row, UsageRecord
from lineshaft.services.metering.series import MeterInput, SeriesRows
from tests.services.metering.rows import KNOWN_AT, counter, meter, reading, usage

WORK_DAYS = {day: ["06:00-22:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
BERLIN: dict[str, Any] = {"zone": "Europe/Berlin", **WORK_DAYS, "holidays": ["2026-05-01"]}
HOUR_US = 3_600 * US_PER_S


def hours(**changes: Any) -> Hours:
    return Hours.from_content(BERLIN | changes)


def texts(found: list[Period]) -> list[str]:
    return [str(each) for each in found]


def test_work_days_and_a_holiday_on_the_wall_clock() -> None:
    week = Period.parse("2026-04-29T00:00:00Z", "2026-05-05T00:00:00Z")  # Wednesday to Monday
    assert texts(hours().within(week)) == [
        "2026-04-29T04:00:00Z/2026-04-29T20:00:00Z",
        "2026-04-30T04:00:00Z/2026-04-30T20:00:00Z",
        "2026-05-04T04:00:00Z/2026-05-04T20:00:00Z",
    ]


def test_a_holiday_has_hours_of_its_own() -> None:
    day = Period.parse("2026-04-30T22:00:00Z", "2026-05-01T22:00:00Z")
    assert texts(hours(holiday=["10:00-12:00"]).within(day)) == [
        "2026-05-01T08:00:00Z/2026-05-01T10:00:00Z"
    ]


@pytest.mark.parametrize(
    ("span", "day", "found"),
    [
        # The clocks go back at 03:00 CEST: 02:00 to 03:00 happens twice and counts twice.
        (
            "02:30-06:00",
            ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
            [
                "2026-10-25T00:30:00Z/2026-10-25T01:00:00Z",
                "2026-10-25T01:30:00Z/2026-10-25T05:00:00Z",
            ],
        ),
        # They go forward at 02:00 CET: what the wall clock never shows counts never.
        (
            "01:00-03:30",
            ("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
            ["2026-03-29T00:00:00Z/2026-03-29T01:30:00Z"],
        ),
        ("02:00-03:00", ("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"), []),
    ],
)
def test_days_on_which_the_clocks_are_put(
    span: str, day: tuple[str, str], found: list[str]
) -> None:
    assert texts(hours(sun=[span]).within(Period.parse(*day))) == found


def test_hours_survive_their_content() -> None:
    one = hours(outside=True, holiday=["00:00-24:00"], sat=["00:00-06:00", "20:00-24:00"])
    assert Hours.from_content(one.to_content()) == one
    assert one.to_content()["sat"] == ["00:00-06:00", "20:00-24:00"]
    assert hours(holidays=[dt.date(2026, 5, 1)]) == hours()


@pytest.mark.parametrize(
    "change",
    [
        {"zone": "Europe/Atlantis"},
        {"zone": 1},
        {"outside": "yes"},
        {"mon": ["22:00-06:00"]},
        {"mon": ["06:00-24:01"]},
        {"mon": ["06:60-07:00"]},
        {"mon": ["6:00-7:00"]},
        {"mon": ["06:00-08:00", "08:00-09:00"]},
        {"mon": "06:00-22:00"},
        {"mon": ["00:00-00:01"] * (SPANS_MAX + 1)},
        {"holidays": ["2026-02-30"]},
        {"holidays": [20260501]},
        {"holidays": ["2026-05-01", "2026-05-01"]},
        {"holidays": [str(dt.date(2000, 1, 1) + dt.timedelta(i)) for i in range(HOLIDAYS_MAX + 1)]},
        {"monday": []},
    ],
)
def test_hours_that_make_no_sense_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        hours(**change)


def test_hours_are_a_table() -> None:
    with pytest.raises(Invalid, match="hours"):
        counter(hours="work days")
    with pytest.raises(Invalid, match="hours"):
        Hours.from_content("work days")


def test_a_time_line_has_no_hours() -> None:
    with pytest.raises(Invalid, match="no holes"):
        meter("state_duration", "SEC", keeps_spans=True, hours=BERLIN)


ZONES = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai", "America/Havana"]
)
MINUTES = st.lists(st.integers(0, 1440), min_size=0, max_size=6, unique=True).map(sorted)
STARTS = st.integers(
    parse_instant("2026-01-01T00:00:00Z") // (60 * US_PER_S),
    parse_instant("2026-12-20T00:00:00Z") // (60 * US_PER_S),
)
CHANGES = st.sampled_from(
    [
        parse_instant(f"2026-{day}:00:00Z") // (60 * US_PER_S)
        for day in ("03-29T01", "10-25T01", "03-08T07", "11-01T06", "04-04T15", "10-03T15")
    ]
)


@st.composite
def some_hours(draw: st.DrawFn) -> dict[str, Any]:
    def spans() -> list[str]:
        found = draw(MINUTES)
        pairs = zip(found[::2], found[1::2], strict=False)
        return [f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in pairs]

    days = {day: spans() for day in ("mon", "thu", "fri", "sat", "sun", "holiday")}
    return days | {"zone": draw(ZONES), "holidays": ["2026-03-29", "2026-05-01"]}


@st.composite
def some_period(draw: st.DrawFn) -> Period:
    middle = draw(STARTS | CHANGES)
    before, after = draw(st.integers(0, 3_000)), draw(st.integers(1, 3_000))
    return Period(*(Instant(60 * US_PER_S * (middle + d)) for d in (-before, after)))


@given(some_hours(), some_period())
@settings(max_examples=60)
def test_hours_are_what_the_clock_on_the_wall_shows(
    content: dict[str, Any], period: Period
) -> None:
    one = Hours.from_content(content)
    inside, outside = one.within(period), Hours.from_content(content | {"outside": True})
    parts = sorted([*inside, *outside.within(period)])
    assert [parts[0].start, parts[-1].end] == [period.start, period.end]
    assert all(a.end == b.start for a, b in itertools.pairwise(parts))
    minute_us = 60 * US_PER_S
    for instant in range(period.start, period.end, 7 * minute_us):
        is_inside = any(each.start <= instant < each.end for each in inside)
        assert is_inside == shown_within(content, Instant(instant))


def shown_within(content: dict[str, Any], instant: Instant) -> bool:
    """Ask the standard library what the wall shows: the witness."""
    shown = to_datetime(instant, zone_named(content["zone"]))
    day = "holiday" if str(shown.date()) in content["holidays"] else f"{shown:%a}".lower()
    now = f"{shown:%H:%M}"
    return any(span[:5] <= now < span[6:] for span in content.get(day, ()))


@given(some_period(), ZONES)
@settings(max_examples=30)
def test_stretches_have_no_hole_and_one_offset_each(period: Period, name: str) -> None:
    zone, found = zone_named(name), list(stretches(period, zone_named(name)))
    assert [found[0].period.start, found[-1].period.end] == [period.start, period.end]
    for before, after in itertools.pairwise(found):
        assert before.period.end == after.period.start
        assert before.offset_us != after.offset_us
    for each in found:
        for instant in (each.period.start, Instant(each.period.end - 1)):
            offset = to_datetime(instant, zone).utcoffset()
            assert offset == dt.timedelta(microseconds=each.offset_us)


# The additive kinds, restricted: the bands of a partition are the whole, over clock changes too.

KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "counter": ("C62", {"rate_max": "1/100", "resolution": 3}),
    "integral": ("KWH", {"signal_unit": "KWT", "gap_max_s": 40_000}),
    "state_duration": ("SEC", {"states": ["1", "2", "5"]}),
}
STEPS = st.lists(
    st.tuples(st.integers(1, 30_000), st.none() | st.integers(0, 9)), min_size=1, max_size=14
)


def made(kind: str, **more: Any) -> Meter:
    unit, parameters = KINDS[kind]
    return meter(kind, unit, **(parameters | more))


def rows_of(kind: str, period: Period, steps: list[tuple[int, int | None]]) -> list[Row]:
    seconds = (period.start - parse_instant("2027-03-01T00:00:00Z")) // US_PER_S - 50_000
    rows, level = [], 0
    for number, (step, value) in enumerate(steps, start=1):
        seconds += step
        level = level + (value or 0) if kind == "counter" else value or 0
        rows.append(reading(number, seconds, None if value is None else DecimalValue(level, 0)))
    return rows


@given(st.sampled_from(sorted(KINDS)), some_hours(), some_period(), STEPS, st.data())
@settings(max_examples=60)
def test_i2_bands_and_cuts_add_up_to_the_whole(
    kind: str,
    content: dict[str, Any],
    period: Period,
    steps: list[tuple[int, int | None]],
    data: st.DataObject,
) -> None:
    rows = rows_of(kind, period, steps)
    inside, outside = made(kind, hours=content), made(kind, hours=content | {"outside": True})
    whole = usage(made(kind), rows, period)
    bands = [usage(inside, rows, period), usage(outside, rows, period)]
    assert_adds_up(bands, whole)
    assert sum(band.counted_us for band in bands) == period.duration_us
    cut = data.draw(st.integers(period.start + 1, period.end - 1))
    parts = [usage(inside, rows, part) for part in period.split(Instant(cut))]
    assert_adds_up(parts, bands[0])
    assert sum(part.counted_us for part in parts) == bands[0].counted_us


def assert_adds_up(parts: list[UsageRecord], whole: UsageRecord) -> None:
    assert sum(part.quantity.amount for part in parts) == whole.quantity.amount
    assert sum(part.covered_us for part in parts) == whole.covered_us
    assert sum(part.bridged_gap_us for part in parts) == whole.bridged_gap_us
    states = {key for part in parts for key in part.states} | set(whole.states)
    for state in states:
        assert sum(part.states.get(state, 0) for part in parts) == whole.states.get(state, 0)


@given(st.sampled_from(sorted(KINDS)), some_hours(), some_period(), STEPS, st.randoms())
@settings(max_examples=40)
def test_a_restricted_period_follows_from_the_rows_within_its_reach_in_any_order(
    kind: str, content: dict[str, Any], period: Period, steps: list[Any], order: Any
) -> None:
    rows, used = rows_of(kind, period, steps), made(kind, hours=content)
    needed = reach(used, MeterInput(SeriesRows.of(rows)), period, KNOWN_AT)
    part = [
        row
        for row in rows
        if (needed.since is None or row.ts >= needed.since)
        and (needed.until is None or row.ts <= needed.until)
    ]
    order.shuffle(part)
    assert usage(used, part, period) == usage(used, rows, period)


def test_a_record_says_how_much_time_counts() -> None:
    day = Period.parse("2026-04-29T22:00:00Z", "2026-04-30T22:00:00Z")
    rows = rows_of("state_duration", day, [(1, 1), (40_000, 2)])
    record = usage(made("state_duration", hours=BERLIN), rows, day)
    assert record.metered_us == 16 * HOUR_US
    assert record.quantity.amount == 16 * 3_600
    assert (record.completeness, record.is_complete) == (1, True)
    assert UsageRecord.from_content(record.to_content()) == record
    sunday = Period.parse("2026-05-02T22:00:00Z", "2026-05-03T22:00:00Z")
    none = usage(made("state_duration", hours=BERLIN), rows, sunday)
    assert (none.metered_us, none.quantity.amount, none.is_complete) == (0, 0, True)


def test_refusals_outside_the_hours_are_not_counted() -> None:
    day = Period.parse("2026-04-29T22:00:00Z", "2026-04-30T22:00:00Z")
    base = (day.start - parse_instant("2027-03-01T00:00:00Z")) // US_PER_S
    rows = [
        reading(number, base + hour * 3_600, None, kind=RecordKind.REFUSAL)
        for number, hour in enumerate((3, 12), start=1)
    ]
    assert usage(counter(), rows, day).refusal_count == 2
    assert usage(counter(hours=BERLIN), rows, day).refusal_count == 1


def test_case_16_a_run_over_the_end_of_summer_time_is_three_hours() -> None:
    """25 October 2026, 01:30 CEST to 03:30 CET at 40 per hour is 3 h: 120.00; October has 745 h."""
    run = Period.parse("2026-10-25T01:30:00+02:00", "2026-10-25T03:30:00+01:00")
    october = Period.parse("2026-10-01T00:00:00+02:00", "2026-11-01T00:00:00+01:00")
    base = parse_instant("2027-03-01T00:00:00Z")
    rows = [
        reading(1, (run.start - base) // US_PER_S, "RUN"),
        reading(2, (run.end - base) // US_PER_S, "STOP"),
    ]
    used = meter("state_duration", "HUR", states=["RUN"])
    record = measure(used, MeterInput(SeriesRows.of(rows)), october, KNOWN_AT)
    assert record.quantity.amount == 3
    assert record.quantity.amount * 40 == Fraction("120.00")
    assert october.duration_us == 745 * HOUR_US
