"""The store against a plain model: whatever is done to it, it answers as a list would.

A Hypothesis state machine; `long_runs/store_model` runs it with its full counts. The model is a
list of rows, each with the segment that it came in and the instant at which it became known.
"""

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from lineshaft.core.clock import ManualClock
from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import RecordKind, SignalId, SourceId
from lineshaft.core.value import DecimalValue
from lineshaft.infrastructure.backup.database import copy_sqlite
from lineshaft.infrastructure.clock import RandomIds, SystemClock
from lineshaft.platform.historian.desk.model import RecordTarget
from lineshaft.platform.historian.model import RangeQuery
from lineshaft.platform.historian.retention.errors import BlocksHeld
from lineshaft.platform.historian.retention.model import Deletion, Hold, matches
from tests.platform.historian.house import ACTOR, HOUR, SECOND, START, House, Source
from tests.platform.historian.keeper import ADMIN, desk_of, hold, prove, retention_of

SIGNALS = ("m1/a", "m1/b", "m2/a")
PATTERNS = ("m1/a", "m1/*", "*")
DAYS = 4
MANTISSAS = st.integers(-(10**6), 10**6)
SECONDS = st.integers(0, DAYS * 24 * 3600 - 1)
HOURS = st.integers(0, DAYS * 24)
SOURCES = st.integers(0, 1)
BEFORE_ALL = Instant(START - 1_000 * HOUR)
EVER = Period(START, Instant(START + (DAYS + 2) * 24 * HOUR))
RULES = (
    *("write", "equal_instants", "late", "redeliver", "correct", "delete", "hold", "release"),
    *("compact", "crash", "restore", "query", "latest", "downsample", "check"),
)
USES: Counter[str] = Counter()
"""How often each rule was used in this process: a rule that is never used tests nothing."""


@dataclass(frozen=True)
class Row:
    """What the model remembers of a record."""

    signal: str
    ts: int
    source: str
    epoch: int
    sequence: int
    kind: RecordKind
    mantissa: int
    segment: int
    known_at: Instant
    replaces: tuple[str, int, int] | None = None

    @property
    def identity(self) -> tuple[str, int, int]:
        return self.source, self.epoch, self.sequence

    @property
    def block(self) -> tuple[str, int, int, str]:
        return self.source, self.epoch, self.segment, self.signal


