"""Use cases of metering: usage of a period, its time line, and keeping what was billed."""

from collections.abc import Sequence
from itertools import chain

import msgspec
import numpy as np
import sqlalchemy as sa
from msgspec.structs import replace

from lineshaft.core.errors import NotFound, Unavailable
from lineshaft.core.period import Instant, Period
from lineshaft.core.quantity import Quantity
from lineshaft.core.reading import SignalId, SourceId
from lineshaft.core.segment.block import decode_block
from lineshaft.core.segment.header import Header
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.model import RangeQuery
from lineshaft.security.authorisation.model import SYSTEM_WORKER, Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.services.metering.ahead import (
    HistoryAhead,
    beside_ahead,
    entries_of,
    plain_of,
    rows_of,
)
from lineshaft.services.metering.clocks.model import ClockStep, ClockSteps, between, widened
from lineshaft.services.metering.completeness import Verdict, judge
from lineshaft.services.metering.estimates.model import Estimate
from lineshaft.services.metering.evidence import block_entry, input_of_blocks
from lineshaft.services.metering.exchanges.model import MeterExchange
from lineshaft.services.metering.measure import StateSpan, measure, reach, reach_of, timeline
from lineshaft.services.metering.missing import missing
from lineshaft.services.metering.model import BlockEntry, Evidence, Meter, UsageRecord
from lineshaft.services.metering.ports import Beside, History, UsageStore
from lineshaft.services.metering.series import (
    MeterInput,
    SeriesRows,
    join,
    shifted,
    stamps_by_clock,
)
from lineshaft.services.metering.totals import Answer, Asked, BulkMetering, Progress, Total

__all__ = [
    "Answer",
    "Asked",
    "MeterInput",
    "Metering",
    "SeriesRows",
    "StateSpan",
    "Total",
    "Verdict",
    "input_of_blocks",
    "judge",
    "measure",
    "reach",
    "timeline",
]

WIDENINGS_MAX = 64
"""Each doubles what is read beyond the period: enough for all of time."""


