"""Instants, half-open periods and civil time.

An instant is an integer count of UTC microseconds since 1970-01-01T00:00:00Z, so that comparisons
and differences are exact. Periods are half-open `[start, end)`: the end of one is the start of the
next, with no second lost or counted twice. Civil time needs an IANA zone and is never shifted
silently.
"""

import calendar
import datetime as dt
import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cache, lru_cache
from importlib.resources import files
from typing import NewType
from zoneinfo import ZoneInfo

import msgspec

from lineshaft.core.errors import Invalid

Instant = NewType("Instant", int)

US_PER_S = 1_000_000
US_PER_DAY = 86_400 * US_PER_S

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?([Zz]|[+-]\d\d:\d\d)",
    re.ASCII,
)


class AmbiguousTime(Invalid):
    """A civil time that happens twice (the clocks go back)."""


class NonexistentTime(Invalid):
    """A civil time that never happens (the clocks go forward)."""


def parse_instant(text: str) -> Instant:
    """Read an RFC 3339 date-time with `Z` or an offset; the fraction may have up to 9 digits.

    Digits beyond the microsecond must be zero: nothing is rounded. Seconds may be left out.

    Raises:
        Invalid: when the text is not such a date-time.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        msg = f"cannot read the instant {text!r}: expected RFC 3339, such as 2027-01-31T00:00:00Z"
        raise Invalid(msg)
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    digits = (fraction or "").ljust(9, "0")
    if digits[6:].strip("0"):
        msg = f"cannot read the instant {text!r}: finer than a microsecond"
        raise Invalid(msg)
    try:
        date = int(year), int(month), int(day)
        time = int(hour), int(minute), int(second or 0)
        since_epoch = dt.datetime(*date, *time, tzinfo=_offset(offset)) - _EPOCH
    except (ValueError, OverflowError) as error:
        msg = f"cannot read the instant {text!r}: no such date or time"
        raise Invalid(msg) from error
    return Instant((since_epoch.days * 86_400 + since_epoch.seconds) * US_PER_S + int(digits[:6]))


def _offset(text: str) -> dt.timezone:
    if text in "Zz":
        return dt.UTC
    sign = -1 if text[0] == "-" else 1
    return dt.timezone(sign * dt.timedelta(hours=int(text[1:3]), minutes=int(text[4:6])))


def format_instant(instant: Instant) -> str:
    """Write an instant as RFC 3339 in UTC; the fraction only where there is one, without zeros."""
    whole, fraction = divmod(instant, US_PER_S)
    text = (_EPOCH + dt.timedelta(seconds=whole)).isoformat()[:19]
    return f"{text}.{fraction:06d}".rstrip("0") + "Z" if fraction else f"{text}Z"


def to_datetime(instant: Instant, zone: ZoneInfo | dt.timezone = dt.UTC) -> dt.datetime:
    """Return the aware date-time of an instant in a zone."""
    return (_EPOCH + dt.timedelta(microseconds=instant)).astimezone(zone)


def from_datetime(moment: dt.datetime) -> Instant:
    """Return the instant of an aware date-time.

    Raises:
        Invalid: when it carries no zone.
    """
    if moment.tzinfo is None:
        msg = f"cannot place {moment.isoformat()} on the time line: it has no zone or offset"
        raise Invalid(msg)
    delta = moment.astimezone(dt.UTC) - _EPOCH
    return Instant((delta.days * 86_400 + delta.seconds) * US_PER_S + delta.microseconds)


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """Return the IANA time zone of that name, as the package `tzdata` has it.

    `ZoneInfo(name)` would prefer the operating system's files, which may be older or newer than the
    version that a document names as its engine; the same period would then be cut differently on
    another machine.

    Raises:
        Invalid: when the time zone database has no such zone.
    """
    if name not in _zone_names():
        msg = f"unknown time zone {name!r}: expected an IANA name such as Europe/Berlin"
        raise Invalid(msg)
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


def civil_to_instant(civil: dt.datetime, zone: ZoneInfo) -> Instant:
    """Place a civil time (without offset) of a zone on the time line.

    Raises:
        AmbiguousTime: the clocks go back and this time happens twice.
        NonexistentTime: the clocks go forward over this time.
        Invalid: it carries an offset already.
    """
    if civil.tzinfo is not None:
        msg = f"{civil.isoformat()} carries an offset: expected a civil time of {zone.key}"
        raise Invalid(msg)
    early = civil.replace(tzinfo=zone, fold=0)
    late = civil.replace(tzinfo=zone, fold=1)
    first, second = from_datetime(early), from_datetime(late)
    if first == second:
        return first
    if first < second:
        msg = f"{civil.isoformat()} happens twice in {zone.key}: add the offset"
        raise AmbiguousTime(msg)
    msg = f"{civil.isoformat()} never happens in {zone.key}: the clocks go forward over it"
    raise NonexistentTime(msg)


def day_start(day: dt.date, zone: ZoneInfo) -> Instant:
    """Return the first instant of a civil day; where midnight is skipped, the first that exists."""
    return from_datetime(dt.datetime(day.year, day.month, day.day, tzinfo=zone))


class Period(msgspec.Struct, frozen=True, order=True):
    """A half-open span of time `[start, end)`; never empty and never backwards."""

    start: Instant
    end: Instant

    def __post_init__(self) -> None:
        """Refuse an empty or backward span."""
        if self.start >= self.end:
            msg = (
                f"period {format_instant(self.start)} to {format_instant(self.end)}: "
                "the end must be after the start"
            )
            raise Invalid(msg)

    @classmethod
    def parse(cls, start: str, end: str) -> "Period":
        """Read both ends from RFC 3339."""
        return cls(parse_instant(start), parse_instant(end))

    @property
    def duration_us(self) -> int:
        """Length in microseconds."""
        return self.end - self.start

    @property
    def seconds(self) -> Fraction:
        """Exact length in seconds."""
        return Fraction(self.duration_us, US_PER_S)

    def contains(self, instant: Instant) -> bool:
        """Tell whether the instant lies in `[start, end)`."""
        return self.start <= instant < self.end

    def intersection(self, other: "Period") -> "Period | None":
        """Return what both cover, or None."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Period(start, end) if start < end else None

    def split(self, at: Instant) -> "tuple[Period, Period]":
        """Cut in two at an instant strictly inside.

        Raises:
            Invalid: when the cut does not lie inside.
        """
        return Period(self.start, at), Period(at, self.end)

    def __str__(self) -> str:
        """Write both ends as RFC 3339 with a solidus between (ISO 8601-1, clause 5.5.2)."""
        return f"{format_instant(self.start)}/{format_instant(self.end)}"


