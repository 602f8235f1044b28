"""What the clocks on the walls of a zone show: where they are put forward or back. Pure."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import msgspec

from lineshaft.core.errors import InvariantError
from lineshaft.core.period import US_PER_DAY, US_PER_S, Instant, Period, to_datetime

_LOOK_US = US_PER_DAY // 4
"""No zone has put its clocks twice within six hours."""


class Stretch(msgspec.Struct, frozen=True):
    """A span of time over which the clocks of a zone run evenly.

    Attributes:
        offset_us: what they show is UTC plus this.
    """

    period: Period
    offset_us: int

    def shown(self, instant: int) -> int:
        """Return the wall-clock time, in microseconds since 1970-01-01T00:00 of the wall."""
        return instant + self.offset_us


def stretches(period: Period, zone: ZoneInfo) -> Iterator[Stretch]:
    """Cut a period where the clocks of a zone are put forward or back, in time order."""
    start, looked, offset_us = period.start, period.start, _offset_us(period.start, zone)
    while looked < period.end:
        following = Instant(min(looked + _LOOK_US, period.end))
        found = _offset_us(following, zone)
        if found != offset_us:
            change = _change(looked, following, zone)
            yield Stretch(Period(start, change), offset_us)
            start, offset_us = change, found
        looked = following
    if start < period.end:
        yield Stretch(Period(start, period.end), offset_us)


def _change(before: Instant, after: Instant, zone: ZoneInfo) -> Instant:
    """Return the first instant with the new offset, between one with the old and one with it."""
    old, low, high = _offset_us(before, zone), int(before), int(after)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset_us(Instant(middle), zone) == old:
            low = middle
        else:
            high = middle
    return Instant(high)


def _offset_us(instant: Instant, zone: ZoneInfo) -> int:
    offset = to_datetime(instant, zone).utcoffset()
    if offset is None:
        msg = f"the zone {zone.key} has no offset from UTC"
        raise InvariantError(msg)
    return (offset.days * 86_400 + offset.seconds) * US_PER_S + offset.microseconds


def aligned_cuts(period: Period, zone: ZoneInfo, width_us: int) -> list[Instant]:
    """Return the instants of a period, its end included, at which a window of a width ends.

    A window ends, and the next begins, where the wall clock reaches a whole multiple of the width
    since midnight. A window in which the clocks are put is the longer or shorter for it.

    Args:
        period: both its ends are looked at.
        zone: whose wall clocks count.
        width_us: must divide a day.
    """
    cuts: set[int] = set()
    for stretch in stretches(period, zone):
        low, high = stretch.shown(stretch.period.start), stretch.shown(stretch.period.end)
        first = -(-low // width_us) * width_us
        cuts.update(shown - stretch.offset_us for shown in range(first, high + 1, width_us))
    return [Instant(cut) for cut in sorted(cuts)]
