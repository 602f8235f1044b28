"""Business calendars: stated cases, clock changes, and properties over zones."""

import datetime as dt
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.core.period import (
    US_PER_S,
    AmbiguousTime,
    Instant,
    NonexistentTime,
    Period,
    format_instant,
    from_datetime,
    parse_instant,
    zone_named,
)
from lineshaft.services.contracts import calendars
from lineshaft.services.contracts.calendars import (
    BusinessCalendar,
    instant_after,
    open_periods,
    open_time_us,
)
from lineshaft.services.contracts.content import TermsInvalid, from_content, to_content

HOUR_US = 3_600 * US_PER_S
BERLIN = "Europe/Berlin"
WORKING_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
OFFICE = BusinessCalendar(time_zone=BERLIN, weekly=dict.fromkeys(WORKING_DAYS, ("08:00/17:00",)))
DAYS = (*WORKING_DAYS, "saturday", "sunday")


def always(zone: str = BERLIN, hours: str = "00:00/24:00", **changes: Any) -> BusinessCalendar:
    return BusinessCalendar(time_zone=zone, weekly=dict.fromkeys(DAYS, (hours,)), **changes)


def civil(text: str, zone: str = BERLIN) -> Instant:
    return from_datetime(dt.datetime.fromisoformat(text).replace(tzinfo=zone_named(zone)))


def day(date: str, zone: str = BERLIN) -> Period:
    start = dt.date.fromisoformat(date)
    return Period(civil(date, zone), civil((start + dt.timedelta(days=1)).isoformat(), zone))


class TestExtraCaseBusinessCalendar:
    SPAN = Period(civil("2026-11-20 16:30"), civil("2026-11-23 09:30"))

    def test_friday_afternoon_to_monday_morning_are_two_hours(self) -> None:
        assert open_time_us(OFFICE, self.SPAN) == 2 * HOUR_US

    def test_two_hours_after_friday_afternoon_is_monday_morning(self) -> None:
        assert instant_after(OFFICE, self.SPAN.start, 2 * HOUR_US) == self.SPAN.end

    def test_half_an_hour_is_used_up_at_the_end_of_the_friday(self) -> None:
        found = instant_after(OFFICE, self.SPAN.start, HOUR_US // 2)
        assert found == civil("2026-11-20 17:00")

    def test_no_time_at_all_is_over_at_once_open_or_not(self) -> None:
        closed = civil("2026-11-21 03:00")
        assert instant_after(OFFICE, closed, 0) == closed

    def test_a_holiday_is_closed_and_an_exception_has_its_own_hours(self) -> None:
        calendar = BusinessCalendar(
            time_zone=BERLIN,
            weekly=OFFICE.weekly,
            holidays=("2026-11-23", "2026-11-21"),
            exceptions={"2026-11-21": ("09:00/10:00", "09:30/12:00")},
        )
        assert open_time_us(calendar, self.SPAN) == 7 * HOUR_US // 2


class TestCase17NaiveLocalTime:
    def test_an_hour_that_happens_twice_is_an_error(self) -> None:
        with pytest.raises(AmbiguousTime, match="2026-10-25T02:30"):
            open_periods(always(hours="02:30/06:00"), day("2026-10-25"))

    def test_an_hour_that_never_happens_is_an_error(self) -> None:
        with pytest.raises(NonexistentTime, match="2026-03-29T02:30"):
            open_periods(always(hours="02:30/06:00"), day("2026-03-29"))

    def test_an_exception_with_its_offset_says_which_hour_is_meant(self) -> None:
        def opened(hours: str) -> Period:
            exceptions = {"2026-10-25": (hours,)}
            calendar = always(hours="02:30/06:00", exceptions=exceptions)
            return open_periods(calendar, day("2026-10-25"))[0]

        assert format_instant(opened("02:30+02:00/06:00").start) == "2026-10-25T00:30:00Z"
        assert format_instant(opened("02:30+01:00/06:00").start) == "2026-10-25T01:30:00Z"

    def test_an_offset_that_the_zone_does_not_have_then_is_an_error(self) -> None:
        exceptions = {"2026-10-25": ("05:00+02:00/06:00",)}
        with pytest.raises(NonexistentTime, match="at the offset"):
            open_periods(always(exceptions=exceptions), day("2026-10-25"))

    @pytest.mark.parametrize(("date", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
    def test_a_whole_day_is_as_long_as_the_clocks_make_it(self, date: str, hours: int) -> None:
        assert open_time_us(always(), day(date)) == hours * HOUR_US

    def test_a_working_day_over_the_change_keeps_its_civil_hours(self) -> None:
        span = Period(civil("2026-03-27 16:00"), civil("2026-03-30 09:00"))
        assert open_time_us(OFFICE, span) == 2 * HOUR_US
        assert format_instant(instant_after(OFFICE, span.start, HOUR_US + 1)) == (
            "2026-03-30T06:00:00.000001Z"
        )

    def test_where_midnight_is_skipped_the_day_starts_after_it(self) -> None:
        """The clocks of Cairo went from 24 April 2026 00:00 to 01:00."""
        assert open_time_us(always("Africa/Cairo"), day("2026-04-24", "Africa/Cairo")) == (
            23 * HOUR_US
        )

    def test_hours_that_are_skipped_with_midnight_are_no_time(self) -> None:
        calendar = always("Africa/Cairo", hours="00:00/01:00")
        assert open_periods(calendar, day("2026-04-24", "Africa/Cairo")) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"time_zone": "Europe/Atlantis"}, "unknown time zone"),
        ({"weekly": {}}, "weekly hours of no day"),
        ({"weekly": {"monday": ()}}, "weekly hours of no day"),
        ({"weekly": {"mon": ("08:00/17:00",)}}, "weekly hours of mon"),
        ({"weekly": {"monday": ("17:00/08:00",)}}, "the end after the start"),
        ({"weekly": {"monday": ("08:00/08:00",)}}, "the end after the start"),
        ({"weekly": {"monday": ("08:00/24:01",)}}, "at most 24:00"),
        ({"weekly": {"monday": ("8:00/17:00",)}}, "expected such as 08:00/17:00"),
        ({"weekly": {"monday": ("08:60/17:00",)}}, "08:60 does not exist"),
        ({"weekly": {"monday": ("08:00+01:00/17:00",)}}, "exception of a day"),
        ({"weekly": {"monday": ("08:00/17:00",) * 25}}, "at most 24"),
        ({"holidays": ("2026-02-30",)}, "expected a date"),
        ({"holidays": ("20261225",)}, "expected a date"),
        ({"exceptions": {"Christmas": ()}}, "expected a date"),
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused(changes: dict[str, Any], says: str) -> None:
    fields = {"time_zone": BERLIN, "weekly": {"monday": ("08:00/17:00",)}}
    with pytest.raises(Invalid, match=says):
        BusinessCalendar(**(fields | changes))


def test_more_exceptions_than_the_maximum_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendars, "EXCEPTIONS_MAX", 2)
    always(holidays=("2026-12-25",), exceptions={"2026-12-26": ()})
    with pytest.raises(TermsInvalid, match="more than 2"):
        always(holidays=("2026-12-25", "2026-12-24"), exceptions={"2026-12-26": ()})