def month_period(year: int, month: int, zone: ZoneInfo) -> Period:
    """Return the calendar month of a zone; its length follows the clock changes of the zone."""
    following = (year + month // 12, month % 12 + 1)
    return Period(day_start(dt.date(year, month, 1), zone), day_start(dt.date(*following, 1), zone))


def year_period(year: int, zone: ZoneInfo) -> Period:
    """Return the calendar year of a zone."""
    return Period(day_start(dt.date(year, 1, 1), zone), day_start(dt.date(year + 1, 1, 1), zone))


def anchored_day(anchor: dt.date, months: int) -> dt.date:
    """Return the day some months after an anchor: its day, or the last one of a shorter month.

    The anchor sticks: each day is counted from it and never from the day before, so that a short
    month leaves no trace. Example: 31 January gives 28 February, 31 March, 30 April.

    Raises:
        Invalid: beyond the years 1 to 9999.
    """
    years, month = divmod(anchor.month - 1 + months, 12)
    year = anchor.year + years
    if not dt.MINYEAR <= year < dt.MAXYEAR:
        msg = f"{months} months after {anchor}: expected a day of the years 1 to {dt.MAXYEAR - 1}"
        raise Invalid(msg)
    return dt.date(year, month + 1, min(anchor.day, calendar.monthrange(year, month + 1)[1]))


def anchored_period(anchor: dt.date, number: int, zone: ZoneInfo, *, months: int = 1) -> Period:
    """Return a period of some months that is counted from an anchor; number 0 begins there.

    Periods of the same anchor, zone and length touch without a gap or an overlap.

    Args:
        anchor: the first day of period 0.
        number: of the period; negative before the anchor.
        zone: whose days they are.
        months: length, at least 1.

    Raises:
        Invalid: when it has no length, or lies beyond the years 1 to 9999.
    """
    if months < 1:
        msg = f"periods of {months} months from {anchor} on: expected at least 1"
        raise Invalid(msg)
    first = anchored_day(anchor, number * months)
    return Period(
        day_start(first, zone), day_start(anchored_day(anchor, (number + 1) * months), zone)
    )


def union(periods: Iterable[Period]) -> list[Period]:
    """Merge overlapping and touching periods into disjoint ones, in time order."""
    merged: list[Period] = []
    for period in sorted(periods):
        if merged and period.start <= merged[-1].end:
            merged[-1] = Period(merged[-1].start, max(merged[-1].end, period.end))
        else:
            merged.append(period)
    return merged


def intersect(left: Iterable[Period], right: Iterable[Period]) -> list[Period]:
    """Return what two sets of periods both cover, disjoint and in time order."""
    ours, theirs = union(left), union(right)
    result: list[Period] = []
    i = j = 0
    while i < len(ours) and j < len(theirs):
        common = ours[i].intersection(theirs[j])
        if common is not None:
            result.append(common)
        if ours[i].end <= theirs[j].end:
            i += 1
        else:
            j += 1
    return result


def subtract(left: Iterable[Period], right: Iterable[Period]) -> list[Period]:
    """Return what the first set covers and the second does not, disjoint and in time order."""
    result: list[Period] = []
    holes = union(right)
    for period in union(left):
        start = period.start
        for hole in holes:
            if hole.end <= start or hole.start >= period.end:
                continue
            if hole.start > start:
                result.append(Period(start, hole.start))
            start = max(start, hole.end)
        if start < period.end:
            result.append(Period(start, period.end))
    return result


def total_us(periods: Sequence[Period]) -> int:
    """Return the summed length of disjoint periods in microseconds."""
    return sum(period.duration_us for period in periods)
