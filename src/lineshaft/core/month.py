"""A calendar month, before it is known in which zone. Pure."""

import re
from zoneinfo import ZoneInfo

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Period, month_period

_TEXT = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
_YEARS = (1971, 9998)
"""What instants hold, with a month before and behind."""
_MONTHS_OF_A_YEAR = 12


class Month(msgspec.Struct, frozen=True, order=True):
    """A calendar month; where it begins depends on the zone that asks."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Read a month such as `2027-06`.

        Raises:
            Invalid: for anything else.
        """
        found = _TEXT.fullmatch(text)
        if found is None:
            msg = f"cannot read {text[:20]!r} as a month: expected such as 2027-06"
            raise Invalid(msg)
        if not _YEARS[0] <= int(found[1]) <= _YEARS[1]:
            msg = f"month {text}: expected a year from {_YEARS[0]} to {_YEARS[1]}"
            raise Invalid(msg)
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        """Write it as it is read."""
        return f"{self.year:04d}-{self.month:02d}"

    def __sub__(self, other: "Month") -> int:
        """Return how many months later than another it is."""
        return (self.year - other.year) * _MONTHS_OF_A_YEAR + self.month - other.month

    def moved(self, months: int) -> "Month":
        """Return the month so many later; earlier below zero."""
        number = self.year * _MONTHS_OF_A_YEAR + self.month - 1 + months
        return Month(number // _MONTHS_OF_A_YEAR, number % _MONTHS_OF_A_YEAR + 1)

    def within(self, zone: ZoneInfo) -> Period:
        """Return the month by the calendar of a zone."""
        return month_period(self.year, self.month, zone)
