"""Estimates of what nothing was recorded of: marked, and gone when readings come."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, Period
from lineshaft.core.quantity import Quantity, UnitMismatch
from lineshaft.services.metering import estimating
from lineshaft.services.metering.completeness import Verdict, judge
from lineshaft.services.metering.estimates.model import (
    REASON_CHARACTERS_MAX,
    Estimate,
    RecordedEstimate,
    in_force,
)
from lineshaft.services.metering.measure import measure, reach
from lineshaft.services.metering.model import Meter, Row, UsageRecord
from lineshaft.services.metering.series import MeterInput, SeriesRows
from tests.services.metering.rows import KNOWN_AT, at, counter, meter, readings, span, usage

POWER = meter("integral", "KWH", signal_unit="KWT", gap_max_s=900)
HOUR = span(0, 3_600)
GAP = readings((-900, "4"), (0, "4"), (900, "4"), (1_800, None), (2_700, "4"))
FULL = readings((0, "4"), (900, "4"), (1_800, "8"), (2_700, "4"))


def estimate(start_s: float = 1_800, end_s: float = 2_700, **changes: Any) -> Estimate:
    given_fields = {
        "id": "e-1",
        "machine": "mill",
        "meter": "m1",
        "period": span(start_s, end_s),
        "quantity": Quantity(Fraction("1.5"), "KWH"),
        "author": "usr_7",
        "reason": "as in the hour before",
    }
    return Estimate(**(given_fields | changes))


def over(
    rows: list[Row], *estimates: Estimate, period: Period = HOUR, used: Meter = POWER
) -> UsageRecord:
    given_rows = MeterInput(SeriesRows.of(rows), estimates=estimates)
    return measure(used, given_rows, period, KNOWN_AT)


def test_an_estimate_fills_a_gap_and_the_record_says_how_much_and_who() -> None:
    record = over(GAP, estimate())
    assert record.quantity.amount == Fraction("4.5")
    assert record.estimated == Quantity(Fraction("1.5"), "KWH")
    assert (record.completeness, record.is_complete) == (Fraction(3, 4), False)
    content = canonical.decode(canonical.encode(record.to_content()))
    assert content["estimated"] == "3/2"
    assert content["estimates"][0]["author"] == "usr_7"
    assert content["estimates"][0]["reason"] == "as in the hour before"
    assert UsageRecord.from_content(content) == record


def test_when_readings_come_it_falls_away_and_the_bytes_are_as_if_it_never_was() -> None:
    assert over(FULL, estimate()) == usage(POWER, FULL, HOUR)
    late = [*GAP[:3], *readings((0, "0"), (1, "0"), (2, "0"), (2_000, "8"))[3:], *GAP[3:]]
    assert over(late, estimate()).estimates == ()


def test_a_counter_that_went_on_over_the_gap_needs_no_estimate() -> None:
    used = counter("KWH")
    open_end = readings((0, "100"), (1_800, None))
    one = estimate(1_800, 3_600)
    assert over(open_end, one, used=used).quantity.amount == Fraction("1.5")
    went_on = [*open_end, *readings((0, "0"), (1, "0"), (7_200, "102"))[2:]]
    assert over(went_on, one, used=used).estimates == ()


def test_another_meter_or_period_is_none_of_its_business() -> None:
    plain = usage(POWER, GAP, HOUR)
    for other in (estimate(meter="m2"), estimate(machine="lathe"), estimate(3_600, 4_000)):
        assert over(GAP, other) == plain


def test_it_is_told_in_the_unit_of_the_meter() -> None:
    one = over(GAP, estimate(quantity=Quantity(Fraction("5.4"), "3B")))
    assert one.estimated == Quantity(Fraction("1.5"), "KWH")
    with pytest.raises(UnitMismatch):
        over(GAP, estimate(quantity=Quantity(Fraction(1), "HUR")))


def test_estimated_time_counts_for_the_minimum_and_flags() -> None:
    assert judge(over(GAP), Fraction(1)) == Verdict.BLOCKED
    assert judge(over(GAP, estimate()), Fraction(1)) == Verdict.FLAGGED


@pytest.mark.parametrize(
    "used",
    [
        meter("demand", "KWT", gap_max_s=60),
        meter("integral", "KWH", signal_unit="KWT", gap_max_s=60, hours={"zone": "UTC"}),
    ],
)
def test_only_what_adds_up_over_all_time_is_estimated(used: Meter) -> None:
    with pytest.raises(Invalid, match="expected a counter"):
        over(GAP, estimate(), used=used)


def test_two_estimates_of_the_same_time_are_refused() -> None:
    with pytest.raises(Invalid, match="overlap"):
        over(GAP, estimate(), estimate(2_600, 3_000, id="e-2"))


def test_estimates_have_a_maximum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimating, "ESTIMATES_MAX", 1)
    assert over(GAP, estimate()).estimates
    with pytest.raises(Invalid, match="at most 1"):
        over(GAP, estimate(1_800, 1_900), estimate(1_900, 2_000, id="e-2"))


@pytest.mark.parametrize(
    "change",
    [
        {"quantity": Quantity(Fraction(-1), "KWH")},
        {"author": ""},
        {"reason": " "},
        {"reason": "x" * (REASON_CHARACTERS_MAX + 1)},
        {"id": ""},
    ],
)
def test_an_estimate_of_nobody_or_without_a_reason_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="author and a reason"):
        estimate(**change)


@pytest.mark.parametrize("change", [{"amount": 1}, {"more": "1"}, {"amount": "1e3"}])
def test_content_that_is_none_is_refused(change: dict[str, Any]) -> None:
    content = estimate().to_content()
    assert Estimate.from_content(content) == estimate()
    with pytest.raises(Invalid):
        Estimate.from_content(content | change)
    with pytest.raises(Invalid):
        Estimate.from_content("estimate")


def test_it_is_in_force_since_it_is_known_until_it_is_withdrawn() -> None:
    recorded = [RecordedEstimate(estimate(), at(10), withdrawn_at=at(20))]
    found = [in_force(recorded, at(second)) for second in (9, 10, 19, 20)]
    assert found == [(), (estimate(),), (estimate(),), ()]
    again = RecordedEstimate(estimate(id="e-2"), at(20))
    assert in_force([again, *recorded], at(30)) == (estimate(id="e-2"),)
    with pytest.raises(Invalid, match="overlap"):
        in_force([again, *recorded, RecordedEstimate(estimate(id="e-3"), at(5))], at(30))


VALUES = st.none() | st.integers(0, 9).map(str)
PAIRS = st.lists(st.tuples(st.integers(0, 40), VALUES), max_size=8, unique_by=lambda p: p[0])
CUTS = st.lists(st.integers(-100, 500), min_size=3, max_size=3, unique=True).map(sorted)
ENDS = st.lists(st.integers(-10, 50), min_size=2, max_size=6, unique=True).map(sorted)


@given(PAIRS, CUTS, ENDS, st.booleans())
@settings(max_examples=100)
def test_i2_estimates_add_up_over_any_cut_and_follow_from_the_rows_within_reach(
    pairs: list[tuple[int, str | None]], cuts: list[int], ends: list[int], counts: bool
) -> None:
    used = (
        counter("KWH", rate_max=9)
        if counts
        else meter("integral", "KWH", signal_unit="KWT", gap_max_s=4)
    )
    rows = readings(*sorted(pairs, key=lambda pair: pair[0]))
    estimates = tuple(
        estimate(start, end, id=f"e-{start}")
        for start, end in zip(ends[::2], ends[1::2], strict=False)
    )
    instants = [Instant(at(cut / 10)) for cut in cuts]
    period = Period(instants[0], instants[2])
    whole = over(rows, *estimates, period=period, used=used)
    parts = [over(rows, *estimates, period=part, used=used) for part in period.split(instants[1])]
    assert sum(part.quantity.amount for part in parts) == whole.quantity.amount
    assert sum(part.estimated.amount for part in parts) == whole.estimated.amount
    assert whole.estimated_us <= whole.unknown_us
    everything = MeterInput(SeriesRows.of(rows), estimates=estimates)
    needed = reach(used, everything, period, KNOWN_AT)
    within = [
        row
        for row in rows
        if (needed.since is None or row.ts >= needed.since)
        and (needed.until is None or row.ts <= needed.until)
    ]
    assert over(within, *estimates, period=period, used=used) == whole
