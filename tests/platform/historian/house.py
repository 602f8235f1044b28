"""What the tests of the historian build on: sources, a store, an intake without a bus."""

import asyncio
import functools
import random
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lineshaft.core.clock import Clock, CountingIds, IdSource, ManualClock
from lineshaft.core.errors import NotFound
from lineshaft.core.messages import Notice, decode
from lineshaft.core.period import Instant, parse_instant
from lineshaft.core.reading import Record, RecordKind, SignalId, SourceId
from lineshaft.core.segment.header import NO_PREVIOUS
from lineshaft.core.segment.wire import (
    ChainPosition,
    SealedSegment,
    decode_segment,
    encode_segment,
    seal,
)
from lineshaft.infrastructure.database import METADATA, Database
from lineshaft.infrastructure.telemetry import Health
from lineshaft.platform.historian.files.compaction import Compactor
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.files.plan import REST_S
from lineshaft.platform.historian.intake.commit import Committer
from lineshaft.platform.historian.intake.program import Intake, IntakeLimits, IntakeParts
from lineshaft.platform.historian.intake.reception import Decisions, Reception
from lineshaft.platform.historian.intake.unpack import Opened, open_segments
from lineshaft.platform.historian.rollups.writer import DayRollups
from lineshaft.platform.historian.service import Historian
from lineshaft.platform.historian.store import ManifestStore
from lineshaft.security.authorisation.model import SYSTEM_WORKER, Actor, Resource

START = parse_instant("2027-03-01T00:00:00Z")
SECOND = 1_000_000
HOUR = 3_600 * SECOND
ACTOR = SYSTEM_WORKER


class AllowAll:
    """Lets everyone do everything, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Resource]] = []

    def authorize(self, actor: Actor, action: str, resource: Resource) -> None:
        self.asked.append((action, resource))

    def permitted(self, actor: Actor, action: str, resources: Sequence[Resource]) -> list[Resource]:
        self.asked += [(action, resource) for resource in resources]
        return list(resources)


class Keys:
    """The secrets of the sources of a test."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, int], tuple[bytes, Ed25519PublicKey]] = {}

    def source_secret(self, source: SourceId, epoch: int) -> tuple[bytes, Ed25519PublicKey]:
        try:
            return self.known[source, epoch]
        except KeyError as error:
            raise NotFound(f"no source {source}/{epoch}") from error


class Source:
    """An edge that numbers, seals and signs, and remembers what it wrote."""

    def __init__(self, name: str = "edge-1", epoch: int = 1) -> None:
        self.name, self.epoch = SourceId(name), epoch
        seed = (f"{name}/{epoch}".encode() * 32)[:32]
        self.key = Ed25519PrivateKey.from_private_bytes(seed)
        self.salt = seed[::-1]
        self.records: list[Record] = []
        self.segments: list[SealedSegment] = []
        self._ordinals: dict[str, int] = {}
        self._pending: list[Record] = []

    def add(
        self, signal: str, ts: int, mantissa: int | None = None, exponent: int | None = -3, **more
    ) -> Record:
        """Number a record; `more` are fields of `Record`."""
        ordinal = self._ordinals[signal] = self._ordinals.get(signal, 0) + 1
        fields = {"kind": RecordKind.READING, "status": 0} | more
        record = Record(
            signal=SignalId(signal),
            sequence=len(self.records) + 1,
            ordinal=ordinal,
            ts=Instant(ts),
            mantissa=mantissa,
            exponent=None if mantissa is None else exponent,
            **fields,
        )
        self.records.append(record)
        self._pending.append(record)
        return record

    def seal(self) -> SealedSegment:
        """Seal what was added since."""
        last = self.segments[-1].header if self.segments else None
        position = ChainPosition(
            self.name, self.epoch, len(self.segments) + 1, last.hash() if last else NO_PREVIOUS
        )
        segment = seal(self._pending, position, self.salt, self.key)
        self._pending = []
        self.segments.append(segment)
        return segment

    def fill(
        self, segments: int, size: int = 20, *, start: int = START, step: int = SECOND
    ) -> None:
        """Add segments of decimals of three signals, one record per step."""
        for _ in range(segments):
            for _ in range(size):
                number = len(self.records)
                self.add(f"m1/s{number % 3}", start + number * step, number * 7 - 50)
            self.seal()


@dataclass
class Message:
    """A message of the queue that remembers whether it was acknowledged."""

    data: bytes
    acks: int = 0

    async def ack(self) -> None:
        self.acks += 1


@dataclass
class Queue:
    """A queue in memory: what was put comes out in order, as often as it was put."""

    messages: list[Message] = field(default_factory=list)
    waiting: list[Message] = field(default_factory=list)

    def put(self, segments: Iterable[SealedSegment | bytes]) -> list[Message]:
        put = [Message(one if isinstance(one, bytes) else encode_segment(one)) for one in segments]
        self.messages += put
        self.waiting += put
        return put

    async def fetch(self, messages_max: int, wait_s: float) -> Sequence[Message]:
        while not self.waiting:
            await asyncio.sleep(0.002)
        taken, self.waiting = self.waiting[:messages_max], self.waiting[messages_max:]
        return taken


@dataclass
class Notices:
    """What intake answered."""

    sent: list[tuple[str, Notice]] = field(default_factory=list)

    async def publish(self, subject: str, data: bytes) -> None:
        self.sent.append((subject, decode(data, Notice)))

    def of(self, kind: str) -> list[Notice]:
        return [notice for _, notice in self.sent if notice.kind == kind]


