"""The store against a plain model: whatever is done to it, it answers as a list would.

A Hypothesis state machine; `long_runs/store_model` runs it with its full counts. The model is a
list of records with the commit that made each known, and the identities that were deleted.
"""

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from lineshaft.core.clock import ManualClock
from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import Record, RecordKind, SignalId, is_good
from lineshaft.core.segment.detail import CorrectionDetail
from lineshaft.infrastructure.clock import RandomIds, SystemClock
from lineshaft.platform.historian.model import RangeQuery
from tests.platform.historian.house import ACTOR, HOUR, SECOND, START, House, Source

SIGNALS = ("m1/a", "m1/b", "m2/a")
DAYS = 3
MANTISSAS = st.integers(-(10**6), 10**6)
OFFSETS = st.integers(0, DAYS * 24 * 3600 - 1)
USES: Counter[str] = Counter()
"""How often each rule was used in this process: a rule that is never used tests nothing."""

Identity = tuple[str, int, int]


class StoreMachine(RuleBasedStateMachine):
    """One store, two sources, and what a list remembers of them."""

    def __init__(self) -> None:
        super().__init__()
        self._directory = tempfile.TemporaryDirectory(prefix="lineshaft-model-")
        self.sources = [Source("edge-1"), Source("edge-2")]
        self.known: dict[Identity, Instant] = {}
        self.commits: list[Instant] = [Instant(0)]
        self.house = self._opened(Path(self._directory.name) / "store-0")

    def _opened(self, directory: Path) -> House:
        directory.mkdir(exist_ok=True)
        house = House(directory)
        house.use(ManualClock(Instant(START + 60 * 24 * HOUR)), RandomIds(SystemClock()))
        house.know(*self.sources)
        house.merger.clear_orphans()
        return house

    def teardown(self) -> None:
        self.house.database.close()
        self._directory.cleanup()

    # ---- what is done to it

    @initialize(values=st.lists(MANTISSAS, min_size=3, max_size=3))
    def begin(self, values: list[int]) -> None:
        for signal, value in zip(SIGNALS, values, strict=True):
            self.sources[0].add(signal, START, value)
        self._seal_and_store(self.sources[0])

    @rule(
        which=st.integers(0, 1),
        rows=st.lists(
            st.tuples(st.sampled_from(SIGNALS), st.integers(0, 3_600), MANTISSAS),
            min_size=1,
            max_size=12,
        ),
        start=OFFSETS,
    )
    def write(self, which: int, rows: list[tuple[str, int, int]], start: int) -> None:
        USES["write"] += 1
        source = self.sources[which]
        for signal, offset, mantissa in rows:
            source.add(signal, START + (start + offset) * SECOND, mantissa)
        self._seal_and_store(source)

    @rule(
        which=st.integers(0, 1),
        signal=st.sampled_from(SIGNALS),
        values=st.lists(MANTISSAS, min_size=2, max_size=4),
    )
    def write_equal_instants(self, which: int, signal: str, values: list[int]) -> None:
        USES["equal_instants"] += 1
        source = self.sources[which]
        at = max((r.ts for s in self.sources for r in s.records), default=START)
        for mantissa in values:
            source.add(signal, at, mantissa)
        self._seal_and_store(source)

    @rule(
        which=st.integers(0, 1),
        signal=st.sampled_from(SIGNALS),
        back=st.integers(1, 40),
        value=MANTISSAS,
    )
    def write_late(self, which: int, signal: str, back: int, value: int) -> None:
        USES["late"] += 1
        source = self.sources[which]
        latest = max((r.ts for s in self.sources for r in s.records), default=START)
        source.add(signal, max(START, latest - back * HOUR), value)
        self._seal_and_store(source)

    @rule(which=st.integers(0, 1), first=st.integers(0, 10**6))
    def redeliver(self, which: int, first: int) -> None:
        USES["redeliver"] += 1
        segments = self.sources[which].segments or self.sources[0].segments
        again = segments[first % len(segments) :][:5]
        reception = self.house.reception()
        try:
            decisions = self.house.receive(reception, again)
        finally:
            reception.close()
        assert not decisions.accepted
        assert len(decisions.done) == len(again)

    @rule(which=st.integers(0, 1), pick=st.integers(0, 10**6), value=MANTISSAS)
    def correct(self, which: int, pick: int, value: int) -> None:
        USES["correct"] += 1
        readings = [(s, r) for s in self.sources for r in s.records if r.kind is RecordKind.READING]
        if not readings:
            return
        source, target = readings[pick % len(readings)]
        detail = CorrectionDetail(
            source.name, source.epoch, target.sequence, "ada", "a typing slip"
        )
        author = self.sources[which]
        author.add(
            target.signal, target.ts, value, kind=RecordKind.CORRECTION, text=detail.encode()
        )
        self._seal_and_store(author)

    @rule()
    def compact(self) -> None:
        USES["compact"] += 1
        self.house.compact()

    @rule()
    def crash(self) -> None:
        """Open the store anew without having closed it, as after a kill."""
        USES["crash"] += 1
        old, self.house = self.house, self._opened(self.house.directory)
        old.database.close()

    # ---- what it answers

    @rule(
        signal=st.sampled_from(SIGNALS),
        start=OFFSETS,
        hours=st.integers(1, 50),
        when=st.integers(0, 10**6),
    )
    def query(self, signal: str, start: int, hours: int, when: int) -> None:
        USES["query"] += 1
        period = Period(
            Instant(START + start * SECOND), Instant(START + start * SECOND + hours * HOUR)
        )
        known_at = None if when % 2 else self.commits[when % len(self.commits)]
        query = RangeQuery(
            SignalId(signal), period, known_at, include_before=False, include_after=False
        )
        table = self.house.historian.readings(ACTOR, query)
        columns = ("ts", "source", "epoch", "sequence", "kind", "mantissa")
        found = list(zip(*(table.column(name).to_pylist() for name in columns), strict=True))
        assert found == self._expected(signal, period, known_at)

    @rule(signal=st.sampled_from(SIGNALS))
    def ask_latest(self, signal: str) -> None:
        USES["latest"] += 1
        found = self.house.historian.latest(ACTOR, [SignalId(signal)])
        state = [
            (r.ts, s.name, s.epoch, r.sequence)
            for s, r in self._records(signal)
            if r.kind is RecordKind.READING
        ]
        if not state:
            assert not found
            return
        last = found[SignalId(signal)]
        assert (last.ts, last.source, last.epoch, last.sequence) == max(state)
        corrections = [
            r.mantissa for s, r in self._in_order(signal) if self._target(r) == max(state)[1:]
        ]
        own = next(
            r.mantissa
            for s, r in self._records(signal)
            if (s.name, s.epoch, r.sequence) == max(state)[1:]
        )
        assert last.columns.mantissa == (corrections[-1] if corrections else own)

    @rule(signal=st.sampled_from(SIGNALS), points=st.integers(1, 50))
    def ask_buckets(self, signal: str, points: int) -> None:
        USES["downsample"] += 1
        period = Period(START, Instant(START + (DAYS + 1) * 24 * HOUR))
        table = self.house.historian.downsample(ACTOR, SignalId(signal), period, points)
        in_force = {
            r.ts
            for _, r in self._records(signal)
            if r.kind is RecordKind.READING and is_good(r.status) and period.contains(r.ts)
        }
        assert sum(table.column("count").to_pylist()) == len(in_force)

    @rule()
    def check(self) -> None:
        USES["check"] += 1
        report = self.house.historian.check(ACTOR)
        assert report.is_ok, report.faults
        totals = self.house.historian.totals(ACTOR)
        assert (totals.lost, totals.duplicated) == (0, 0)

    # ---- the model

    def _seal_and_store(self, source: Source) -> None:
        source.seal()
        first = len([one for one in self.known if one[0] == source.name])
        self.house.store(source)
        known_at = self.house.historian.last_known_at(ACTOR)
        for record in source.records[first:]:
            self.known[source.name, source.epoch, record.sequence] = known_at
        self.commits.append(known_at)

    def _records(self, signal: str) -> list[tuple[Source, Record]]:
        return [(s, r) for s in self.sources for r in s.records if r.signal == signal]

    def _in_order(self, signal: str) -> list[tuple[Source, Record]]:
        """Corrections in the order that decides which is in force: that of all readings."""
        found = [pair for pair in self._records(signal) if pair[1].kind is RecordKind.CORRECTION]
        return sorted(found, key=lambda pair: (pair[1].ts, pair[0].name, pair[1].sequence))

    @staticmethod
    def _target(record: Record) -> Identity | None:
        detail = CorrectionDetail.decode(record.text or "")
        return detail.source, detail.epoch, detail.sequence

    def _expected(
        self, signal: str, period: Period, known_at: Instant | None
    ) -> list[tuple[object, ...]]:
        return sorted(
            (r.ts, s.name, s.epoch, r.sequence, int(r.kind), r.mantissa)
            for s, r in self._records(signal)
            if period.contains(r.ts)
            and (known_at is None or self.known[s.name, s.epoch, r.sequence] <= known_at)
        )
