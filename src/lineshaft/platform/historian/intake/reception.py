"""What is done with each message before it is stored: opened, verified, judged. In a thread."""

import hashlib
import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from prometheus_client import Counter

from lineshaft.core.clock import Clock
from lineshaft.core.errors import Invalid, NotFound
from lineshaft.core.period import Instant
from lineshaft.core.reading import SourceId
from lineshaft.core.segment.beat import decode_beat, verify_beat
from lineshaft.core.segment.header import Header
from lineshaft.core.segment.wire import SEGMENT_WIRE_BYTES_MAX, SealedSegment, decode_segment
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.intake.acceptance import Candidate, Chain, Verdict
from lineshaft.platform.historian.intake.unpack import Opened, open_segments
from lineshaft.platform.historian.model import Mark, RefusedSegment, StoredBeat
from lineshaft.platform.historian.ports import Delivery, Manifest, SourceKeys

LOG = logging.getLogger(__name__)

REFUSED_BYTES_MAX = 64 * 1024 * 1024
"""Refused segments that are kept for inspection, all together; the oldest give way."""
KEYS_CACHED_S = 5
"""How long a source that was refused afterwards may still be believed."""
KEYS_CACHED_MAX = 10_000
THREADS = 2
_US_PER_S = 1_000_000

SEGMENTS = Counter(
    "lineshaft_intake_segments", "Segments that arrived, by what became of them", ["verdict"]
)

Key = tuple[SourceId, int]
"""A source and epoch."""


class Received(msgspec.Struct, frozen=True):
    """A verified segment with the message that it came in."""

    opened: Opened
    delivery: Delivery


class Decisions(msgspec.Struct):
    """What becomes of the messages of one fetch.

    Attributes:
        accepted: to be stored, in order.
        done: to be acknowledged at once: duplicates, refused, conflicting, dropped.
        repeated: sources that sent what is stored already: they do not know their mark.
        conflicts: sources whose chain is another than ours.
        gaps: sources of which something is missing.
        refused: to be kept for inspection (`keep`) before they are acknowledged.
    """

    accepted: list[Received] = msgspec.field(default_factory=list)
    done: list[Delivery] = msgspec.field(default_factory=list)
    repeated: set[Key] = msgspec.field(default_factory=set)
    conflicts: set[Key] = msgspec.field(default_factory=set)
    gaps: set[Key] = msgspec.field(default_factory=set)
    refused: list[RefusedSegment] = msgspec.field(default_factory=list)


