"""Periods that are counted from a day: anchors stick, and years have their own length."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.core.money import round_half_away
from lineshaft.core.period import (
    US_PER_DAY,
    Period,
    anchored_day,
    anchored_period,
    day_start,
    year_period,
    zone_named,
)

UTC = zone_named("UTC")
ZONES = st.sampled_from(
    [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "America/Sao_Paulo",
        "Asia/Beirut",
        "Asia/Shanghai",
    ]
)
ANCHORS = st.dates(dt.date(2018, 1, 1), dt.date(2032, 12, 31))


def test_case_18_an_anchor_sticks() -> None:
    anchor = dt.date(2026, 1, 31)
    days = [anchored_day(anchor, months).isoformat() for months in range(5)]
    assert days == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]
    leap = [anchored_day(dt.date(2028, 2, 29), 12 * years).isoformat() for years in range(5)]
    assert leap == ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]
    assert anchored_day(anchor, -2) == dt.date(2025, 11, 30)


def test_case_18_a_year_from_29_february_on_has_307_of_366_days() -> None:
    year = year_period(2028, UTC)
    left = Period(day_start(dt.date(2028, 2, 29), UTC), year.end)
    days = Fraction(left.duration_us, US_PER_DAY), Fraction(year.duration_us, US_PER_DAY)
    assert days == (307, 366)
    amount = round_half_away(Fraction(Decimal("36600.00")) * days[0] / days[1], 2)
    assert str(amount) == "30700.00"


@given(ANCHORS, st.integers(-40, 40), st.integers(1, 12), ZONES)
def test_anchored_periods_touch_and_never_drift(
    anchor: dt.date, number: int, months: int, name: str
) -> None:
    zone = zone_named(name)
    before = anchored_period(anchor, number - 1, zone, months=months)
    period = anchored_period(anchor, number, zone, months=months)
    assert before.end == period.start
    day = anchored_day(anchor, number * months)
    assert period.start == day_start(day, zone)
    following = day + dt.timedelta(days=1)
    assert day.day == anchor.day or (day.day < anchor.day and following.day == 1)
    # Counting from the anchor in one go and in single months is the same.
    singles = [anchored_period(anchor, number * months + each, zone) for each in range(months)]
    assert (singles[0].start, singles[-1].end) == (period.start, period.end)


def test_what_has_no_length_or_no_year_is_refused() -> None:
    with pytest.raises(Invalid, match="expected at least 1"):
        anchored_period(dt.date(2026, 1, 31), 0, UTC, months=0)
    with pytest.raises(Invalid, match="expected a day of the years"):
        anchored_day(dt.date(2026, 1, 31), 12 * 8_000)
