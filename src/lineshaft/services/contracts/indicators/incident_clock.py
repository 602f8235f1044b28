"""The clock of an incident: it runs in business time and stands only in waits of the customer."""

import enum
from collections.abc import Iterable, Sequence
from fractions import Fraction

from lineshaft.core.period import Instant, Period, subtract, total_us
from lineshaft.services.contracts.calendars import BusinessCalendar, open_periods

HOUR_US = 3_600_000_000


class Statistic(enum.StrEnum):
    """What is judged of the times of several incidents."""

    LONGEST = "longest"
    MEAN = "mean"


def judged_hours(times_us: Sequence[int], statistic: Statistic) -> Fraction | None:
    """Return the longest or the mean time in hours, exactly; None where there was no incident."""
    if not times_us:
        return None
    if statistic is Statistic.LONGEST:
        return Fraction(max(times_us), HOUR_US)
    return Fraction(sum(times_us), HOUR_US * len(times_us))


def clock_us(
    start: Instant,
    end: Instant,
    waits: Iterable[Period],
    calendar: BusinessCalendar | None,
) -> int:
    """Return how long a clock ran between two instants, in microseconds.

    Args:
        start: when it began.
        end: when it stopped, not before the start.
        waits: that the customer has caused; overlaps count once.
        calendar: it runs in its open hours only; None: at all times.

    Raises:
        AmbiguousTime: when an hour of the calendar happens twice on one of the days.
        NonexistentTime: when it never happens on one of the days.
    """
    if start >= end:
        return 0
    span = Period(start, end)
    running = [span] if calendar is None else open_periods(calendar, span)
    return total_us(subtract(running, waits))