class Metering:
    """Measures from what the historian stores.

    The rows are read as the system: who may see the usage of a period may not always see the
    readings before it, which the first step of a counter needs.
    """

    def __init__(
        self,
        history: History,
        authorizer: Authorizer,
        database: Database,
        store: UsageStore,
        beside: Beside | None = None,
    ) -> None:
        """Use these; without `beside`, nothing but readings is taken into account."""
        self._history = history
        self._beside = beside or Beside()
        self._authorizer = authorizer
        self._database = database
        self._store = store

    def usage(self, actor: Actor, meter: Meter, period: Period, known_at: Instant) -> UsageRecord:
        """Measure a period with what was known at an instant; the same bytes every time.

        A state or level of a live source holds no longer than its last sign of life. Those are not
        kept, so the record says how far they went (`known_until`), and `measure` needs no more.

        Raises:
            Forbidden: when the actor may not see it.
        """
        self._authorize(actor, meter, period)
        plain = self._plain(meter, period, known_at)
        if plain is not None:
            return plain
        return measure(meter, self._input(meter, period, known_at), period, known_at)

    def missing(
        self, actor: Actor, meter: Meter, period: Period, known_at: Instant
    ) -> list[Period]:
        """Return where in a period nothing is known of the usage, in time order (`missing.py`).

        Raises:
            Forbidden: when the actor may not see it.
        """
        self._authorize(actor, meter, period)
        return missing(meter, self._input(meter, period, known_at), period, known_at)

    def _plain(self, meter: Meter, period: Period, known_at: Instant) -> UsageRecord | None:
        """Measure what was read ahead where nothing special is stored or recorded of it."""
        found = plain_of(self._history, meter, period, known_at)
        if found is None or self._estimates(meter, known_at):
            return None
        view = self._view(meter.signal, known_at)
        if view.clocks or self._exchanges(view):
            return None
        entries = entries_of(self._history, meter.signal, found.source, found.ordinals)
        if entries is None:
            return None
        evidence = Evidence.of(entries)
        said = [(meter.signal, frozenset({found.source[0]}))]
        return UsageRecord(
            meter=meter,
            period=period,
            known_at=known_at,
            known_until=self._last_sign(said, known_at, period),
            quantity=Quantity(found.measured.amount, meter.unit),
            covered_us=found.measured.covered_us,
            states=found.measured.states,
            spans=found.measured.spans,
            ranges=evidence.ranges,
            evidence_root=evidence.root,
        )

    def _input(self, meter: Meter, period: Period, known_at: Instant) -> MeterInput:
        """Read all that the usage of a period follows from."""
        views = [self._view(signal, known_at) for signal in meter.signals]
        found = [self._signal(meter, period, view) for view in views]
        entries = chain.from_iterable(each.entries for each in found)
        return MeterInput(
            found[0].rows,
            Evidence.of(entries),
            self._known_until(views, found, period),
            _steps_used(views, found),
            tuple(chain.from_iterable(map(self._exchanges, views))),
            {view.signal: each.rows for view, each in zip(views[1:], found[1:], strict=True)},
            self._estimates(meter, known_at),
        )

    def _signal(self, meter: Meter, period: Period, view: "_View") -> "_Proven":
        """Read one of the signals of a meter, with the blocks that hold what was read."""
        found = self._with_neighbours(view, self._read(meter, period, view))
        entries, stamped = self._evidence(view, found)
        if view.signal != meter.signal:
            entries = [replace(entry, signal=view.signal) for entry in entries]
        return _Proven(found.rows, entries, stamped)

    def ahead(self, wanted: Sequence[tuple[Meter, Period]], known_at: Instant) -> "Metering":
        """Return a metering that has read what some meters need at once; it measures the same.

        Args:
            wanted: what will be measured, with what was known at `known_at`.
            known_at: an instant that is settled.
        """
        history = HistoryAhead(self._history, wanted, known_at)
        beside = beside_ahead(self._beside)
        return Metering(history, self._authorizer, self._database, self._store, beside)

    def totals(
        self, actor: Actor, asked: Sequence[Asked], known_at: Instant, on_progress: Progress
    ) -> list[list[Answer]]:
        """Return the usage of meters in their periods, added up at once (`totals.py`)."""
        bulk = BulkMetering(history=self._history, authorizer=self._authorizer, beside=self._beside)
        return bulk.totals(actor, asked, known_at, on_progress)

    def settle(self, now: Instant) -> Instant:
        """Return an instant for `known_at` at which everything known stays known."""
        return self._history.settle(SYSTEM_WORKER, now)

    def timeline(
        self, actor: Actor, meter: Meter, period: Period, known_at: Instant
    ) -> list[StateSpan]:
        """Return the states of a state meter's signal over a period.

        Raises:
            Forbidden: when the actor may not see it.
        """
        self._authorize(actor, meter, period)
        view = self._view(meter.signal, known_at)
        rows = self._read(meter, period, view).rows
        known_until = self._known_until([view], [_Proven(rows, (), {})], period)
        return timeline(MeterInput(rows, known_until=known_until), period, known_at)

    def keep(self, connection: sa.Connection, record: UsageRecord) -> str:
        """Keep a record for ever, inside the unit of work that bills it; return its hash."""
        self._store.insert(connection, record)
        return record.digest

    def kept(self, actor: Actor, digest: str) -> UsageRecord:
        """Return a record that was billed.

        Raises:
            NotFound: when there is none with that hash.
            Forbidden: when the actor may not see it.
        """
        with self._database.read() as connection:
            record = self._store.find(connection, digest)
        if record is None:
            msg = f"no usage record {digest[:80]!r}"
            raise NotFound(msg)
        self._authorize(actor, record.meter, record.period)
        return record

    def _authorize(self, actor: Actor, meter: Meter, period: Period) -> None:
        resource = Resource("machine", meter.machine, machine=meter.machine, period=period)
        self._authorizer.authorize(actor, Action.USAGE_READ, resource)

    def _known_until(
        self, views: Sequence["_View"], found: Sequence["_Proven"], period: Period
    ) -> Instant | None:
        """Ask for signs of life; what comes after the period says nothing about it."""
        said = [(view.signal, each.rows.present()) for view, each in zip(views, found, strict=True)]
        return self._last_sign(said, views[0].known_at, period)

    def _last_sign(
        self,
        said: Sequence[tuple[SignalId, frozenset[SourceId]]],
        known_at: Instant,
        period: Period,
    ) -> Instant | None:
        """Ask how far signals are known of which some sources said something."""
        liveness = self._beside.liveness
        if liveness is None:
            return None
        asked = [
            liveness.known_until(signal, sources, known_at, period.end) for signal, sources in said
        ]
        told = [instant for instant in asked if instant is not None]
        return Instant(min(*told, known_at, period.end)) if told else None

    def _view(self, signal: SignalId, known_at: Instant) -> "_View":
        """Ask how wrong the clocks of the signal's sources were known to be."""
        clocks = self._beside.clocks
        recorded = frozenset() if clocks is None else clocks.sources(SYSTEM_WORKER)
        if clocks is None or not recorded:
            return _View(signal, known_at)
        stored = {source for source, _ in self._history.sources_of(SYSTEM_WORKER, signal)}
        steps = clocks.in_force(SYSTEM_WORKER, recorded & stored, known_at)
        known = {
            source: steps[source] for source in steps if self._is_known(signal, source, known_at)
        }
        return _View(signal, known_at, known)

    def _is_known(self, signal: SignalId, source: SourceId, known_at: Instant) -> bool:
        """Tell whether a source had said anything of a signal by an instant."""
        moment = Period(known_at, Instant(known_at + 1))
        query = RangeQuery(signal, moment, known_at, sources=frozenset({source}))
        return bool(self._history.readings(SYSTEM_WORKER, query).num_rows)

    def _read(self, meter: Meter, period: Period, view: "_View") -> "_Found":
        """Read the period, and as far beyond it as its usage depends on."""
        parts = [part for part in meter.parts().values() if part.signal == view.signal]
        found = self._strip(view, period)
        exchanges = self._exchanges(view)
        estimates = self._estimates(meter, view.known_at)
        for _ in range(WIDENINGS_MAX):
            inside = MeterInput(found.within(), exchanges=exchanges, estimates=estimates)
            needed = reach_of(parts, inside, period, view.known_at)
            low, high = found.span.start, found.span.end
            if needed.since is None and found.earliest is not None:
                low = Instant(min(found.earliest, 3 * low - 2 * period.start))
            if needed.until is None and found.latest is not None:
                high = Instant(max(found.latest + 1, 3 * high - 2 * period.end))
            if (low, high) == (found.span.start, found.span.end):
                return found
            found = self._widened(view, found, Period(low, high))
        msg = f"cannot measure {meter.id} over {period}: its readings reach too far beyond it"
        raise Unavailable(msg)

    def _exchanges(self, view: "_View") -> tuple[MeterExchange, ...]:
        source = self._beside.exchanges
        if source is None:
            return ()
        return tuple(source.in_force(SYSTEM_WORKER, view.signal, view.known_at))

    def _estimates(self, meter: Meter, known_at: Instant) -> tuple[Estimate, ...]:
        source = self._beside.estimates
        if source is None:
            return ()
        return tuple(source.in_force(SYSTEM_WORKER, meter.machine, meter.id, known_at))

    def _widened(self, view: "_View", found: "_Found", span: Period) -> "_Found":
        parts = [found.rows]
        if span.start < found.span.start:
            parts.append(self._strip(view, Period(span.start, found.span.start)).rows)
        if span.end > found.span.end:
            parts.append(self._strip(view, Period(found.span.end, span.end)).rows)
        return _Found(join(parts), span)

    def _strip(self, view: "_View", span: Period) -> "_Found":
        rows = rows_of(self._history, view.query(view.stamps(span)))
        return _Found(view.shifted(rows), span)

    def _with_neighbours(self, view: "_View", found: "_Found") -> "_Found":
        """Add the nearest rows of each source, so that its blocks show that none was left out."""
        if len(found.rows.sources) == 1:
            return found
        stamps = view.stamps(found.span)
        low, high = stamps.start, stamps.end
        edges = Period(low, Instant(low + 1)), Period(Instant(high - 1), high)
        parts = [found.rows]
        for source in found.rows.sources:
            for edge in edges:
                is_low = edge is edges[0]
                query = view.query(edge, frozenset({source}))
                query = replace(query, include_before=is_low, include_after=not is_low)
                rows = SeriesRows.of_table(self._history.readings(SYSTEM_WORKER, query))
                is_beyond = rows.ts < low if is_low else rows.ts >= high
                parts.append(view.shifted(rows.take(is_beyond)))
        return _Found(join(parts), found.span)

    def _evidence(
        self, view: "_View", found: "_Found"
    ) -> tuple[list[BlockEntry], dict[SourceId, tuple[Instant, Instant]]]:
        """Return the blocks that hold the rows, without a hole, and what their clocks stamped."""
        entries: list[BlockEntry] = []
        rows: list[SeriesRows] = []
        for source, ordinals in found.ordinals().items():
            known = entries_of(self._history, view.signal, source, ordinals)
            if known is not None and not view.clocks:
                entries += known
                continue
            for proof in self._history.proofs(SYSTEM_WORKER, view.signal, source, ordinals):
                header, block = Header.decode(proof.header_bytes), decode_block(proof.block)
                entries.append(block_entry(header, proof.salt, proof.block, block))
                if view.clocks:
                    rows.append(SeriesRows.of_block(header.source, header.epoch, block))
        return entries, stamps_by_clock(join(rows)) if rows else {}


