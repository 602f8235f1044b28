"""The arithmetic of an availability guarantee: classes of time, availability, credit. Pure.

Every interval of required time is up, down or excluded (IEC 60050-192, 192-01-23 and 192-02-08);
where causes overlap, the one with the highest priority takes its own interval and no more. The
availability is an exact rational and is compared as such: what a display rounds decides nothing.
"""

import enum
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, Period, union

CREDIT_STEPS_MAX = 100
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

    ASSUME_LAST: as before the gap (excluded where there is no before); PROVIDER_DOWN: the provider
    answers for his telemetry; EXCLUDED: taken out of the required time.
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
_TOLD_BY_TELEMETRY = (None, Cause.CUSTOMER, Cause.PROVIDER)
"""What a gap may be assumed to go on as; None is up. Agreed windows end when they end."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An interval and its cause, from telemetry, a calendar or an agreement of both parties."""

    period: Period
    cause: Cause


@dataclass(frozen=True, slots=True)
class ClassDurations:
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
        return (
            self.up_us
            + self.down_provider_us
            + self.down_customer_us
            + self.excluded_us
            + self.unknown_us
        )


@dataclass(frozen=True, slots=True)
class Availability:
    """The result of a guarantee over one period.

    Attributes:
        required_us: T, in microseconds.
        excluded_us: X: excluded, caused by the customer, and unknown where the policy excludes it.
        down_us: D: for which the provider answers.
        value: A = 1 - D/(T - X), exact; None (not applicable) when T - X is zero.
    """

    required_us: int
    excluded_us: int
    down_us: int
    value: Fraction | None


@dataclass(frozen=True, slots=True)
class CreditStep:
    """Credit as a share of the credit base from an availability of `at_least` on."""

    at_least: Fraction
    credit: Fraction


@dataclass(frozen=True, slots=True)
class CreditTerms:
    """What a broken guarantee costs.

    Attributes:
        target: availability that is promised, inclusive; 0 to 1.
        steps: in falling order below the target; the last begins at 0, so that each value has one.
        cap: largest credit as a share of the credit base.
    """

    target: Fraction
    steps: tuple[CreditStep, ...]
    cap: Fraction

    def __post_init__(self) -> None:
        """Refuse steps that leave a breach without a credit, or that contradict each other."""
        bounds = [self.target, *(step.at_least for step in self.steps)]
        is_sound = (
            1 <= len(self.steps) <= CREDIT_STEPS_MAX
            and bounds[0] <= 1
            and bounds[-1] == 0
            and all(upper > lower for upper, lower in itertools.pairwise(bounds))
            and all(step.credit >= 0 for step in self.steps)
            and self.cap >= 0
        )
        if not is_sound:
            msg = (
                f"credit steps below a target of {self.target}: expected 1 to {CREDIT_STEPS_MAX} "
                "in falling order, the last from 0 on, credits and cap not negative"
            )
            raise Invalid(msg)


def classify(
    required: Iterable[Period], claims: Sequence[Claim], policy: UnknownPolicy
) -> ClassDurations:
    """Give every microsecond of required time its one class, by the priority of the causes.

    What nobody claims is up: telemetry must claim its gaps as `Cause.UNKNOWN`. Under ASSUME_LAST a
    gap is what the last time before it was, agreed windows aside: a window ends when it ends. A gap
    with nothing before it stays unknown.

    Args:
        required: when the service is owed; overlaps count once.
        claims: in any order, overlapping or not.
        policy: of the contract.

    Raises:
        Invalid: with more than `CLAIMS_MAX` claims.
    """
    if len(claims) > CLAIMS_MAX:
        msg = f"cannot classify {len(claims)} claims: at most {CLAIMS_MAX}"
        raise Invalid(msg)
    durations: Counter[TimeClass] = Counter()
    assumed: Cause | None = Cause.UNKNOWN
    for span_us, cause in _sweep(union(required), claims):
        if cause in _TOLD_BY_TELEMETRY:
            assumed = cause
        is_assumed = cause is Cause.UNKNOWN and policy is UnknownPolicy.ASSUME_LAST
        durations[_class_of(assumed if is_assumed else cause)] += span_us
    return ClassDurations.of(durations)


def _class_of(cause: Cause | None) -> TimeClass:
    return TimeClass.UP if cause is None else _CLASS_OF[cause]


def _sweep(owed: Sequence[Period], claims: Iterable[Claim]) -> Iterator[tuple[int, Cause | None]]:
    """Cut required time at every edge: length and winning cause of each piece, in time order."""
    edges: dict[Instant, list[tuple[Cause | None, int]]] = defaultdict(list)
    for period in owed:
        edges[period.start].append((None, +1))
        edges[period.end].append((None, -1))
    for claim in claims:
        edges[claim.period.start].append((claim.cause, +1))
        edges[claim.period.end].append((claim.cause, -1))
    open_now: Counter[Cause | None] = Counter()
    instants = sorted(edges)
    for at, following in itertools.pairwise(instants):
        for cause, change in edges[at]:
            open_now[cause] += change
        if open_now[None]:
            yield following - at, next((cause for cause in Cause if open_now[cause]), None)


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


def availability(durations: ClassDurations, policy: UnknownPolicy) -> Availability:
    """Return A = 1 - D/(T - X), exactly.

    Example (a machining day): T = 86,400 s, X = 17.634 s caused by the customer and 51,603.651114 s
    unknown under EXCLUDED, D = 8,027.652138 s: A = 4458510458/5796452481, about 76.918 %.
    """
    is_provider_down = policy is UnknownPolicy.PROVIDER_DOWN
    excluded_us = durations.excluded_us + durations.down_customer_us
    excluded_us += 0 if is_provider_down else durations.unknown_us
    down_us = durations.down_provider_us + (durations.unknown_us if is_provider_down else 0)
    counted_us = durations.required_us - excluded_us
    value = 1 - Fraction(down_us, counted_us) if counted_us else None
    return Availability(durations.required_us, excluded_us, down_us, value)


def is_met(value: Fraction | None, target: Fraction) -> bool:
    """Tell whether the guarantee is kept: at the target exactly it is; not applicable, it is."""
    return value is None or value >= target


def credit_rate(value: Fraction | None, terms: CreditTerms) -> Fraction:
    """Return the credit as a share of the credit base, within the cap; 0 when the target is met.

    Example: target 90 %, at least 80 %: 5 %, below: 10 %; at 76.918 % the credit is 1/10.
    """
    if value is None or value >= terms.target:
        return Fraction(0)
    step = next(step for step in terms.steps if value >= step.at_least)
    return min(step.credit, terms.cap)


def combined_rate(rates: Iterable[tuple[str, Fraction]], cap: Fraction) -> Fraction:
    """Add the credits of several guarantees: one per exclusivity group, its largest; then the cap.

    Args:
        rates: exclusivity group and credit as a share of the credit base.
        cap: largest sum.
    """
    largest: dict[str, Fraction] = {}
    for group, rate in rates:
        largest[group] = max(rate, largest.get(group, Fraction(0)))
    return min(sum(largest.values(), Fraction(0)), cap)


def credit_amount(base: Fraction, rate: Fraction) -> Fraction:
    """Return the unrounded credit on a net amount: zero or negative, as a document line is."""
    return -base * rate
