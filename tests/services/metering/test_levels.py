"""Kinds of a level over time: mean and demand, and what the readings can be."""

import itertools
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_S, Instant, Period, parse_instant, to_datetime, zone_named
from lineshaft.core.quantity import UnitMismatch
from lineshaft.core.value import DecimalValue
from lineshaft.services.metering.clock import aligned_cuts
from lineshaft.services.metering.measure import reach
from lineshaft.services.metering.model import ExclusionReason, Meter, Row, UsageRecord
from lineshaft.services.metering.series import MeterInput, SeriesRows
from tests.services.metering.rows import KNOWN_AT, at, meter, reading, readings, span, usage

TOO_FAST, OUT_OF_RANGE = ExclusionReason.TOO_FAST, ExclusionReason.OUT_OF_RANGE
MINUTE_US = 60 * US_PER_S


def mean(unit: str = "KWT", **parameters: Any) -> Meter:
    return meter("time_weighted_mean", unit, **({"gap_max_s": 3_600} | parameters))


def demand(unit: str = "KWT", **parameters: Any) -> Meter:
    return meter("demand", unit, **({"gap_max_s": 3_600} | parameters))


ROWS = readings((0, "10"), (900, "40"), (1_200, "10"), (1_800, None), (2_700, "4"))


def test_the_mean_weighs_each_value_by_the_time_that_it_held() -> None:
    record = usage(mean(), ROWS, span(0, 3_600))
    assert record.quantity.amount == Fraction(10 * 900 + 40 * 300 + 10 * 600 + 4 * 900, 2_700)
    assert record.completeness == Fraction(3, 4)


def test_the_mean_on_straight_lines() -> None:
    rows = readings((0, "10"), (1_800, "20.5"), (3_600, "0"))
    record = usage(mean(hold="LINEAR"), rows, span(0, 3_600))
    assert record.quantity.amount == (Fraction("30.5") + Fraction("20.5")) / 4


def test_a_mean_in_another_unit_and_of_degrees() -> None:
    assert usage(mean("WTT", signal_unit="KWT"), ROWS, span(0, 900)).quantity.amount == 10_000
    assert usage(mean("CEL"), ROWS, span(0, 900)).quantity.amount == 10
    with pytest.raises(UnitMismatch):
        mean("KWH", signal_unit="KWT")


@pytest.mark.parametrize("used", [mean(), demand()])
def test_where_nothing_is_known_the_quantity_is_undefined(used: Meter) -> None:
    record = usage(used, ROWS, span(-3_600, 0))
    assert record.is_undefined
    assert not record.is_complete
    assert UsageRecord.from_content(record.to_content()) == record
    assert not usage(used, ROWS, span(0, 3_600)).is_undefined


def test_demand_is_the_largest_mean_of_a_quarter_of_an_hour() -> None:
    record = usage(demand(), ROWS, span(0, 3_600))
    assert record.quantity.amount == Fraction(40 * 300 + 10 * 600, 900)
    assert record.completeness == Fraction(3, 4)


def test_a_window_of_which_too_little_is_known_does_not_count() -> None:
    rows = readings((0, "10"), (900, "40"), (1_350, None), (1_800, "5"), (3_600, "0"))
    assert usage(demand(), rows, span(0, 3_600)).quantity.amount == 10
    assert usage(demand(coverage_min="1/2"), rows, span(0, 3_600)).quantity.amount == 40


def test_a_window_that_the_period_cuts_does_not_count() -> None:
    assert usage(demand(), ROWS, span(600, 2_700)).quantity.amount == 20
    assert usage(demand(), ROWS, span(901, 1_800)).is_undefined


def test_windows_of_a_zone_begin_at_its_midnight() -> None:
    # Kathmandu is 5:45 ahead: a window of an hour there begins at a quarter past in UTC.
    rows = readings((900, "8"), (4_500, "0"))
    used = demand(window_s=3_600, zone="Asia/Kathmandu")
    assert usage(used, rows, span(0, 7_200)).quantity.amount == 8
    assert usage(demand(window_s=3_600), rows, span(0, 7_200)).quantity.amount == 2


def test_a_window_in_which_the_clocks_are_put_is_longer_or_shorter() -> None:
    zone, width = zone_named("Europe/Berlin"), 4 * 3_600 * US_PER_S
    for start, end, first_h in (
        ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", 5),
        ("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", 3),
    ):
        cuts = aligned_cuts(Period.parse(start, end), zone, width)
        assert len(cuts) == 7
        assert cuts[1] - cuts[0] == first_h * 3_600 * US_PER_S


