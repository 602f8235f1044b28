"""Give each moment of required time its one class, by the priority of what is claimed of it.

Every interval of required time is up, down or excluded (IEC 60050-192, 192-01-23 and 192-02-08);
where causes overlap, the one with the highest priority takes its own interval and no more.
"""

import enum
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, Period, union
from lineshaft.services.metering.model import TimedState

CLAIMS_MAX = 1_000_000


class TimeClass(enum.StrEnum):
    """What a moment of required time is; each has exactly one."""

    UP = "up"
    DOWN_PROVIDER = "down_provider"
    DOWN_CUSTOMER = "down_customer"
    EXCLUDED = "excluded"
    UNKNOWN = "unknown"


class Cause(enum.IntEnum):
    """What is claimed of an interval; where claims overlap, the smallest number wins."""

    FORCE_MAJEURE = 0
    CUSTOMER = 1
    MAINTENANCE = 2
    PROVIDER = 3
    UNKNOWN = 4


class UnknownPolicy(enum.StrEnum):
    """What the contract says of time of which nothing is known.

    ASSUME_LAST: as the state before the gap (excluded where there is no before); PROVIDER_DOWN: the
    provider answers for his telemetry; EXCLUDED: taken out of the required time.
    """

    ASSUME_LAST = "ASSUME_LAST"
    PROVIDER_DOWN = "PROVIDER_DOWN"
    EXCLUDED = "EXCLUDED"


_CLASS_OF = {
    Cause.FORCE_MAJEURE: TimeClass.EXCLUDED,
    Cause.CUSTOMER: TimeClass.DOWN_CUSTOMER,
    Cause.MAINTENANCE: TimeClass.EXCLUDED,
    Cause.PROVIDER: TimeClass.DOWN_PROVIDER,
    Cause.UNKNOWN: TimeClass.UNKNOWN,
}
_CLAIMED_BY = {
    TimeClass.DOWN_PROVIDER: Cause.PROVIDER,
    TimeClass.DOWN_CUSTOMER: Cause.CUSTOMER,
    TimeClass.EXCLUDED: Cause.MAINTENANCE,
    TimeClass.UNKNOWN: Cause.UNKNOWN,
}


class Claim(msgspec.Struct, frozen=True):
    """An interval and its cause, from telemetry, a calendar or an agreement of both parties."""

    period: Period
    cause: Cause


class ClassifiedInterval(msgspec.Struct, frozen=True):
    """A part of the required time that is of one class."""

    period: Period
    time_class: TimeClass


class ClassDurations(msgspec.Struct, frozen=True):
    """Required time by class, in microseconds; the sum is the required time."""

    up_us: int = 0
    down_provider_us: int = 0
    down_customer_us: int = 0
    excluded_us: int = 0
    unknown_us: int = 0

    @classmethod
    def of(cls, durations_us: Mapping[TimeClass, int]) -> "ClassDurations":
        """Gather durations by class; what is not named is zero."""
        return cls(**{f"{each.value}_us": durations_us.get(each, 0) for each in TimeClass})

    @property
    def required_us(self) -> int:
        """The required time T."""
        return sum(self.to_content().values())

    def to_content(self) -> dict[str, int]:
        """Return the microseconds by class."""
        return {
            "up": self.up_us,
            "down_provider": self.down_provider_us,
            "down_customer": self.down_customer_us,
            "excluded": self.excluded_us,
            "unknown": self.unknown_us,
        }


def classify(required: Iterable[Period], claims: Sequence[Claim]) -> list[ClassifiedInterval]:
    """Give every microsecond of required time its one class, by the priority of the causes.

    What nobody claims is up: telemetry must claim its gaps as `Cause.UNKNOWN`.

    Args:
        required: when the service is owed; overlaps count once.
        claims: in any order, overlapping or not.

    Returns:
        Disjoint intervals in time order that cover exactly the required time; neighbours of one
        class are one interval.

    Raises:
        Invalid: with more than `CLAIMS_MAX` claims.
    """
    if len(claims) > CLAIMS_MAX:
        msg = f"cannot classify {len(claims)} claims: at most {CLAIMS_MAX}"
        raise Invalid(msg)
    found: list[ClassifiedInterval] = []
    for period, time_class in _sweep(union(required), claims):
        last = found[-1] if found else None
        if last is not None and last.period.end == period.start and last.time_class is time_class:
            found[-1] = ClassifiedInterval(Period(last.period.start, period.end), time_class)
        else:
            found.append(ClassifiedInterval(period, time_class))
    return found