class Reception:
    """Opens, verifies and judges messages; `receive` is called by one thread at a time."""

    def __init__(
        self, database: Database, manifest: Manifest, keys: SourceKeys, clock: Clock
    ) -> None:
        """Judge against the marks in `manifest`."""
        self._database, self._manifest = database, manifest
        self._keys, self._clock = keys, clock
        self._secrets: dict[Key, tuple[Instant, tuple[bytes, Ed25519PublicKey]]] = {}
        self._chains: dict[Key, Chain[Received]] = {}
        self._numbers: dict[Key, int] = {}
        self._hashes: dict[tuple[Key, int], bytes] = {}
        # Shared with the thread that commits; everything else belongs to `receive` alone.
        self._uncommitted: dict[Key, dict[int, bytes]] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="verify")

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()

    def receive(self, deliveries: Sequence[Delivery]) -> Decisions:
        """Decide on messages, in their order.

        Raises:
            Unavailable: when keys or marks cannot be read now; then nothing is decided.
        """
        outcomes = self._opened(deliveries)
        self._look_up([outcome for outcome in outcomes if isinstance(outcome, Opened)])
        decisions = Decisions()
        for delivery, outcome in zip(deliveries, outcomes, strict=True):
            if isinstance(outcome, Opened):
                self._judge(Received(outcome, delivery), decisions)
            else:
                self._refuse(decisions, delivery, str(outcome))
        return decisions

    # ---- opening

    def _opened(self, deliveries: Sequence[Delivery]) -> list[Opened | Exception]:
        """Open messages on all threads; hashing and signatures release the interpreter."""
        share = -(-len(deliveries) // THREADS)
        parts = [deliveries[start : start + share] for start in range(0, len(deliveries), share)]
        return [outcome for part in self._pool.map(self._open, parts) for outcome in part]

    def _open(self, deliveries: Sequence[Delivery]) -> list[Opened | Exception]:
        outcomes: list[Opened | Exception | None] = []
        segments: list[SealedSegment] = []
        secrets: list[tuple[bytes, Ed25519PublicKey]] = []
        for delivery in deliveries:
            try:
                segment = decode_segment(delivery.data)
                secrets.append(self.secret(segment.header.source, segment.header.epoch))
                segments.append(segment)
                outcomes.append(None)
            except (Invalid, NotFound) as error:
                outcomes.append(error)
        opened = iter(open_segments(segments, secrets) if segments else [])
        return [next(opened) if outcome is None else outcome for outcome in outcomes]

    def secret(self, source: SourceId, epoch: int) -> tuple[bytes, Ed25519PublicKey]:
        """Return salt secret and public key of a source.

        Raises:
            NotFound: when nobody has let it in.
        """
        now = self._clock.now()
        known = self._secrets.get((source, epoch))
        if known is not None and known[0] <= now < known[0] + KEYS_CACHED_S * _US_PER_S:
            return known[1]
        if len(self._secrets) >= KEYS_CACHED_MAX:
            self._secrets.clear()
        found = self._keys.source_secret(source, epoch)
        self._secrets[source, epoch] = now, found
        return found

    def open_beat(self, data: bytes) -> StoredBeat:
        """Verify a beat.

        Raises:
            Invalid: when it is none, or not signed by its source.
            NotFound: when nobody has let the source in.
        """
        claimed = decode_beat(data)
        _, key = self.secret(claimed.source, claimed.epoch)
        beat = verify_beat(data, key)
        mark = min(beat.mark, 2**63 - 1)
        return StoredBeat(beat.source, beat.epoch, mark, beat.at, self._clock.now())

    # ---- judging

    def _judge(self, received: Received, decisions: Decisions) -> None:
        opened = received.opened
        key = opened.header.source, opened.header.epoch
        chain = self._chains[key]
        verdict, decided = chain.offer(Candidate(opened.header, opened.header_hash, received))
        SEGMENTS.labels(verdict.value).inc()
        for decision, candidate in decided:
            if decision is Verdict.ACCEPT:
                decisions.accepted.append(candidate.content)
                self._note_accepted(key, candidate)
            elif decision is Verdict.CONFLICT:
                self._note_conflict(candidate.content, decisions)
            elif decision is Verdict.DROP:
                decisions.done.append(candidate.content.delivery)
        if verdict is Verdict.DUPLICATE:
            decisions.repeated.add(key)
        if verdict in {Verdict.DUPLICATE, Verdict.DROP}:
            decisions.done.append(received.delivery)
        if chain.has_gap:
            decisions.gaps.add(key)

    def _note_conflict(self, received: Received, decisions: Decisions) -> None:
        header = received.opened.header
        reason = f"segment {header.number} of {header.source}/{header.epoch} is not the one that "
        reason += "is stored, or does not continue it: a second edge, or one from a backup"
        self._refuse(decisions, received.delivery, reason, kind="conflict")
        decisions.conflicts.add((header.source, header.epoch))

    def _look_up(self, segments: Sequence[Opened]) -> None:
        """Read what judging needs, so that a decision, once begun, is never broken off."""
        for key in {(one.header.source, one.header.epoch) for one in segments}:
            if key not in self._chains:
                self._begin(key)
        with self._lock:
            self._hashes = {
                (key, number): header_hash
                for key, uncommitted in self._uncommitted.items()
                for number, header_hash in uncommitted.items()
            }
        places = {((one.header.source, one.header.epoch), one.header.number) for one in segments}
        missing = [
            (key, number)
            for key, number in places
            if number <= self._chains[key].mark.number and (key, number) not in self._hashes
        ]
        if missing:
            with self._database.read() as connection:
                for key, number in missing:
                    found = self._manifest.stored_hash(connection, self._numbers[key], number)
                    if found is not None:
                        self._hashes[key, number] = found

    def _begin(self, key: Key) -> None:
        with self._database.unit_of_work() as unit:
            known = self._manifest.intern_source(unit.connection, *key)
        self._numbers[key] = known.id
        with self._lock:
            self._uncommitted[key] = {}
        self._chains[key] = Chain(known.mark, lambda number: self._hashes.get((key, number)))

    def mark(self, key: Key) -> Mark:
        """Return the mark of what was accepted, whether it is committed yet or not."""
        return self._chains[key].mark

    def gaps(self) -> list[Key]:
        """Return the sources of which something is missing."""
        return [key for key, chain in list(self._chains.items()) if chain.has_gap]

    def _note_accepted(self, key: Key, candidate: Candidate[Received]) -> None:
        number = candidate.header.number
        self._hashes[key, number] = candidate.header_hash
        with self._lock:
            self._uncommitted[key][number] = candidate.header_hash

    def note_committed(self, key: Key, mark: Mark) -> None:
        """Forget the hashes that can be read from the manifest now."""
        with self._lock:
            uncommitted = self._uncommitted[key]
            for number in [number for number in uncommitted if number <= mark.number]:
                del uncommitted[number]

    # ---- refusing

    def _refuse(
        self, decisions: Decisions, delivery: Delivery, reason: str, kind: str = "refused"
    ) -> None:
        LOG.error("a segment was refused: %s", reason)
        SEGMENTS.labels(kind).inc()
        header = _header_of(delivery.data)
        refused = RefusedSegment(
            id=0,
            kind=kind,
            source=header.source if header else "",
            epoch=header.epoch if header else 0,
            number=header.number if header else 0,
            reason=reason,
            data=delivery.data[:SEGMENT_WIRE_BYTES_MAX],
            received_at=self._clock.now(),
            times=1,
        )
        decisions.refused.append(refused)
        decisions.done.append(delivery)

    def keep(self, refused: Sequence[RefusedSegment]) -> None:
        """Keep refused segments for inspection; the oldest give way to them.

        Raises:
            Unavailable: when the database cannot be written now.
        """
        with self._database.unit_of_work() as unit:
            for one in refused:
                digest = hashlib.sha256(one.data).digest()
                self._manifest.keep_refused(unit.connection, one, digest, REFUSED_BYTES_MAX)


def _header_of(data: bytes) -> Header | None:
    """Return what a refused message says of itself, where it can be read."""
    try:
        return decode_segment(data).header
    except Invalid:
        return None
