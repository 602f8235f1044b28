"""The failures of a machine: how long it ran before each, and how long each lasted. Pure."""

import bisect
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from lineshaft.core.period import Instant, Period, intersect, subtract, union
from lineshaft.services.contracts.model import TimeClass
from lineshaft.services.incidents.model import IncidentCause, ServiceIncident
from lineshaft.services.metering.model import UsageRecord

_OURS = (IncidentCause.PROVIDER, IncidentCause.UNKNOWN)
"""Who answers for an incident that counts as a failure."""


class FailureHistory(msgspec.Struct, frozen=True):
    """What a machine's own past says of its next failures; all in microseconds.

    Attributes:
        ups: time up before each failure, in order; the first is counted from when its time line
            begins.
        downs: how long each failure lasted; one that still lasts counts as long as it did so far.
        running: time up since the last failure, which has not ended by one.
    """

    machine: str
    ups: tuple[int, ...]
    downs: tuple[int, ...]
    running: int

    @property
    def failures(self) -> int:
        """How many failures there were."""
        return len(self.downs)

    @property
    def up_us(self) -> int:
        """All time up."""
        return sum(self.ups) + self.running


def failure_history(
    machine: str, observed: Sequence[Period], downs: Sequence[Period], ignored: Sequence[Period]
) -> FailureHistory:
    """Cut what is known of a machine into times up and times down.

    Time that is neither, such as unknown time and time that the customer answers for, is taken
    out: the machine goes on behind it as it was before.

    Args:
        machine: whose history it is.
        observed: time of which anything is known.
        downs: when the provider had to answer for it that the machine was down.
        ignored: time that says nothing of failures; what is down is not ignored.
    """
    broken = intersect(downs, observed)
    starts = [each.start for each in broken]
    before = [0] * (len(broken) + 1)
    for up in subtract(observed, [*ignored, *broken]):
        before[bisect.bisect_right(starts, up.start)] += up.duration_us
    ups: list[int] = []
    lasted: list[int] = []
    for failure, up_us in zip(broken, before, strict=False):
        if lasted and not up_us:
            lasted[-1] += failure.duration_us
        else:
            ups.append(up_us)
            lasted.append(failure.duration_us)
    return FailureHistory(machine, tuple(ups), tuple(lasted), before[-1])


def time_line(
    records: Iterable[UsageRecord], classes: Mapping[str, TimeClass]
) -> tuple[list[Period], list[Period]]:
    """Return what was down and what says nothing, of records that keep their spans."""
    downs: list[Period] = []
    ignored: list[Period] = []
    for record in records:
        at = record.period.start
        for span in record.spans:
            period = Period(at, Instant(at + span.duration_us))
            at = period.end
            class_ = TimeClass.UNKNOWN
            if span.state is not None:
                class_ = classes.get(span.state, TimeClass.UNKNOWN)
            if class_ is TimeClass.DOWN_PROVIDER:
                downs.append(period)
            elif class_ is not TimeClass.UP:
                ignored.append(period)
    return downs, ignored


def down_by_incident(incidents: Iterable[ServiceIncident], until: Instant) -> list[Period]:
    """Return when incidents that the provider answers for held; an open one until now."""
    found = []
    for each in incidents:
        end = until if each.restored_at is None else each.restored_at
        if each.cause in _OURS and each.reported_at < end:
            found.append(Period(each.reported_at, end))
    return union(found)