class StoreMachine(RuleBasedStateMachine):
    """One store, two sources and the desk, and what a list remembers of them."""

    def __init__(self) -> None:
        super().__init__()
        self._directory = Path(tempfile.mkdtemp(prefix="lineshaft-model-"))
        self.sources = [Source("edge-1"), Source("edge-2")]
        self.rows: list[Row] = []
        self.holds: dict[str, Hold] = {}
        self.instants = [Instant(0)]
        self._restores = 0
        self.house = self._opened(self._directory / "store-0")

    def _opened(self, directory: Path) -> House:
        directory.mkdir(exist_ok=True)
        house = House(directory)
        now = max(self.instants[-1], Instant(START + 60 * 24 * HOUR))
        house.use(ManualClock(now), RandomIds(SystemClock()))
        house.know(*self.sources)
        house.merger.clear_orphans()
        self.desk = desk_of(house)
        return house

    def teardown(self) -> None:
        self.house.database.close()
        shutil.rmtree(self._directory)

    # ---- what is done to it

    @initialize(values=st.lists(MANTISSAS, min_size=3, max_size=3))
    def begin(self, values: list[int]) -> None:
        rows = [(signal, 0, value) for signal, value in zip(SIGNALS, values, strict=True)]
        self._store(0, rows)

    @rule(
        which=SOURCES,
        rows=st.lists(
            st.tuples(st.sampled_from(SIGNALS), st.integers(0, 7_200), MANTISSAS),
            min_size=1,
            max_size=12,
        ),
        start=SECONDS,
    )
    def write(self, which: int, rows: list[tuple[str, int, int]], start: int) -> None:
        USES["write"] += 1
        self._store(which, [(signal, start + offset, value) for signal, offset, value in rows])

    @rule(
        which=SOURCES,
        signal=st.sampled_from(SIGNALS),
        values=st.lists(MANTISSAS, min_size=2, max_size=4),
        pick=st.integers(0, 10**6),
    )
    def write_equal_instants(self, which: int, signal: str, values: list[int], pick: int) -> None:
        USES["equal_instants"] += 1
        second = (self.rows[pick % len(self.rows)].ts - START) // SECOND if self.rows else 0
        self._store(which, [(signal, second, value) for value in values])

    @rule(which=SOURCES, signal=st.sampled_from(SIGNALS), back=st.integers(1, 60), value=MANTISSAS)
    def write_late(self, which: int, signal: str, back: int, value: int) -> None:
        USES["late"] += 1
        latest = max(((row.ts - START) // SECOND for row in self.rows), default=0)
        self._store(which, [(signal, max(0, latest - back * 3_600), value)])

    @rule(which=SOURCES, first=st.integers(0, 10**6))
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

    @precondition(lambda self: any(row.kind is RecordKind.READING for row in self.rows))
    @rule(pick=st.integers(0, 10**6), value=MANTISSAS)
    def correct(self, pick: int, value: int) -> None:
        USES["correct"] += 1
        readings = [row for row in self.rows if row.kind is RecordKind.READING]
        row = readings[pick % len(readings)]
        self._tick()
        target = RecordTarget(SourceId(row.source), row.epoch, row.sequence)
        made = self.desk.correct(ADMIN, target, DecimalValue(value, -3), "a slip")
        fields = (row.signal, row.ts, made.source, made.epoch, made.sequence)
        content = (RecordKind.CORRECTION, value, made.sequence, made.known_at, row.identity)
        self.rows.append(Row(*fields, *content))
        self.instants.append(made.known_at)

    @rule(pattern=st.sampled_from(PATTERNS), hours=HOURS)
    def delete(self, pattern: str, hours: int) -> None:
        USES["delete"] += 1
        cut = Instant(START + hours * HOUR)
        doomed = self._without_postponed(self._blocks_before(pattern, cut))
        request = Deletion([pattern], Period(BEFORE_ALL, cut), "not needed", keep_rollups=False)
        try:
            report = retention_of(self.house).delete(ADMIN, request)
        except BlocksHeld:
            assert any(self._may_hold(one, row) for one in self.holds.values() for row in doomed)
            return
        assert not any(self._holds(one, row) for one in self.holds.values() for row in doomed)
        assert report.rows == len(doomed)
        gone = {row.identity for row in doomed}
        self.rows = [row for row in self.rows if row.identity not in gone]

    @rule(pattern=st.sampled_from(PATTERNS), start=HOURS, hours=st.integers(1, 30))
    def set_hold(self, pattern: str, start: int, hours: int) -> None:
        USES["hold"] += 1
        begin = START + start * HOUR
        one = hold(pattern, begin, begin + hours * HOUR, id_=f"h{len(self.holds) % 3}")
        self.holds[one.id] = retention_of(self.house).hold(ADMIN, one)

    @precondition(lambda self: self.holds)
    @rule(pick=st.integers(0, 10**6))
    def release_hold(self, pick: int) -> None:
        USES["release"] += 1
        name = sorted(self.holds)[pick % len(self.holds)]
        retention_of(self.house).release_hold(ADMIN, name, "billed and paid")
        del self.holds[name]

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

    @rule()
    def restore(self) -> None:
        """Go on in a copy of the database and of the files that it lists, as from a backup."""
        USES["restore"] += 1
        old = self.house
        self._restores += 1
        target = self._directory / f"store-{self._restores}"
        target.mkdir()
        copy_sqlite(old.directory / "hub.sqlite", target / "hub.sqlite")
        with old.database.read() as connection:
            files = old.manifest.files(connection)
        for file in files:
            (target / "store" / file.path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(old.directory / "store" / file.path, target / "store" / file.path)
        self.house = self._opened(target)
        old.database.close()
        shutil.rmtree(old.directory)

    # ---- what it answers

    @rule(
        signal=st.sampled_from(SIGNALS),
        start=SECONDS,
        hours=st.integers(1, 60),
        when=st.integers(0, 10**6),
    )
    def query(self, signal: str, start: int, hours: int, when: int) -> None:
        USES["query"] += 1
        begin = START + start * SECOND
        period = Period(Instant(begin), Instant(begin + hours * HOUR))
        known_at = None if when % 2 else self.instants[when % len(self.instants)]
        inside = {"include_before": False, "include_after": False}
        query = RangeQuery(SignalId(signal), period, known_at, **inside)
        table = self.house.historian.readings(ACTOR, query)
        columns = ("ts", "source", "epoch", "sequence", "kind", "mantissa")
        found = list(zip(*(table.column(name).to_pylist() for name in columns), strict=True))
        assert found == sorted(
            (row.ts, *row.identity, int(row.kind), row.mantissa)
            for row in self._of(signal)
            if period.contains(row.ts) and (known_at is None or row.known_at <= known_at)
        )

    @rule(signal=st.sampled_from(SIGNALS))
    def ask_latest(self, signal: str) -> None:
        USES["latest"] += 1
        found = self.house.historian.latest(ACTOR, [SignalId(signal)])
        readings = [row for row in self._of(signal) if row.kind is RecordKind.READING]
        if not readings:
            assert not found
            return
        last = max(readings, key=lambda row: (row.ts, *row.identity))
        corrections = [row for row in self._of(signal) if row.replaces == last.identity]
        value = max(corrections, key=lambda row: row.sequence) if corrections else last
        answer = found[SignalId(signal)]
        assert (answer.source, answer.epoch, answer.sequence) == last.identity
        assert (answer.ts, answer.columns.mantissa) == (last.ts, value.mantissa)

    @rule(signal=st.sampled_from(SIGNALS), points=st.integers(1, 50))
    def ask_buckets(self, signal: str, points: int) -> None:
        USES["downsample"] += 1
        table = self.house.historian.downsample(ACTOR, SignalId(signal), EVER, points)
        readings = {row.ts for row in self._of(signal) if row.kind is RecordKind.READING}
        assert sum(table.column("count").to_pylist()) == len(readings)

    @rule()
    def check(self) -> None:
        USES["check"] += 1
        report = self.house.historian.check(ACTOR)
        assert report.is_ok, report.faults
        totals = self.house.historian.totals(ACTOR)
        assert (totals.lost, totals.duplicated, totals.records) == (0, 0, len(self.rows))
        for source in self.sources:
            if source.segments:
                expected = [row.sequence for row in self._of("m1/a") if row.source == source.name]
                assert prove(self.house, source, "m1/a") == sorted(expected)

    # ---- the model

    def _tick(self) -> None:
        assert isinstance(self.house.clock, ManualClock)
        self.house.clock.advance(SECOND)

    def _store(self, which: int, rows: list[tuple[str, int, int]]) -> None:
        source = self.sources[which]
        first = len(source.records)
        for signal, second, mantissa in rows:
            source.add(signal, START + second * SECOND, mantissa)
        number = source.seal().header.number
        self.house.store(source)
        known_at = self.house.historian.last_known_at(ACTOR)
        self.instants.append(known_at)
        for record in source.records[first:]:
            identity = (source.name, source.epoch, record.sequence)
            content = (record.kind, record.mantissa or 0, number, known_at)
            self.rows.append(Row(record.signal, record.ts, *identity, *content))

    def _of(self, signal: str) -> list[Row]:
        return [row for row in self.rows if row.signal == signal]

    def _blocks_before(self, pattern: str, cut: Instant) -> list[Row]:
        """Return the rows of whole blocks that end before a cut."""
        matching = [row for row in self.rows if matches(pattern, row.signal)]
        reaching = {row.block for row in matching if row.ts >= cut}
        return [row for row in matching if row.block not in reaching]

    def _without_postponed(self, rows: list[Row]) -> list[Row]:
        """A correction goes with its target or after it: alone, the target would be in force."""
        staying = {row.identity for row in self.rows} - {row.identity for row in rows}
        return [row for row in rows if row.replaces not in staying]

    @staticmethod
    def _holds(one: Hold, row: Row) -> bool:
        return matches(one.pattern, row.signal) and one.guarded.contains(Instant(row.ts))

    @staticmethod
    def _may_hold(one: Hold, row: Row) -> bool:
        """A hold also protects what a proof of its period needs: the neighbours of its signals."""
        return matches(one.pattern, row.signal)
