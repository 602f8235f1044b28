"""Usage of many meters over a whole history at once: what a question to history is made of.

What is found is the quantity that `Metering.usage` finds, exactly, for a period that is covered
whole and of which nothing special is known. Of any other it is said why it is not told here, and
`Metering.usage` has to be asked: nothing is estimated, rounded or left out.
"""

import enum
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from fractions import Fraction
from functools import lru_cache, partial
from itertools import accumulate, chain, repeat

import msgspec
import numpy as np
from msgspec.structs import replace

from lineshaft.core.period import Instant, Period
from lineshaft.core.quantity import conversion_factor
from lineshaft.core.reading import SignalId
from lineshaft.core.segment import merkle
from lineshaft.infrastructure.processes import apart, processes
from lineshaft.platform.historian.queries.model import BulkSlice
from lineshaft.security.authorisation.model import SYSTEM_WORKER, Action, Actor, Resource
from lineshaft.security.authorisation.service import RESOURCES_PER_LIST_MAX, Authorizer
from lineshaft.services.metering.ahead import MARGIN_US
from lineshaft.services.metering.bulk import BulkSteps, Checked, Level, Levels, instants
from lineshaft.services.metering.hours import Hours
from lineshaft.services.metering.model import Meter
from lineshaft.services.metering.parameters import CounterParameters
from lineshaft.services.metering.ports import Beside, BulkPart, BulkRows, History

SIGNALS_MAX = 10_000
"""Signals that are read in one pass over the files."""
ROWS_APART_MIN = 1 << 20
"""Rows that are worth a process of their own."""
LEVELS_AT_ONCE_MAX = 1 << 18
"""Levels that are looked up together; those of one meter always are."""
RISES_KNOWN_MAX = 256
"""Ways to rise that are remembered: counters of one kind rise in one."""

_NOTHING = Fraction(0)

Asked = tuple[Meter, Sequence[Period]]
"""A meter, and the periods that its usage is asked of."""
Progress = Callable[[str, int, int], None]
"""Is told what is done, how much of it, and of how much."""


class NotPlain(enum.StrEnum):
    """Why the usage of a period is not told at once."""

    OTHER_METER = "not a counter without limits and exchanges"
    OTHER_RISES = "its signal is also metered as a counter that can rise in another way"
    RECORDED = "an exchange, an estimate or the offset of a clock is recorded"
    NOT_STORED = "its history cannot be read at once"
    NOT_SEEN = "not to be seen for the whole time"
    ODD_ROWS = "not every record is a possible rise of one source in the order of time"
    NOT_COVERED = "no readings on both sides of the period"


class Total(msgspec.Struct, frozen=True):
    """Usage of a period that is wholly covered.

    Attributes:
        amount: in the unit of the meter, exact.
        evidence_root: Merkle root over the hashes of the signed headers of its source, from the
            segment with the last record before the period to that with the first one behind it.
    """

    amount: Fraction
    evidence_root: str


Answer = Total | NotPlain


