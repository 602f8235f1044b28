"""A small world with all that a proof rests on: a source, segments, a document, keys.

Nothing is mocked: records are sealed and signed as an edge does it, blocks are opened as the hub
does it, usage is measured and rated by the functions that bill.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lineshaft.core import canonical
from lineshaft.core.period import US_PER_S, Instant, Period, parse_instant
from lineshaft.core.reading import Record, RecordKind, SignalId, SourceId, StatusCode
from lineshaft.core.segment import merkle
from lineshaft.core.segment.block import decode_block
from lineshaft.core.segment.detail import CorrectionDetail
from lineshaft.core.segment.header import NO_PREVIOUS, Header
from lineshaft.core.segment.wire import ChainPosition, SealedSegment, seal
from lineshaft.security.keys.model import KeyFile, Signature, SourcePublicKey, next_key
from lineshaft.services.billing.document import document_content, encode_file
from lineshaft.services.billing.model import NO_FACTS, Engine, Facts
from lineshaft.services.billing.rating import rate
from lineshaft.services.billing.rendering.model import Language, MediaType, record_file
from lineshaft.services.billing.rendering.renderer import record_of, render
from lineshaft.services.contracts.model import Contract
from lineshaft.services.evidence.bundle import bundle_file
from lineshaft.services.evidence.envelope import Envelope
from lineshaft.services.metering.measure import measure
from lineshaft.services.metering.model import BlockEntry, Evidence, Meter, UsageRecord
from lineshaft.services.metering.series import MeterInput, SeriesRows, join
from tests.services.contracts.examples import contract

SOURCE, EPOCH = SourceId("edge-1"), 1
SALT_SECRET = bytes(range(32))
SOURCE_KEY = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
DOCUMENT_KEY = Ed25519PrivateKey.from_private_bytes(b"d" * 32)
PERIOD = Period.parse("2017-06-22T00:00:00Z", "2017-06-23T00:00:00Z")
KNOWN_AT = parse_instant("2017-06-24T00:00:00Z")
ISSUED_AT = parse_instant("2017-06-24T06:00:00Z")
CUTTING = SignalId("mazak01/cut_time")
EXECUTION = SignalId("mazak01/execution")
SECRET = SignalId("mazak02/secret_recipe")
SECRET_TEXT = "TOP-SECRET-FEED-4711"
STATES = ("ACTIVE", "READY", "INTERRUPTED", "STOPPED")
HOUR_US = 3_600 * US_PER_S


@dataclass(frozen=True)
class Proof:
    """A block with its way up, as the historian gives it."""

    header_bytes: bytes
    signature: bytes
    signal: SignalId
    salt: bytes
    block: bytes
    leaf_index: int
    path: list[bytes]


@dataclass(frozen=True)
class World:
    """The files that a customer gets, and the proofs that the bundle was made from."""

    document: bytes
    bundle: bytes
    keys: bytes
    proofs: Sequence[Proof]

    def content(self) -> dict[str, Any]:
        return canonical.decode(self.document)["document"]

    def resigned(self, **changes: Any) -> "World":
        """Change the document as a dishonest hub would: with a right signature."""
        document = sign_document(self.content() | changes)
        number = self.content()["number"]
        return replace(self, document=document, bundle=sign_bundle(document, number, self.proofs))

    def with_proofs(self, proofs: Sequence[Proof]) -> "World":
        """Leave out or change proofs as a dishonest hub would: with a right signature."""
        bundle = sign_bundle(self.document, self.content()["number"], proofs)
        return replace(self, bundle=bundle, proofs=proofs)


class Recorder:
    """Numbers records as an edge does."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._ordinals: dict[SignalId, int] = {}

    def add(self, signal: SignalId, ts: int, **fields: Any) -> Record:
        ordinal = self._ordinals[signal] = self._ordinals.get(signal, 0) + 1
        fields = {"kind": RecordKind.READING, "status": StatusCode.GOOD} | fields
        record = Record(signal, len(self.records) + 1, ordinal, ts=Instant(ts), **fields)
        self.records.append(record)
        return record

    def count(self, ts: int, seconds: int) -> Record:
        return self.add(CUTTING, ts, mantissa=seconds, exponent=0)

    def state(self, ts: int, state: str) -> Record:
        return self.add(EXECUTION, ts, text=state)

    def correct(self, target: Record, ts: int, seconds: int) -> Record:
        detail = CorrectionDetail(SOURCE, EPOCH, target.sequence, "usr_1", "stuck counter")
        return self.add(
            target.signal,
            ts,
            kind=RecordKind.CORRECTION,
            mantissa=seconds,
            exponent=0,
            text=detail.encode(),
        )


