"""What roll-ups need from others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

from lineshaft.core.period import Instant


@dataclass(frozen=True, slots=True)
class PackedDay:
    """The entries of a series on a day, as `packing` writes them.

    Attributes:
        day: days since 1970-01-01.
        known_at: when the youngest row of the files of that day became known, or later.
    """

    series: int
    day: int
    known_at: Instant
    data: bytes


class Rollups(Protocol):
    """The stored roll-ups; `rollups.store` has them."""

    def write(
        self,
        connection: sa.Connection,
        day: int,
        series: Sequence[int],
        packed: Sequence[tuple[int, bytes]],
    ) -> None:
        """Write the roll-ups of a day, in the place of all that `series` have there.

        Args:
            connection: of the transaction that registers the files of the day.
            day: days since 1970-01-01.
            series: whose rows were summed up.
            packed: series and bytes of those that have a roll-up.
        """
        ...

    def read(
        self, connection: sa.Connection, series: Sequence[int], days: tuple[int, int]
    ) -> list[PackedDay]:
        """Return the roll-ups of series on days (both included), by series and day."""
        ...

    def before(self, connection: sa.Connection, series: Sequence[int], day: int) -> list[PackedDay]:
        """Return the last roll-up that each series has before a day."""
        ...