class House:
    """A store in a directory with everything around it."""

    def __init__(self, directory: Path, database: Database | None = None) -> None:
        self.directory = directory
        self.database = database or new_database(directory)
        self.manifest, self.keys, self.authorizer = ManifestStore(), Keys(), AllowAll()
        self.health = Health()
        self.queue, self.notices = Queue(), Notices()
        self.use(ManualClock(Instant(START + 30 * 24 * HOUR)), CountingIds())

    def use(self, clock: Clock, ids: IdSource) -> None:
        """Build everything that takes a clock or ids."""
        self.clock = clock
        self.files = StoreFiles(self.directory / "store", ids)
        self.committer = Committer(self.database, self.manifest, self.files, self.clock)
        self.merger = self.compactor_at(self.clock)
        self.historian = Historian(
            self.database, self.manifest, self.files, self.authorizer, self.keys
        )

    def know(self, *sources: Source) -> None:
        """Let sources in."""
        for source in sources:
            key = source.key.public_key()
            self.keys.known[source.name, source.epoch] = source.salt, key

    def reception(self) -> Reception:
        return Reception(self.database, self.manifest, self.keys, self.clock)

    def receive(self, reception: Reception, segments: Iterable[SealedSegment | bytes]) -> Decisions:
        return reception.receive(Queue().put(segments))

    def store(self, source: Source, *, per_commit: int = 1_000) -> None:
        """Store all segments of a source that were not stored yet, past intake."""
        self.know(source)
        known = self.historian.marks(ACTOR).get((source.name, source.epoch))
        todo = source.segments[known.number if known else 0 :]
        for start in range(0, len(todo), per_commit):
            assert isinstance(self.clock, ManualClock)
            self.clock.advance(SECOND)
            self.committer.commit(opened(todo[start : start + per_commit], source))

    def store_some(self, source: Source, segments: int) -> None:
        """Store the next few segments of a source in one commit."""
        known = self.historian.marks(ACTOR).get((source.name, source.epoch))
        first = known.number if known else 0
        self.committer.commit(opened(source.segments[first : first + segments], source))

    def compact(self) -> None:
        """Do everything that there is to do with the files that are stored."""
        later = ManualClock(Instant(self.clock.now() + REST_S * SECOND))
        self.compactor_at(later).run()
        self.merger.unlink_merged()

    def compactor_at(self, clock: Clock) -> Compactor:
        """A compactor by another clock: what is over, and at rest, depends on it."""
        rollups = DayRollups(self.database, self.manifest)
        return Compactor(self.database, self.manifest, self.files, clock, rollups)

    def parts(self) -> IntakeParts:
        return IntakeParts(
            database=self.database,
            manifest=self.manifest,
            reception=self.reception(),
            committer=self.committer,
            compactor=self.compactor_at(self.clock),
            health=self.health,
            clock=self.clock,
        )

    def intake(self, limits: IntakeLimits | None = None) -> Intake:
        return Intake(self.parts(), self.queue, self.notices, limits or IntakeLimits(commit_ms=5))


def new_database(directory: Path) -> Database:
    """A database with every table that is declared so far, copied: to make them takes longer."""
    path = directory / "hub.sqlite"
    if not path.exists():
        path.write_bytes(_empty_database(len(METADATA.tables)))
    return Database(f"sqlite:///{path}")


@functools.cache
def _empty_database(_tables: int) -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "hub.sqlite"
        database = Database(f"sqlite:///{path}")
        with database.unit_of_work() as unit:
            METADATA.create_all(unit.connection)
        database.close()
        return path.read_bytes()


def opened(segments: Sequence[SealedSegment], source: Source) -> list[Opened]:
    travelled = [decode_segment(encode_segment(one)) for one in segments]
    secrets = [(source.salt, source.key.public_key())] * len(travelled)
    outcomes = open_segments(travelled, secrets)
    assert all(isinstance(one, Opened) for one in outcomes), outcomes
    return outcomes


def random_source(seed: int, *, segments: int = 6, name: str = "edge-1") -> Source:
    """A source with every kind of record and value, late data and equal instants."""
    rng = random.Random(seed)
    source = Source(name)
    ts = START
    for _ in range(segments):
        for _ in range(rng.randint(1, 40)):
            ts += rng.choice([0, 0, 1, SECOND, SECOND, 300 * SECOND])
            at = ts - rng.choice([0, 0, 0, HOUR])
            _random_record(source, rng, at)
        source.seal()
    return source


def _random_record(source: Source, rng: random.Random, at: int) -> None:
    signal = f"m{rng.randint(1, 2)}/{rng.choice(['a', 'b', 'ö', 'zz'])}"
    own = rng.choice([None, at + 5])
    match rng.randint(0, 8):
        case 0:
            source.add(signal, at, own_ts=own, text=rng.choice(["", "ACTIVE", "Grüße"]))
        case 1:
            source.add(signal, at, number=rng.uniform(-1e9, 1e9))
        case 2:
            source.add(signal, at, rng.randint(0, 1), None)
        case 3:
            source.add(signal, at, rng.randint(-9, 9), None, text="SYMBOL")
        case 4:
            source.add(signal, at, kind=RecordKind.STATUS, status=0x8031_0000)
        case 5:
            source.add(signal, at, kind=RecordKind.COUNT)
        case _:
            exponent = rng.randint(-18, 18)
            source.add(signal, at, rng.randint(-(2**63), 2**63 - 1), exponent, own_ts=own)