class BulkMetering(msgspec.Struct, frozen=True, kw_only=True):
    """Adds up whole histories."""

    history: History
    authorizer: Authorizer
    beside: Beside = Beside()

    def totals(
        self, actor: Actor, asked: Sequence[Asked], known_at: Instant, on_progress: Progress
    ) -> list[list[Answer]]:
        """Return the usage of each meter in each of its periods, in their order.

        Args:
            actor: who asks.
            asked: meters, each with disjoint or other periods.
            known_at: what was known when.
            on_progress: is told how many rows have been added up.
        """
        answers: list[list[Answer]] = [[] for _ in asked]
        counted: dict[SignalId, CounterParameters] = {}
        reasons = self._reasons(actor, asked)
        for place, (meter, periods) in enumerate(asked):
            reason = reasons(meter) if periods else NotPlain.NOT_COVERED
            if reason is None and isinstance(meter.parameters, CounterParameters):
                rises = _rises(meter.parameters)
                if counted.setdefault(meter.signal, rises) != rises:
                    reason = NotPlain.OTHER_RISES
            if reason is not None:
                answers[place] = [reason] * len(periods)
        signals = sorted(counted)
        open_ = [place for place, found in enumerate(answers) if not found and asked[place][1]]
        for first in range(0, len(signals), SIGNALS_MAX):
            some = dict.fromkeys(signals[first : first + SIGNALS_MAX])
            mine = [place for place in open_ if asked[place][0].signal in some]
            part = _Pass([asked[place] for place in mine], {one: counted[one] for one in some})
            for place, found in zip(mine, self._pass(part, known_at, on_progress), strict=True):
                answers[place] = found
        return answers

    def _reasons(self, actor: Actor, asked: Sequence[Asked]) -> Callable[[Meter], NotPlain | None]:
        """Return what tells why a meter cannot be added up, before its readings are looked at."""
        machines = sorted({meter.machine for meter, periods in asked if periods})
        span = _span(chain.from_iterable(periods for _, periods in asked))
        named = [Resource("machine", one, machine=one, period=span) for one in machines]
        seen: set[str] = set()
        for first in range(0, len(named), RESOURCES_PER_LIST_MAX):
            some = named[first : first + RESOURCES_PER_LIST_MAX]
            permitted = self.authorizer.permitted(actor, Action.USAGE_READ, some)
            seen.update(resource.id for resource in permitted)
        recorded: frozenset[str] = frozenset()
        for source in (self.beside.exchanges, self.beside.estimates):
            recorded |= frozenset() if source is None else source.machines(SYSTEM_WORKER)

        def reason(meter: Meter) -> NotPlain | None:
            found = meter.parameters
            if not isinstance(found, CounterParameters) or found.exchanges:
                return NotPlain.OTHER_METER
            if found.minimum is not None or found.maximum is not None:
                return NotPlain.OTHER_METER
            if meter.machine in recorded:
                return NotPlain.RECORDED
            return None if meter.machine in seen else NotPlain.NOT_SEEN

        return reason

    def _pass(self, part: "_Pass", known_at: Instant, on_progress: Progress) -> list[list[Answer]]:
        """Read the files once for some signals."""
        span = _span(chain.from_iterable(periods for _, periods in part.asked))
        wide = Period(Instant(span.start - MARGIN_US), Instant(span.end + MARGIN_US))
        rows = self.history.bulk(SYSTEM_WORKER, list(part.counters), wide, known_at)
        if rows is None:
            return [[NotPlain.NOT_STORED] * len(periods) for _, periods in part.asked]
        evidence = _Evidence(rows)
        steps = _added(part, rows, evidence, on_progress)
        return part.answers(steps, evidence, self._clocked(rows))

    def _clocked(self, rows: BulkRows) -> frozenset[int]:
        """Return the numbers of sources of whose clocks anything is recorded."""
        clocks = self.beside.clocks
        recorded = frozenset() if clocks is None else clocks.sources(SYSTEM_WORKER)
        return frozenset(one.id for one in rows.sources if one.source in recorded)


