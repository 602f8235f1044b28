"""Usage of many meters over the same time: rows and blocks are read at once, then measured alone.

What is measured is what `Metering` measures, to the byte: a question that the rows read ahead do
not answer for certain (another source's clock is off, a neighbour lies farther away, a block has
no stored path) is asked of the historian, as ever.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from itertools import pairwise

import msgspec
import numpy as np
import pyarrow as pa
from msgspec.structs import replace
from numpy.typing import NDArray

from lineshaft.core.period import US_PER_DAY, Instant, Period
from lineshaft.core.reading import RecordKind, SignalId, SourceId, machine_of
from lineshaft.platform.historian.model import (
    SIGNALS_AHEAD_MAX,
    Ahead,
    BlockProof,
    KnownBlock,
    RangeQuery,
)
from lineshaft.security.authorisation.model import SYSTEM_WORKER, Actor
from lineshaft.services.metering.clocks.model import ClockSteps
from lineshaft.services.metering.estimates.model import Estimate
from lineshaft.services.metering.exchanges.model import MeterExchange
from lineshaft.services.metering.model import BlockEntry, Meter
from lineshaft.services.metering.plain import Plain, PlainRows
from lineshaft.services.metering.ports import (
    Beside,
    BulkRows,
    ClockSource,
    EstimateSource,
    ExchangeSource,
    History,
)
from lineshaft.services.metering.series import GOOD_BELOW, SeriesRows

MARGIN_US = 7 * US_PER_DAY
"""Read on either side of the time that is measured: there the neighbours mostly are, also those of
a machine that works in a part of the day, and whole the blocks that they came in."""
_COLUMNS = (
    "source",
    "epoch",
    "sequence",
    "ordinal",
    "ts",
    "kind",
    "status",
    "form",
    "mantissa",
    "exponent",
)


class HistoryAhead:
    """A `History` that has read the rows and blocks of some meters ahead."""

    def __init__(
        self, history: History, wanted: Sequence[tuple[Meter, Period]], known_at: Instant
    ) -> None:
        """Read the signals of meters over the time from the first to the last period."""
        signals = sorted({signal for meter, _ in wanted for signal in meter.signals})
        start = min(period.start for _, period in wanted) - MARGIN_US
        end = max(period.end for _, period in wanted) + MARGIN_US
        span = Period(Instant(start), Instant(end))
        self._history, self._known_at = history, known_at
        self._parts: dict[SignalId, _Part] = {}
        self._blocks: dict[tuple[SignalId, SourceId, int], list[KnownBlock]] = {}
        for first in range(0, len(signals), SIGNALS_AHEAD_MAX):
            some = signals[first : first + SIGNALS_AHEAD_MAX]
            ahead = history.ahead(SYSTEM_WORKER, some, span, known_at)
            if ahead is not None:
                self._blocks |= ahead.blocks
                self._parts |= _parts(ahead)

    def readings(self, actor: Actor, query: RangeQuery) -> pa.Table:
        """Ask the historian."""
        return self._history.readings(actor, query)

    def sources_of(self, actor: Actor, signal: SignalId) -> list[tuple[SourceId, int]]:
        """Ask the historian."""
        return self._history.sources_of(actor, signal)

    def settle(self, actor: Actor, now: Instant) -> Instant:
        """Ask the historian."""
        return self._history.settle(actor, now)

    def proofs(
        self,
        actor: Actor,
        signal: SignalId,
        source: tuple[SourceId, int],
        ordinals: tuple[int, int],
    ) -> Iterable[BlockProof]:
        """Ask the historian."""
        return self._history.proofs(actor, signal, source, ordinals)

    def ahead(
        self, actor: Actor, signals: Sequence[SignalId], span: Period, known_at: Instant
    ) -> Ahead | None:
        """Ask the historian."""
        return self._history.ahead(actor, signals, span, known_at)

    def bulk(
        self, actor: Actor, signals: Sequence[SignalId], span: Period, known_at: Instant
    ) -> BulkRows | None:
        """Ask the historian."""
        return self._history.bulk(actor, signals, span, known_at)

    def rows(self, query: RangeQuery) -> SeriesRows | None:
        """Return what `readings` would answer; None where that cannot be told."""
        part = self._parts.get(query.signal)
        if part is None or query.sources is not None or query.known_at != self._known_at:
            return None
        return part.around(query)

    def plain(self, meter: Meter, period: Period, known_at: Instant) -> Plain | None:
        """Measure a meter of one signal where its rows are plain; None: they must be walked."""
        part = self._parts.get(meter.signal)
        is_inside = part is not None and _covers(part.span, period)
        if part is None or not is_inside or known_at != self._known_at:
            return None
        return part.plain.measured(meter, period)

    def entries(
        self, signal: SignalId, source: tuple[SourceId, int], ordinals: tuple[int, int]
    ) -> list[BlockEntry] | None:
        """Return the blocks that hold ordinals from the first to the last; None if one is not."""
        first, last = ordinals
        chosen = [
            block
            for block in self._blocks.get((signal, *source), ())
            if block.first_ordinal <= last and block.last_ordinal >= first
        ]
        if not chosen or chosen[0].first_ordinal > first or chosen[-1].last_ordinal < last:
            return None
        if any(after.first_ordinal != one.last_ordinal + 1 for one, after in pairwise(chosen)):
            return None
        return [
            BlockEntry(
                *source,
                block.header_number,
                block.header_hash,
                block.leaf_hash,
                block.first_ordinal,
                block.last_ordinal,
            )
            for block in chosen
        ]


class _Part(msgspec.Struct, frozen=True, eq=False, dict=True):
    """The rows of one signal in a span, of one source and without corrections.

    Attributes:
        states, goods: places of the rows that say a state, and of the good readings.
        is_ended: nothing of these is stored behind the span.
    """

    span: Period
    rows: SeriesRows
    states: NDArray[np.int64]
    goods: NDArray[np.int64]
    is_ended: bool

    @cached_property
    def plain(self) -> PlainRows:
        """The same rows, for whoever finds nothing special in them."""
        return PlainRows(self.rows, self.span.start)

    def around(self, query: RangeQuery) -> SeriesRows | None:
        """Return the rows of a period with its neighbours; None where one is not in the span."""
        period, ts = query.period, self.rows.ts
        if not _covers(self.span, period):
            return None
        first, behind = np.searchsorted(ts, [period.start, period.end]).tolist()
        chosen = [(first, behind)]
        for places in (self.states, self.goods):
            at = int(np.searchsorted(places, first))
            if query.include_before:
                if at == 0:
                    return None
                chosen.append(self._instant(places[at - 1]))
            at = int(np.searchsorted(places, behind))
            if query.include_after:
                if at < len(places):
                    chosen.append(self._instant(places[at]))
                elif not self.is_ended:
                    return None
        return self._taken(sorted(set(chosen)))

    def _instant(self, place: np.int64) -> tuple[int, int]:
        """Return where the rows of the instant of one begin and end."""
        at = self.rows.ts[place]
        first, behind = np.searchsorted(self.rows.ts, [at, at + 1]).tolist()
        return first, behind

    def _taken(self, chosen: Sequence[tuple[int, int]]) -> SeriesRows:
        """Return rows of some stretches, in order."""
        is_whole = all(after[0] <= before[1] for before, after in pairwise(chosen))
        if is_whole:
            return _picked(self.rows, slice(chosen[0][0], max(behind for _, behind in chosen)))
        places = sorted({place for first, behind in chosen for place in range(first, behind)})
        return _picked(self.rows, np.array(places, dtype=np.int64))


def _covers(span: Period, period: Period) -> bool:
    return span.start <= period.start and period.end <= span.end


def _picked(rows: SeriesRows, chosen: slice | NDArray[np.int64]) -> SeriesRows:
    return SeriesRows(
        sources=rows.sources,
        text=None if rows.text is None else rows.text[chosen],
        targets={},
        **{name: getattr(rows, name)[chosen] for name in _COLUMNS},
    )


def _parts(ahead: Ahead) -> dict[SignalId, _Part]:
    """Cut what was read ahead by signals; one with several sources or corrections is left out."""
    every = SeriesRows.of_table(ahead.table)
    is_reading = every.kind == RecordKind.READING
    states = np.flatnonzero(is_reading | (every.kind == RecordKind.STATUS))
    goods = np.flatnonzero(is_reading & (every.status < GOOD_BELOW))
    corrected = np.array(sorted(every.targets), dtype=np.int64)
    result = {}
    for signal, (first, behind) in ahead.places.items():
        rows = _picked(every, slice(first, behind))
        has_corrections = np.any((corrected >= first) & (corrected < behind))
        if first == behind or has_corrections or np.any(rows.source != rows.source[0]):
            continue
        name = every.sources[int(rows.source[0])]
        texts = rows.text if rows.text is not None and any(rows.text) else None
        alone = replace(rows, sources=(name,), source=np.zeros_like(rows.source), text=texts)
        result[signal] = _Part(
            ahead.span,
            alone,
            _within(states, first, behind),
            _within(goods, first, behind),
            is_ended=signal in ahead.ended,
        )
    return result


def _within(places: NDArray[np.int64], first: int, behind: int) -> NDArray[np.int64]:
    low, high = np.searchsorted(places, [first, behind]).tolist()
    return places[low:high] - first


def rows_of(history: History, query: RangeQuery) -> SeriesRows:
    """Return the rows of a range, those read ahead where they answer it."""
    found = history.rows(query) if isinstance(history, HistoryAhead) else None
    if found is not None:
        return found
    return SeriesRows.of_table(history.readings(SYSTEM_WORKER, query))


def plain_of(history: History, meter: Meter, period: Period, known_at: Instant) -> Plain | None:
    """Measure a period of rows that were read ahead and are plain; None: walk them."""
    if not isinstance(history, HistoryAhead):
        return None
    return history.plain(meter, period, known_at)


def entries_of(
    history: History,
    signal: SignalId,
    source: tuple[SourceId, int],
    ordinals: tuple[int, int],
) -> list[BlockEntry] | None:
    """Return blocks as evidence where they were read ahead; None: they must be asked for."""
    if not isinstance(history, HistoryAhead):
        return None
    return history.entries(signal, source, ordinals)


def beside_ahead(beside: Beside) -> Beside:
    """Return what is beside the readings, where it is known already of whom nothing is recorded.

    What is recorded from now on is known later than any instant that is settled already, so it
    changes nothing of what is measured with such an instant.
    """
    return Beside(
        liveness=None if beside.liveness is None else beside.liveness.ahead(),
        clocks=None if beside.clocks is None else _Clocks(beside.clocks),
        exchanges=None if beside.exchanges is None else _Exchanges(beside.exchanges),
        estimates=None if beside.estimates is None else _Estimates(beside.estimates),
    )


class _Clocks:
    """A `ClockSource` that remembers of which sources anything is recorded."""

    def __init__(self, source: ClockSource) -> None:
        self._source, self._recorded = source, source.sources(SYSTEM_WORKER)

    def sources(self, _actor: Actor) -> frozenset[SourceId]:
        return self._recorded

    def in_force(
        self, actor: Actor, sources: Collection[SourceId], known_at: Instant
    ) -> ClockSteps:
        return self._source.in_force(actor, sources, known_at)


class _Exchanges:
    """An `ExchangeSource` that asks of machines with an exchange alone."""

    def __init__(self, source: ExchangeSource) -> None:
        self._source, self._recorded = source, source.machines(SYSTEM_WORKER)

    def machines(self, _actor: Actor) -> frozenset[str]:
        return self._recorded

    def in_force(
        self, actor: Actor, signal: SignalId, known_at: Instant
    ) -> Sequence[MeterExchange]:
        if machine_of(signal) not in self._recorded:
            return ()
        return self._source.in_force(actor, signal, known_at)


class _Estimates:
    """An `EstimateSource` that asks of machines with an estimate alone."""

    def __init__(self, source: EstimateSource) -> None:
        self._source, self._recorded = source, source.machines(SYSTEM_WORKER)

    def machines(self, _actor: Actor) -> frozenset[str]:
        return self._recorded

    def in_force(
        self, actor: Actor, machine: str, meter: str, known_at: Instant
    ) -> Sequence[Estimate]:
        if machine not in self._recorded:
            return ()
        return self._source.in_force(actor, machine, meter, known_at)