class _View(msgspec.Struct, frozen=True):
    """A signal as it was known at an instant, and how wrong its clocks were known to be then."""

    signal: SignalId
    known_at: Instant
    clocks: ClockSteps = msgspec.field(default_factory=dict)

    def stamps(self, span: Period) -> Period:
        """Return between which stamps the records of a span of true time can lie."""
        return widened(self.clocks, span)

    def query(self, stamps: Period, sources: frozenset[SourceId] | None = None) -> RangeQuery:
        """Ask for what is stamped so."""
        return RangeQuery(self.signal, stamps, self.known_at, sources=sources)

    def shifted(self, rows: SeriesRows) -> SeriesRows:
        """Return the rows at their true instants."""
        return shifted(rows, chain.from_iterable(self.clocks.values()))


class _Proven(msgspec.Struct, frozen=True, eq=False):
    """What was read of a signal, the blocks that hold it, and what each clock stamped in them.

    Attributes:
        stamped: first and last stamp by source; empty where every clock is right.
    """

    rows: SeriesRows
    entries: Sequence[BlockEntry]
    stamped: dict[SourceId, tuple[Instant, Instant]]


def _steps_used(views: Sequence[_View], found: Sequence[_Proven]) -> tuple[ClockStep, ...]:
    """Return the steps that apply to any row of any of the signals.

    Of each source all steps from its first stamp to its last: one that puts a clock right again
    must be named for one signal where another's rows lie before it.
    """
    clocks = {source: steps for view in views for source, steps in view.clocks.items()}
    stamps: dict[SourceId, list[Instant]] = {}
    for each in found:
        for source, ends in each.stamped.items():
            stamps.setdefault(source, []).extend(ends)
    return tuple(
        step
        for source in sorted(stamps)
        for step in between(clocks.get(source, ()), min(stamps[source]), max(stamps[source]))
    )