def usual_day(recorder: Recorder) -> None:
    """Record from an hour before the day until an hour after it, one round each half hour."""
    start = PERIOD.start - HOUR_US
    for step in range(54):
        ts = start + step * HOUR_US // 2
        wrong = recorder.count(ts, 1_000 + 600 * step)
        recorder.state(ts + 1, STATES[step % len(STATES)])
        recorder.add(SECRET, ts + 2, text=SECRET_TEXT)
        if step == 20:
            recorder.correct(wrong, ts, 1_000 + 600 * step - 7)


def sealed(records: Sequence[Record], size: int) -> list[SealedSegment]:
    """Seal records into a chain of segments of `size` records."""
    segments: list[SealedSegment] = []
    previous = NO_PREVIOUS
    for number, first in enumerate(range(0, len(records), size), start=1):
        position = ChainPosition(SOURCE, EPOCH, number, previous)
        segment = seal(records[first : first + size], position, SALT_SECRET, SOURCE_KEY)
        previous = segment.header.hash()
        segments.append(segment)
    return segments


def proofs_of(segments: Sequence[SealedSegment], signals: Sequence[SignalId]) -> list[Proof]:
    """Prove every block of some signals."""
    proofs = []
    for segment in segments:
        header = segment.header
        names = [decode_block(block).signal for block in segment.blocks]
        salts = [merkle.salt_of(SALT_SECRET, header.first_sequence, name) for name in names]
        leaves = list(map(merkle.leaf_hash, salts, segment.blocks))
        for i, name in enumerate(names):
            if name in signals:
                path = merkle.inclusion_path(leaves, i)
                proofs.append(
                    Proof(
                        header.encode(),
                        segment.signature,
                        name,
                        salts[i],
                        segment.blocks[i],
                        i,
                        path,
                    )
                )
    return proofs


def usage_of(
    meter: Meter,
    proofs: Sequence[Proof],
    period: Period = PERIOD,
    known_at: Instant = KNOWN_AT,
) -> UsageRecord:
    """Measure a meter over the blocks of its signal."""
    parts, entries = [], []
    for proof in proofs:
        if proof.signal != meter.signal:
            continue
        columns, header = decode_block(proof.block), Header.decode(proof.header_bytes)
        parts.append(SeriesRows.of_block(header.source, header.epoch, columns))
        entries.append(
            BlockEntry(
                header.source,
                header.epoch,
                header.number,
                header.hash(),
                merkle.leaf_hash(proof.salt, proof.block),
                columns.first_ordinal,
                columns.first_ordinal + len(columns) - 1,
            )
        )
    rows = MeterInput(join(parts), Evidence.of(entries))
    return measure(meter, rows, period, known_at)


def sign_document(content: dict[str, Any]) -> bytes:
    signed = canonical.encode(content)
    return encode_file(signed, key_record().key_id, DOCUMENT_KEY.sign(signed))


def sign_bundle(document: bytes, number: str, proofs: Sequence[Proof]) -> bytes:
    return bundle_file(
        document,
        number,
        proofs,
        lambda data: Signature(key_record().key_id, DOCUMENT_KEY.sign(data)),
    )


def sign_envelope(content: Any, name: str) -> bytes:
    signed = canonical.encode(content)
    envelope = Envelope(content, signed, key_record().key_id, DOCUMENT_KEY.sign(signed))
    return envelope.encode(name)


def sign_rendering(document: bytes, media_type: MediaType, data: bytes) -> bytes:
    record = record_of(document, data, media_type, Language.ENGLISH)
    signed = canonical.encode(record.to_content())
    return record_file(signed, key_record().key_id, DOCUMENT_KEY.sign(signed))


def rendered(document: bytes, media_type: MediaType) -> tuple[bytes, bytes]:
    """Return a rendering and its record."""
    data = render(document, media_type, Language.ENGLISH)
    return data, sign_rendering(document, media_type, data)


def key_record() -> Any:
    return next_key(DOCUMENT_KEY, parse_instant("2017-01-01T00:00:00Z"))


def key_file() -> bytes:
    public = SOURCE_KEY.public_key().public_bytes_raw()
    return KeyFile((key_record(),), (SourcePublicKey(SOURCE, EPOCH, public),)).encode()


def make_world(
    record: Callable[[Recorder], None] = usual_day,
    segment_records: int = 20,
    agreed: Contract | None = None,
    facts: Facts = NO_FACTS,
) -> World:
    """Record, seal, measure, rate, sign; under the example contract for None."""
    recorder = Recorder()
    record(recorder)
    proofs = proofs_of(sealed(recorder.records, segment_records), (CUTTING, EXECUTION))
    terms = contract() if agreed is None else agreed
    usage = [usage_of(meter, proofs) for meter in terms.meters()]
    rated = rate(terms, PERIOD, KNOWN_AT, usage, Engine("0.1.0", "2026f"), facts)
    content = document_content(rated, "NM-2017-000001", ISSUED_AT)
    document = sign_document(content)
    return World(document, sign_bundle(document, content["number"], proofs), key_file(), proofs)
