"""Business calendars: weekly hours in a zone, holidays, and the exact length of open time. Pure.

Hours are civil times, so that a working day starts at eight in summer and in winter. A civil time
that the clocks skip or repeat is refused and never shifted: an exception of that day names the
instant with its offset. A whole day runs from its first instant to that of the next day, so it may
have 23 or 25 hours.
"""

import datetime as dt
import re
from collections.abc import Iterator
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import (
    Instant,
    NonexistentTime,
    Period,
    civil_to_instant,
    day_start,
    from_datetime,
    to_datetime,
    union,
    zone_named,
)
from lineshaft.services.contracts.content import Frozen, TermsInvalid

DAYS_MAX = 36_525
"""How many days open time is looked for over: a hundred years."""
HOURS_PER_DAY_MAX = 24
EXCEPTIONS_MAX = 10_000
MINUTES_PER_DAY = 1_440
_MINUTES_PER_HOUR = 60
_ONE_DAY = dt.timedelta(days=1)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOURS = re.compile(
    r"(\d\d):(\d\d)([+-]\d\d:\d\d|Z)?/(\d\d):(\d\d)([+-]\d\d:\d\d|Z)?",
    re.ASCII,
)


class BusinessCalendar(Frozen, frozen=True):
    """When somebody works.

    Attributes:
        time_zone: IANA zone of the hours.
        weekly: by day, such as `monday`, the hours as `08:00/17:00`; to midnight is `24:00`. A day
            that is not named is closed.
        holidays: closed days, as `2026-12-25`.
        exceptions: by day, its own hours in place of all others. Here a time may have an offset,
            such as `02:30+01:00/06:00`: so an hour that happens twice is told apart.
    """

    time_zone: str
    weekly: dict[str, tuple[str, ...]]
    holidays: tuple[str, ...] = ()
    exceptions: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what is no zone, day or hour, and a week in which nobody works."""
        zone_named(self.time_zone)
        unknown = sorted(set(self.weekly) - set(_WEEKDAYS))
        if unknown or not any(self.weekly.values()):
            msg = f"weekly hours of {', '.join(unknown) or 'no day'}: expected of " + ", ".join(
                _WEEKDAYS
            )
            raise TermsInvalid(msg)
        if len(self.holidays) + len(self.exceptions) > EXCEPTIONS_MAX:
            msg = f"more than {EXCEPTIONS_MAX} holidays and exceptions"
            raise TermsInvalid(msg)
        for day in (*self.holidays, *self.exceptions):
            _check_date(day)
        for hours in self.weekly.values():
            _check_hours(hours, has_offsets=False)
        for hours in self.exceptions.values():
            _check_hours(hours, has_offsets=True)

    def hours_of(self, day: dt.date) -> tuple[str, ...]:
        """Return the hours of a day: an exception before a holiday before the week."""
        date = day.isoformat()
        if date in self.exceptions:
            return self.exceptions[date]
        if date in self.holidays:
            return ()
        return self.weekly.get(_WEEKDAYS[day.weekday()], ())


def open_periods(calendar: BusinessCalendar, period: Period) -> list[Period]:
    """Return the open time of a period, disjoint and in time order.

    Raises:
        AmbiguousTime: when an hour of one of the days happens twice.
        NonexistentTime: when it never happens, or not at its offset.
        Invalid: when the period is longer than `DAYS_MAX` days.
    """
    found: list[Period] = []
    for opened in _opened(calendar, period.start):
        if opened.start >= period.end:
            return union(found)
        common = opened.intersection(period)
        if common is not None:
            found.append(common)
    # The search ended first: nobody works any more, or the period is too long to look through.
    _check_searched(calendar, period)
    return union(found)


def open_time_us(calendar: BusinessCalendar, period: Period) -> int:
    """Return the exact length of the open time of a period, in microseconds.

    Example: from Friday 16:30 to Monday 09:30, open 08-17 on working days, are 2 h.
    """
    return sum(each.duration_us for each in open_periods(calendar, period))


def instant_after(calendar: BusinessCalendar, start: Instant, open_us: int) -> Instant:
    """Return the first instant by which so much open time has passed since `start`.

    Args:
        calendar: whose open time counts.
        start: from when on.
        open_us: microseconds, zero or more; with zero it is `start` itself, open or not.

    Raises:
        Invalid: when less is open in all of the next `DAYS_MAX` days.
    """
    left = open_us
    at = start
    for opened in _opened(calendar, start):
        if left <= 0:
            return at
        begin = max(opened.start, at)
        if opened.end > begin:
            at = Instant(min(begin + left, opened.end))
            left -= at - begin
    if left <= 0:
        return at
    msg = f"less than {open_us} us of open time within {DAYS_MAX} days"
    raise Invalid(msg)


def _check_searched(calendar: BusinessCalendar, period: Period) -> None:
    zone = zone_named(calendar.time_zone)
    days = (to_datetime(period.end, zone).date() - to_datetime(period.start, zone).date()).days
    if days >= DAYS_MAX:
        msg = f"open time of {days} days: at most {DAYS_MAX}"
        raise Invalid(msg)


def _opened(calendar: BusinessCalendar, since: Instant) -> Iterator[Period]:
    """Yield the open hours of each civil day from the day before an instant on, by their start.

    From the day before: where the clocks go back over midnight, it ends after the next has begun.
    """
    zone = zone_named(calendar.time_zone)
    day = to_datetime(since, zone).date() - _ONE_DAY
    for _ in range(DAYS_MAX + 1):
        hours = calendar.hours_of(day)
        if hours:
            placed = (_placed(_parsed(text), day, zone) for text in hours)
            yield from union(period for period in placed if period is not None)
        day += _ONE_DAY


class _CivilTime(msgspec.Struct, frozen=True):
    """Minutes since midnight, and the offset where one was written."""

    minutes: int
    offset: dt.tzinfo | None


def _placed(hours: tuple[_CivilTime, _CivilTime], day: dt.date, zone: ZoneInfo) -> Period | None:
    """Place hours on a day; None where the clocks skip all of them after midnight."""
    start, end = (_instant(time, day, zone) for time in hours)
    return Period(start, end) if start < end else None


def _instant(time: _CivilTime, day: dt.date, zone: ZoneInfo) -> Instant:
    if time.minutes == MINUTES_PER_DAY:
        return day_start(day + _ONE_DAY, zone)
    civil = dt.datetime.combine(day, dt.time(*divmod(time.minutes, _MINUTES_PER_HOUR)))
    if time.offset is not None:
        return _at_offset(civil, time.offset, zone)
    return civil_to_instant(civil, zone) if time.minutes else day_start(day, zone)


def _at_offset(civil: dt.datetime, offset: dt.tzinfo, zone: ZoneInfo) -> Instant:
    """Place a civil time with its offset; the zone must show this civil time then."""
    instant = from_datetime(civil.replace(tzinfo=offset))
    if to_datetime(instant, zone).replace(tzinfo=None) != civil:
        msg = f"{civil.isoformat()} never happens in {zone.key} at the offset {offset}"
        raise NonexistentTime(msg)
    return instant


@lru_cache(maxsize=4_096)
def _parsed(text: str) -> tuple[_CivilTime, _CivilTime]:
    match = _HOURS.fullmatch(text)
    times = [] if match is None else [_civil_time(*match.groups()[i : i + 3]) for i in (0, 3)]
    if len(times) != 2 or not times[0].minutes < times[1].minutes <= MINUTES_PER_DAY:
        msg = (
            f"hours {text!r}: expected such as 08:00/17:00, the end after the start, at most 24:00"
        )
        raise TermsInvalid(msg)
    return times[0], times[1]


def _civil_time(hour: str, minute: str, offset: str | None) -> _CivilTime:
    if int(minute) >= _MINUTES_PER_HOUR:
        msg = f"the time {hour}:{minute} does not exist"
        raise TermsInvalid(msg)
    zone = None if offset is None else dt.datetime.strptime(offset, "%z").tzinfo
    return _CivilTime(int(hour) * _MINUTES_PER_HOUR + int(minute), zone)


def _check_hours(hours: tuple[str, ...], *, has_offsets: bool) -> None:
    if len(hours) > HOURS_PER_DAY_MAX:
        msg = f"{len(hours)} open hours in a day: expected at most {HOURS_PER_DAY_MAX}"
        raise TermsInvalid(msg)
    for text in hours:
        if not has_offsets and any(time.offset is not None for time in _parsed(text)):
            msg = f"hours {text!r}: an offset belongs to the exception of a day, not to every week"
            raise TermsInvalid(msg)


def _check_date(text: str) -> None:
    try:
        is_exact = dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        is_exact = False
    if not is_exact:
        msg = f"day {text!r}: expected a date such as 2026-12-25"
        raise TermsInvalid(msg)
