"""Texts, ids and calendar months of studies and costs. Pure."""

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.month import Month
from lineshaft.core.period import Instant, Period, to_datetime, zone_named

MONTHS_MAX = 120
"""Months of history of one study or one account of profit."""
TEXT_CHARACTERS_MAX = 200
ID_CHARACTERS_MAX = 63
_ID_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")
_UTC = "UTC"


class Months(msgspec.Struct, frozen=True):
    """Calendar months from a first to a last one, both included, such as 2026-01 to 2026-12."""

    first: str
    last: str

    def __post_init__(self) -> None:
        """Refuse what is no month, and none or too many of them."""
        count = Month.parse(self.last) - Month.parse(self.first) + 1
        if not 0 < count <= MONTHS_MAX:
            msg = f"months {self.first} to {self.last}: expected 1 to {MONTHS_MAX}, in order"
            raise Invalid(msg)

    def names(self) -> list[str]:
        """Return all of them, in order."""
        first = Month.parse(self.first)
        return [str(first.moved(later)) for later in range(Month.parse(self.last) - first + 1)]

    def period(self, time_zone: str = _UTC) -> Period:
        """Return all of them as time, by the calendar of a zone."""
        zone = zone_named(time_zone)
        first, last = Month.parse(self.first), Month.parse(self.last)
        return Period(first.within(zone).start, last.within(zone).end)


def month_of(instant: Instant, time_zone: str = _UTC) -> str:
    """Return the calendar month of an instant in a zone, such as `2026-01`."""
    return f"{to_datetime(instant, zone_named(time_zone)):%Y-%m}"


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