def test_open_time_is_looked_for_over_so_many_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendars, "DAYS_MAX", 10)
    start = civil("2026-11-16 00:00")
    assert open_time_us(OFFICE, Period(start, civil("2026-11-25 00:00"))) == 7 * 9 * HOUR_US
    with pytest.raises(Invalid, match="at most 10"):
        open_time_us(OFFICE, Period(start, civil("2026-11-27 00:00")))
    with pytest.raises(Invalid, match="within 10 days"):
        instant_after(OFFICE, start, 100 * HOUR_US)


def test_a_calendar_is_the_same_after_it_was_written() -> None:
    calendar = always(holidays=("2026-12-25",), exceptions={"2026-10-25": ("02:30+01:00/06:00",)})
    assert from_content(to_content(calendar), BusinessCalendar) == calendar


SPRING = (parse_instant("2026-02-20T00:00:00Z"), parse_instant("2026-04-20T00:00:00Z"))
"""The clocks of some of the zones change in it."""
INSTANTS = st.integers(*SPRING).map(Instant)
ZONES = st.sampled_from(
    [BERLIN, "UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"]
)
CALENDARS = st.builds(
    lambda zone, days, hours, holidays: BusinessCalendar(
        time_zone=zone, weekly=dict.fromkeys(days, hours), holidays=tuple(holidays)
    ),
    ZONES,
    st.sets(st.sampled_from(DAYS), min_size=1),
    st.sampled_from(
        [("08:00/17:00",), ("00:00/24:00",), ("06:00/14:00", "13:00/22:00"), ("09:00/10:00",)]
    ),
    st.sets(st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31)).map(str), max_size=5),
)


@given(CALENDARS, st.lists(INSTANTS, min_size=3, max_size=3, unique=True))
def test_i2_open_time_adds_up_over_any_cut(
    calendar: BusinessCalendar, instants: list[Instant]
) -> None:
    a, b, c = sorted(instants)
    parts = open_time_us(calendar, Period(a, b)) + open_time_us(calendar, Period(b, c))
    assert parts == open_time_us(calendar, Period(a, c))


@given(CALENDARS, INSTANTS, st.integers(1, 20 * HOUR_US))
def test_the_instant_after_so_much_open_time_is_the_first_one(
    calendar: BusinessCalendar, start: Instant, wanted: int
) -> None:
    end = instant_after(calendar, start, wanted)
    assert open_time_us(calendar, Period(start, end)) == wanted
    if end > start + 1:
        assert open_time_us(calendar, Period(start, Instant(end - 1))) == wanted - 1


@given(CALENDARS, INSTANTS, INSTANTS)
def test_open_periods_are_disjoint_in_order_and_within(
    calendar: BusinessCalendar, one: Instant, other: Instant
) -> None:
    if one == other:
        return
    period = Period(min(one, other), max(one, other))
    found = open_periods(calendar, period)
    assert all(before.end < after.start for before, after in itertools.pairwise(found))
    assert all(period.start <= each.start and each.end <= period.end for each in found)


@given(ZONES, INSTANTS, st.integers(1, 20 * 24 * HOUR_US))
def test_somebody_who_always_works_works_all_the_time(
    zone: str, start: Instant, length: int
) -> None:
    period = Period(start, Instant(start + length))
    assert open_periods(always(zone), period) == [period]