@given(
    st.integers(0, 365 * 24 * 60),
    st.integers(1, 3_000),
    st.sampled_from([1, 15, 30, 60, 240, 1_440]),
    st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "America/Havana"]),
)
@settings(max_examples=40)
def test_windows_end_where_the_wall_clock_reaches_a_multiple(
    minute: int, length: int, width: int, name: str
) -> None:
    start = parse_instant("2026-01-01T00:00:00Z") + minute * MINUTE_US
    period = Period(Instant(start), Instant(start + length * MINUTE_US))
    zone = zone_named(name)

    def shown(instant: int) -> int:
        wall = to_datetime(Instant(instant), zone)
        return wall.hour * 60 + wall.minute

    expected = [
        t
        for t in range(period.start, period.end + 1, MINUTE_US)
        if shown(t) % width == 0 or (shown(t - MINUTE_US) + 1) % width == 0
    ]
    assert aligned_cuts(period, zone, width * MINUTE_US) == expected


@pytest.mark.parametrize(
    "parameters",
    [
        {"window_s": 7 * 60},
        {"window_s": 30},
        {"zone": "Mars/Olympus"},
        {"coverage_min": 0},
        {"coverage_min": "1.01"},
        {"gap_max_s": 0},
        {"rate_max": 0},
        {"resolution": 1},
        {"rate_max": 1, "resolution": -1},
        {"minimum": 2, "maximum": 1},
        {"signal_unit": "KWH"},
        {"mood": 1},
    ],
)
def test_parameters_that_make_no_sense_are_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        demand(**parameters)


# What the readings can be.


def reasons(record: UsageRecord) -> list[tuple[int, ExclusionReason]]:
    return [(each.reading.sequence, each.reason) for each in record.exclusions]


LIMITED: dict[str, Any] = {"minimum": 0, "maximum": 100, "rate_max": "0.1"}


@pytest.mark.parametrize(
    "used",
    [
        mean(**LIMITED),
        demand(coverage_min="1/10", **LIMITED),
        meter("integral", "KWH", signal_unit="KWT", gap_max_s=3_600, **LIMITED),
        meter("unique", "C62", **LIMITED),
    ],
    ids=lambda used: used.kind,
)
def test_a_spike_and_the_return_from_it_are_excluded_by_every_kind(used: Meter) -> None:
    rows = readings((0, "10"), (100, "20"), (200, "99"), (300, "20"), (400, "20"), (500, "-1"))
    record = usage(used, rows, span(0, 900))
    assert reasons(record) == [(3, TOO_FAST), (4, TOO_FAST), (6, OUT_OF_RANGE)]
    assert record.covered_us == 300 * US_PER_S
    assert not record.is_complete


def test_after_a_jump_the_first_reading_is_excluded_and_the_next_counts() -> None:
    rows = readings((0, "10"), (100, "90"), (200, "91"))
    record = usage(mean(rate_max="0.5"), rows, span(0, 300))
    assert reasons(record) == [(2, TOO_FAST)]
    assert record.quantity.amount == Fraction(101, 2)


def test_the_resolution_is_tolerated_beside_the_rate() -> None:
    rows = readings((0, "0"), (1, "3"))
    assert usage(mean(rate_max=1, resolution=2), rows, span(0, 10)).is_complete
    assert not usage(mean(rate_max=1, resolution="1.9"), rows, span(0, 10)).is_complete


def test_a_counter_out_of_range_is_excluded_before_its_steps() -> None:
    used = meter("counter", "C62", rate_max=100, maximum=1_000)
    record = usage(used, readings((0, "990"), (10, "1001"), (20, "995")), span(0, 60))
    assert record.quantity.amount == 5
    assert reasons(record) == [(2, OUT_OF_RANGE)]


def test_numbers_beyond_64_bits_are_judged_exactly() -> None:
    rows = [
        reading(1, 0, DecimalValue(0, -18)),
        reading(2, 1, DecimalValue(2**62, 0)),
        reading(3, 2, DecimalValue(2**63 - 1, 0)),
    ]
    record = usage(mean(rate_max=2**62), rows, span(0, 3))
    assert reasons(record) == []
    record = usage(mean(rate_max=2**62 - 1), rows, span(0, 3))
    assert reasons(record) == [(2, TOO_FAST)]


