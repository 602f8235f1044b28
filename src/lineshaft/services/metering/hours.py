"""Weekly hours of a zone, with holidays: when usage counts for a price of its own. Pure.

An instant belongs to the hours by what the clock on the wall shows: the date says which day of the
week or holiday it is, the time whether it is within. So the hours and all other time divide every
day without a hole, on the days of 23 and of 25 hours too.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_DAY, US_PER_S, Instant, Period, subtract, union, zone_named
from lineshaft.services.metering.clock import Stretch, stretches

HOLIDAYS_MAX = 5_000
SPANS_MAX = 48
"""Of one day."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAY = "holiday"
_MINUTE_US = 60 * US_PER_S
_DAY_MINUTES = 24 * 60
_SPAN = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)
_EPOCH = dt.date(1970, 1, 1)

Spans = tuple[tuple[int, int], ...]
"""Minutes since midnight of the wall clock, from and to, in ascending order without overlap."""


class Hours(msgspec.Struct, frozen=True):
    """When usage counts.

    Attributes:
        zone: IANA name.
        weekly: spans of Monday to Sunday.
        holidays: civil dates of the zone, ascending; on these `holiday` stands for the week day.
        is_outside: usage counts in all time but these hours.
    """

    zone: str
    weekly: tuple[Spans, ...]
    holidays: tuple[dt.date, ...] = ()
    holiday: Spans = ()
    is_outside: bool = False

    def __post_init__(self) -> None:
        """Refuse an unknown zone, and too many or unordered holidays."""
        zone_named(self.zone)
        is_sound = (
            len(self.weekly) == len(DAYS)
            and len(self.holidays) <= HOLIDAYS_MAX
            and list(self.holidays) == sorted(set(self.holidays))
        )
        if not is_sound:
            msg = f"hours: expected seven days and at most {HOLIDAYS_MAX} holidays in their order"
            raise Invalid(msg)

    @classmethod
    def from_content(cls, content: Any) -> "Hours":
        """Read canonical or hand-written content; a day that is not named has no hours.

        Raises:
            Invalid: naming what cannot be read.
        """
        names = {"zone", "holidays", "outside", HOLIDAY, *DAYS}
        if not isinstance(content, Mapping) or not names.issuperset(content):
            msg = f"hours: expected zone, {', '.join(DAYS)}, {HOLIDAY}, holidays and outside"
            raise Invalid(msg)
        zone, is_outside = content.get("zone"), content.get("outside", False)
        if not isinstance(zone, str) or not isinstance(is_outside, bool):
            msg = "hours: expected the name of a zone, and outside as true or false"
            raise Invalid(msg)
        return cls(
            zone=zone,
            weekly=tuple(_spans(day, content.get(day, ())) for day in DAYS),
            holidays=_dates(content.get("holidays", ())),
            holiday=_spans(HOLIDAY, content.get(HOLIDAY, ())),
            is_outside=is_outside,
        )

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content."""
        return {
            **{day: _texts(spans) for day, spans in zip(DAYS, self.weekly, strict=True)},
            HOLIDAY: _texts(self.holiday),
            "holidays": [date.isoformat() for date in self.holidays],
            "outside": self.is_outside,
            "zone": self.zone,
        }

    def within(self, period: Period) -> list[Period]:
        """Return the parts of a period in which usage counts, disjoint and in time order."""
        holidays = frozenset(self.holidays)
        inside = union(
            found
            for stretch in stretches(period, zone_named(self.zone))
            for found in self._of_stretch(stretch, holidays)
        )
        return subtract([period], inside) if self.is_outside else inside

    def _of_stretch(self, stretch: Stretch, holidays: frozenset[dt.date]) -> Iterator[Period]:
        low, high = stretch.shown(stretch.period.start), stretch.shown(stretch.period.end)
        for number in range(low // US_PER_DAY, -(-high // US_PER_DAY)):
            date = _EPOCH + dt.timedelta(days=number)
            spans = self.holiday if date in holidays else self.weekly[date.weekday()]
            for begin, end in spans:
                start = max(number * US_PER_DAY + begin * _MINUTE_US, low)
                stop = min(number * US_PER_DAY + end * _MINUTE_US, high)
                if start < stop:
                    offset_us = stretch.offset_us
                    yield Period(Instant(start - offset_us), Instant(stop - offset_us))


def _dates(content: Any) -> tuple[dt.date, ...]:
    try:
        return tuple(
            each if type(each) is dt.date else dt.date.fromisoformat(each) for each in content
        )
    except (TypeError, ValueError) as error:
        msg = f"holidays: expected dates such as 2027-01-01, got {str(content)[:80]}"
        raise Invalid(msg) from error


def _spans(day: str, content: Any) -> Spans:
    """Read spans such as `06:00-22:00`; a day ends at 24:00."""
    if not isinstance(content, list | tuple) or len(content) > SPANS_MAX:
        msg = f"hours of {day}: expected a list of at most {SPANS_MAX} spans such as 06:00-22:00"
        raise Invalid(msg)
    spans = tuple(_span(day, each) for each in content)
    if any(before[1] >= after[0] for before, after in pairwise(spans)):
        msg = f"hours of {day}: expected spans in their order that do not touch each other"
        raise Invalid(msg)
    return spans


def _span(day: str, text: Any) -> tuple[int, int]:
    match = _SPAN.fullmatch(text) if isinstance(text, str) else None
    if match is not None:
        hour, minute, end_hour, end_minute = map(int, match.groups())
        begin, end = hour * 60 + minute, end_hour * 60 + end_minute
        if max(minute, end_minute) < 60 and begin < end <= _DAY_MINUTES:
            return begin, end
    msg = f"hours of {day}: {text!r}, expected such as 06:00-22:00, at most 00:00-24:00"
    raise Invalid(msg)


def _texts(spans: Spans) -> list[str]:
    return [f"{_text(begin)}-{_text(end)}" for begin, end in spans]


def _text(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