class _Pass:
    """What is asked of some signals in one pass.

    Attributes:
        asked: meters of these signals.
        counters: how each can rise, by signal.
    """

    def __init__(
        self, asked: Sequence[Asked], counters: Mapping[SignalId, CounterParameters]
    ) -> None:
        self.asked, self.counters = asked, counters
        self._parts: dict[tuple[Hours | None, Period], list[Period]] = {}
        self._plans: dict[tuple[Hours | None, tuple[Period, ...]], _Plan] = {}

    def cuts(self) -> list[Instant]:
        """Return the instants at which any counter has to be known."""
        found: set[Instant] = set()
        for meter, periods in self.asked:
            for period in periods:
                for part in (period, *self._within(meter, period)):
                    found.update((part.start, part.end))
        return sorted(found)

    def answers(
        self, steps: BulkSteps, evidence: "_Evidence", clocked: frozenset[int]
    ) -> list[list[Answer]]:
        """Return what is asked, in its order."""
        places = {signal: place for place, signal in enumerate(self.counters)}
        levels = steps.levels()
        evidence.know(steps.owners())
        owners, odd = steps.owner.tolist(), steps.odd.tolist()
        found: list[list[Answer]] = [[] for _ in self.asked]
        told: list[tuple[int, int]] = []
        for at, (meter, periods) in enumerate(self.asked):
            place = places[meter.signal]
            reason = NotPlain.ODD_ROWS if odd[place] else None
            reason = NotPlain.RECORDED if owners[place] in clocked else reason
            if reason is None:
                told.append((at, place))
            else:
                found[at] = [reason] * len(periods)
        for some in self._batches(told):
            known = self._levels(some, levels)
            for (at, place), of_meter in zip(some, known, strict=True):
                meter, periods = self.asked[at]
                plan, parameters = self._plan(meter, periods), _counter(meter)
                factor = conversion_factor(parameters.signal_unit, meter.unit)
                factor *= Fraction(10) ** int(steps.exponent[place])
                of = _Counted(of_meter, evidence, owners[place], factor)
                found[at] = [of.total(*both) for both in zip(plan.ends, plan.inside, strict=True)]
        return found

    def _batches(self, told: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
        """Yield meters whose levels are looked up together."""
        some: list[tuple[int, int]] = []
        count = 0
        for one in told:
            size = len(self._plan(*self.asked[one[0]]).cuts)
            if some and count + size > LEVELS_AT_ONCE_MAX:
                yield some
                some, count = [], 0
            some.append(one)
            count += size
        if some:
            yield some

    def _levels(self, told: Sequence[tuple[int, int]], levels: Levels) -> Iterator[list[Level]]:
        """Yield the levels of each meter at the cuts of its plan."""
        plans = [self._plan(*self.asked[at]) for at, _ in told]
        counts = [len(plan.cuts) for plan in plans]
        boundaries = [
            boundary
            for (at, _), count in zip(told, counts, strict=True)
            for boundary in repeat(_counter(self.asked[at][0]).boundary, count)
        ]
        every = levels.at(
            np.repeat(np.array([place for _, place in told], dtype=np.int64), counts),
            instants([cut for plan in plans for cut in plan.cuts]),
            boundaries,
        )
        for end, count in zip(accumulate(counts), counts, strict=True):
            yield every[end - count : end]

    def _plan(self, meter: Meter, periods: Sequence[Period]) -> "_Plan":
        """Return where a meter has to be known; the same for all that ask for the same."""
        key = _counter(meter).hours, tuple(periods)
        if key not in self._plans:
            parts = [self._within(meter, period) for period in periods]
            self._plans[key] = _Plan.of(periods, parts)
        return self._plans[key]

    def _within(self, meter: Meter, period: Period) -> list[Period]:
        """Return the parts of a period in which usage counts."""
        hours = _counter(meter).hours
        if hours is None:
            return [period]
        key = hours, period
        if key not in self._parts:
            self._parts[key] = hours.within(period)
        return self._parts[key]


def _added(part: _Pass, rows: BulkRows, evidence: "_Evidence", on_progress: Progress) -> BulkSteps:
    """Read all rows, in as many processes as may compute at once."""
    first, *others = rows.parts(processes(), ROWS_APART_MIN)
    counters, cuts = list(part.counters.values()), instants(part.cuts())

    def steps_over(slices: Iterable[BulkSlice]) -> BulkSteps:
        steps = BulkSteps(counters, cuts)
        for found in slices:
            steps.take(found)
        return steps

    def checked(some: BulkPart, *, is_apart: bool) -> Checked:
        return steps_over(some.slices(is_apart=is_apart)).checked()

    with ExitStack() as stack:
        waiting = [
            stack.enter_context(
                apart(partial(checked, some, is_apart=True), partial(checked, some, is_apart=False))
            )
            for some in others
        ]
        steps = steps_over(_told(first, on_progress))
        evidence.know(steps.owners())  # while the others still compute
        for result in waiting:
            steps.follow(result())
    return steps


def _told(some: BulkPart, on_progress: Progress) -> Iterator[BulkSlice]:
    """Yield the rows of a part and say how far they are: so far are the others with theirs."""
    days = max(len(some.days), 1)
    on_progress("adding up", 0, days)
    for done, found in enumerate(some.slices(), 1):
        yield found
        on_progress("adding up", done, days)
    on_progress("adding up", days, days)


class _Plan(msgspec.Struct, frozen=True):
    """At which instants a meter has to be known, and which of them belong to what.

    Attributes:
        cuts: in their order.
        ends: places in `cuts` of start and end of each period.
        inside: of each part of each period.
    """

    cuts: tuple[Instant, ...]
    ends: tuple[tuple[int, int], ...]
    inside: tuple[tuple[tuple[int, int], ...], ...]

    @classmethod
    def of(cls, periods: Sequence[Period], parts: Sequence[Sequence[Period]]) -> "_Plan":
        """Return the plan of periods and of the parts of each in which usage counts."""
        cuts = sorted({end for one in chain(periods, *parts) for end in (one.start, one.end)})
        place = {cut: at for at, cut in enumerate(cuts)}

        def of(spans: Sequence[Period]) -> tuple[tuple[int, int], ...]:
            return tuple((place[one.start], place[one.end]) for one in spans)

        return cls(tuple(cuts), of(periods), tuple(map(of, parts)))


class _Counted(msgspec.Struct, frozen=True):
    """The levels of one signal at the cuts of a plan, and its segments.

    Attributes:
        factor: units of the meter in one of the levels.
    """

    levels: Sequence[Level]
    evidence: "_Evidence"
    owner: int
    factor: Fraction

    def total(self, ends: tuple[int, int], parts: Sequence[tuple[int, int]]) -> Answer:
        """Return the usage in parts of a period."""
        first, last = self.levels[ends[0]], self.levels[ends[1]]
        if not (first.is_known and last.is_known):
            return NotPlain.NOT_COVERED
        amount, factor = _NOTHING, self.factor
        for start, end in ((self.levels[low], self.levels[high]) for low, high in parts):
            # Not as fractions: to reduce them takes longer than all the rest.
            above = end.numerator * start.denominator - start.numerator * end.denominator
            below = start.denominator * end.denominator
            found = Fraction(above * factor.numerator, below * factor.denominator)
            amount = amount + found if amount else found
        return Total(amount, self.evidence.root(self.owner, (first.before, last.after)))


class _Evidence(msgspec.Struct, frozen=True):
    """Roots over the headers of segments, each of the same ones computed once."""

    rows: BulkRows
    _sources: dict[int, tuple[Sequence[int], list[bytes]]] = msgspec.field(default_factory=dict)
    _roots: dict[tuple[int, int, int], str] = msgspec.field(default_factory=dict)

    def know(self, owners: Iterable[int]) -> None:
        """Read the segments of sources, of all at once, where they are not known yet."""
        new = sorted(set(owners).difference(self._sources))
        for owner, found in (self.rows.segments(new) if new else {}).items():
            self._sources[owner] = found.first_sequences, list(map(_leaf, found.hashes))

    def root(self, owner: int, sequences: tuple[int, int]) -> str:
        """Return the root over the segments of a known source from one record to another."""
        firsts, leaves = self._sources[owner]
        first, behind = bisect_right(firsts, sequences[0]) - 1, bisect_right(firsts, sequences[1])
        key = owner, first, behind
        if key not in self._roots:
            self._roots[key] = merkle.root(leaves[first:behind]).hex()
        return self._roots[key]


def _leaf(header_hash: bytes) -> bytes:
    return merkle.leaf_hash(b"", header_hash)


def _counter(meter: Meter) -> CounterParameters:
    parameters = meter.parameters
    assert isinstance(parameters, CounterParameters)  # noqa: S101 - none other is asked
    return parameters


def _span(periods: Iterable[Period]) -> Period:
    listed = list(periods)
    if not listed:
        return Period(Instant(0), Instant(1))
    return Period(min(each.start for each in listed), max(each.end for each in listed))


@lru_cache(maxsize=RISES_KNOWN_MAX)
def _rises(parameters: CounterParameters) -> CounterParameters:
    """Return the part of the parameters that tells how a counter can rise."""
    plain = CounterParameters(parameters.signal_unit, parameters.rate_max)
    return replace(plain, resolution=parameters.resolution, tolerance=parameters.tolerance)