class _Found(msgspec.Struct, frozen=True, eq=False):
    """Rows of a signal: all within the span, and the nearest ones beyond its ends."""

    rows: SeriesRows
    span: Period

    @property
    def earliest(self) -> Instant | None:
        """The first instant of which there are rows before the span."""
        before = self.rows.ts[self.rows.ts < self.span.start]
        return Instant(int(before.min())) if len(before) else None

    @property
    def latest(self) -> Instant | None:
        """The last instant of which there are rows behind the span."""
        behind = self.rows.ts[self.rows.ts >= self.span.end]
        return Instant(int(behind.max())) if len(behind) else None

    def within(self) -> SeriesRows:
        """Return the rows of the span: of these none is missing."""
        ts = self.rows.ts
        return self.rows.take((ts >= self.span.start) & (ts < self.span.end))

    def ordinals(self) -> dict[tuple[SourceId, int], tuple[int, int]]:
        """Return first and last ordinal by source and epoch."""
        rows = self.rows
        result: dict[tuple[SourceId, int], tuple[int, int]] = {}
        for source, epoch in np.unique(np.stack([rows.source, rows.epoch]), axis=1).T.tolist():
            ordinal = rows.ordinal[(rows.source == source) & (rows.epoch == epoch)]
            result[rows.sources[source], epoch] = int(ordinal.min()), int(ordinal.max())
        return result