def durations_of(intervals: Iterable[ClassifiedInterval]) -> ClassDurations:
    """Add up classified time; intervals of several machines are simply added."""
    durations: Counter[TimeClass] = Counter()
    for interval in intervals:
        durations[interval.time_class] += interval.period.duration_us
    return ClassDurations.of(durations)


def _sweep(owed: Sequence[Period], claims: Iterable[Claim]) -> Iterator[tuple[Period, TimeClass]]:
    """Cut required time at every edge: each piece with the class of its winning cause."""
    edges: dict[Instant, list[tuple[Cause | None, int]]] = defaultdict(list)
    for period in owed:
        edges[period.start].append((None, +1))
        edges[period.end].append((None, -1))
    for claim in claims:
        edges[claim.period.start].append((claim.cause, +1))
        edges[claim.period.end].append((claim.cause, -1))
    open_now: Counter[Cause | None] = Counter()
    for at, following in itertools.pairwise(sorted(edges)):
        for cause, change in edges[at]:
            open_now[cause] += change
        if open_now[None]:
            winner = next((cause for cause in Cause if open_now[cause]), None)
            yield Period(at, following), TimeClass.UP if winner is None else _CLASS_OF[winner]


def claims_of_states(
    start: Instant,
    spans: Iterable[TimedState],
    classes: Mapping[str, TimeClass],
    policy: UnknownPolicy,
) -> list[Claim]:
    """Say what telemetry claims: every state that is not up, and every gap.

    Under ASSUME_LAST a gap goes on as the last known state, whatever windows were agreed meanwhile;
    a gap with nothing before it stays unknown. Of a state that `classes` does not name, nothing is
    known.

    Args:
        start: of the first span.
        spans: without holes, in time order (`UsageRecord.spans`).
        classes: class of each state.
        policy: of the contract.
    """
    claims: list[Claim] = []
    at = start
    for duration_us, state, last in spans:
        end = Instant(at + duration_us)
        told = last if policy is UnknownPolicy.ASSUME_LAST else state
        time_class = TimeClass.UNKNOWN if told is None else classes.get(told, TimeClass.UNKNOWN)
        if time_class is not TimeClass.UP:
            claims.append(Claim(Period(at, end), _CLAIMED_BY[time_class]))
        at = end
    return claims


def classify_states(
    states_us: Mapping[str, int],
    unknown_us: int,
    unknown_after_us: Mapping[str, int],
    classes: Mapping[str, TimeClass],
    policy: UnknownPolicy,
) -> ClassDurations:
    """Give the durations of a signal's states their classes, where all time is required.

    The same answer as `classify` gives without agreed windows, from what a usage record holds.

    Args:
        states_us: duration of each state in microseconds (`UsageRecord.states`).
        unknown_us: the rest of the period (`UsageRecord.unknown_us`).
        unknown_after_us: how much of it followed which state (`UsageRecord.unknown_after`).
        classes: class of each state; of a state that it does not name, nothing is known.
        policy: of the contract.
    """
    durations = Counter({TimeClass.UNKNOWN: unknown_us})
    for state, duration_us in states_us.items():
        durations[classes.get(state, TimeClass.UNKNOWN)] += duration_us
    if policy is UnknownPolicy.ASSUME_LAST:
        for state, duration_us in unknown_after_us.items():
            durations[TimeClass.UNKNOWN] -= duration_us
            durations[classes.get(state, TimeClass.UNKNOWN)] += duration_us
    return ClassDurations.of(durations)
