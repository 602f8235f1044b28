"""Texts, ids and calendar months of studies and costs. Pure."""

import datetime as dt
import re
from dataclasses import dataclass

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, Period, month_period, to_datetime, zone_named

MONTHS_MAX = 120
"""Months of history of one study or one account of profit."""
TEXT_CHARACTERS_MAX = 200
ID_CHARACTERS_MAX = 63
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_ID_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")
_UTC = "UTC"
_DECEMBER = 12


@dataclass(frozen=True, slots=True)
class Months:
    """Calendar months from a first to a last one, both included, such as 2026-01 to 2026-12."""

    first: str
    last: str

    def __post_init__(self) -> None:
        """Refuse what is no month, and none or too many of them."""
        count = _number_of(self.last) - _number_of(self.first) + 1
        if not 0 < count <= MONTHS_MAX:
            msg = f"months {self.first} to {self.last}: expected 1 to {MONTHS_MAX}, in order"
            raise Invalid(msg)

    def names(self) -> list[str]:
        """Return all of them, in order."""
        first = _number_of(self.first)
        count = _number_of(self.last) - first + 1
        return [
            f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(first, first + count)
        ]

    def period(self, time_zone: str = _UTC) -> Period:
        """Return all of them as time, by the calendar of a zone."""
        zone = zone_named(time_zone)
        (first, start), (last, end) = (
            map(int, text.split("-")) for text in (self.first, self.last)
        )
        return Period(month_period(first, start, zone).start, month_period(last, end, zone).end)


def month_of(instant: Instant, time_zone: str = _UTC) -> str:
    """Return the calendar month of an instant in a zone, such as `2026-01`."""
    return f"{to_datetime(instant, zone_named(time_zone)):%Y-%m}"


def _number_of(month: str) -> int:
    found = _MONTH.fullmatch(month)
    if found is None or not 1 <= int(found[2]) <= _DECEMBER or int(found[1]) < dt.MINYEAR:
        msg = f"cannot read the month {month[:80]!r}: expected a year and a month such as 2026-01"
        raise Invalid(msg)
    return int(found[1]) * 12 + int(found[2]) - 1


def check_text(value: str, what: str) -> None:
    """Pass a text that says something in one line.

    Raises:
        Invalid: when it is empty or too long.
    """
    if not (value.strip() and len(value) <= TEXT_CHARACTERS_MAX and value.isprintable()):
        msg = f"{what}: expected 1 to {TEXT_CHARACTERS_MAX} characters"
        raise Invalid(msg)


def check_id(value: str, what: str) -> None:
    """Pass an identifier: lower-case letters, digits, `-`, `_` and `.`, 1 to 63 characters.

    Raises:
        Invalid: otherwise.
    """
    if not (0 < len(value) <= ID_CHARACTERS_MAX and _ID_CHARACTERS.issuperset(value)):
        msg = f"{what} {value[:80]!r}: expected 1 to {ID_CHARACTERS_MAX} of a-z, 0-9, '-', '_', '.'"
        raise Invalid(msg)