VALUES = st.none() | st.integers(-20, 40).map(lambda n: f"{n // 2}.{n % 2 * 5}")
PAIRS = st.lists(st.tuples(st.integers(0, 60), VALUES), max_size=12, unique_by=lambda p: p[0])
CUTS = st.lists(st.integers(-20, 650), min_size=2, max_size=2, unique=True).map(sorted)
USED = st.builds(
    lambda kind, hold, rate, gap: meter(
        kind,
        "KWT",
        gap_max_s=gap,
        hold=hold,
        minimum=-5,
        maximum=18,
        rate_max=rate,
        **({"window_s": 60, "coverage_min": "1/4"} if kind == "demand" else {}),
    ),
    st.sampled_from(["time_weighted_mean", "demand"]),
    st.sampled_from(["LEFT", "LINEAR"]),
    st.sampled_from([None, "1/2", 3]),
    st.integers(1, 30),
)


def rows_of(pairs: list[tuple[int, str | None]]) -> list[Row]:
    return readings(*sorted(pairs, key=lambda pair: pair[0]))


Line = tuple[int, int, Fraction, Fraction]


def witness_lines(used: Meter, rows: list[Row]) -> list[Line]:
    """Return the known stretches as (start, end, value there, value at its end), in fractions."""
    sampled = used.parameters.sampled
    last = None
    points: list[tuple[int, Fraction | None]] = []
    for row in rows:
        value = row.value.as_fraction() if isinstance(row.value, DecimalValue) else None
        if value is not None and not -5 <= value <= 18:
            value = None
        elif value is not None:
            rate, before, last = sampled.limits.rate_max, last, (row.ts, value)
            if before and rate is not None:
                seconds = Fraction(row.ts - before[0], US_PER_S)
                value = value if abs(value - before[1]) <= rate * seconds else None
        points.append((row.ts, value))
    points.append((KNOWN_AT, None))
    lines = []
    for (start, value), (end, following) in itertools.pairwise(points):
        if value is None:
            continue
        if sampled.hold.value == "LEFT":
            lines.append((start, min(end, start + sampled.gap_max_us), value, value))
        elif following is not None and end - start <= sampled.gap_max_us:
            lines.append((start, end, value, following))
    return lines


def witness_area(lines: list[Line], low: int, high: int) -> tuple[Fraction, int]:
    total, covered = Fraction(0), 0
    for start, end, first, last in lines:
        a, b = max(start, low), min(end, high)
        if a < b:
            slope = (last - first) / (end - start)
            total += (first + slope * (Fraction(a + b, 2) - start)) * (b - a)
            covered += b - a
    return total, covered


@given(USED, PAIRS, CUTS)
@settings(max_examples=150)
def test_mean_and_demand_are_what_fractions_find(
    used: Meter, pairs: list[tuple[int, str | None]], cuts: list[int]
) -> None:
    period = Period(at(cuts[0] / 10), at(cuts[1] / 10))
    lines = witness_lines(used, rows_of(pairs))
    record = usage(used, rows_of(pairs), period)
    total, covered = witness_area(lines, period.start, period.end)
    assert record.covered_us == covered
    if used.kind == "time_weighted_mean":
        expected = [total / covered] if covered else []
    else:
        minutes = range(-(-period.start // MINUTE_US), period.end // MINUTE_US)
        areas = [witness_area(lines, m * MINUTE_US, (m + 1) * MINUTE_US) for m in minutes]
        expected = [t / c for t, c in areas if c * 4 >= MINUTE_US]
    assert record.is_undefined == (not expected)
    assert record.quantity.amount == max(expected, default=0)


@given(USED, PAIRS, CUTS, st.randoms())
@settings(max_examples=100)
def test_it_follows_from_the_rows_within_its_reach_in_any_order(
    used: Meter, pairs: list[tuple[int, str | None]], cuts: list[int], order: Any
) -> None:
    rows, period = rows_of(pairs), Period(at(cuts[0] / 10), at(cuts[1] / 10))
    needed = reach(used, MeterInput(SeriesRows.of(rows)), period, KNOWN_AT)
    part = [
        row
        for row in rows
        if (needed.since is None or row.ts >= needed.since)
        and (needed.until is None or row.ts <= needed.until)
    ]
    order.shuffle(part)
    assert usage(used, part, period).to_content() == usage(used, rows, period).to_content()
