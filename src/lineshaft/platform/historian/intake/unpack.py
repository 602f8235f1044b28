"""Opens many segments at once: what `core.segment.wire.open_segment` does, on whole arrays.

A block costs some 90 µs when it is decoded alone, nearly all of it in small array calls; here the
columns of all blocks of a batch are cut out as bytes, joined, and looked at once. Anything that is
not as it should be is left to `open_segment`, which says what is wrong: it is the reference, and a
property test holds the two together.
"""

import hashlib
import hmac
import struct
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from numpy.typing import NDArray

from lineshaft.core.errors import Invalid
from lineshaft.core.reading import SIGNAL_ID_BYTES_MAX, RecordKind
from lineshaft.core.segment import merkle
from lineshaft.core.segment.block import (
    BLOCK_MAGIC,
    HAS_EXPONENT,
    HAS_MANTISSA,
    HAS_NUMBER,
    HAS_OWN_TS,
    HAS_TEXT,
    RECORD_FIXED_BYTES,
    VALUE_COMBINATIONS,
)
from lineshaft.core.segment.errors import MalformedSegment
from lineshaft.core.segment.header import Header, verify_signature
from lineshaft.core.segment.wire import SealedSegment, open_segment
from lineshaft.core.value import EXPONENT_MAX, EXPONENT_MIN, TEXT_BYTES_MAX
from lineshaft.platform.historian.files import columns

SEQUENCE_MAX = 2**63 - 1
LAYOUTS_MAX = 256
"""Layouts of blocks that are remembered; each takes what the presence bits of a block do."""

_HEAD = struct.Struct("<4sH")
_COUNTS = struct.Struct("<QI")
_FIXED_WIDTHS = (8, 8, 4, 1, 1)
_DENSE = ((HAS_OWN_TS, 8), (HAS_MANTISSA, 8), (HAS_EXPONENT, 1), (HAS_NUMBER, 8), (HAS_TEXT, 4))
_PIECES = (
    *("sequence", "ts", "status", "kind", "presence"),
    *("own_ts", "mantissa", "exponent", "number", "lengths"),
)
OPENED_SCHEMA = pa.schema(
    [field for field in columns.SCHEMA if field.name not in {"series", "source_epoch"}]
)


class _Doubtful(Exception):
    """Something is not as it should be; the reference shall say what."""


class Opened(msgspec.Struct, frozen=True):
    """A segment that was verified, with its rows.

    Attributes:
        header_bytes, signature: what the source signed.
        header_hash: SHA-256 of the header.
        signals: names of its blocks, in order, and how many rows each has (`counts`).
        tree: of its blocks, level by level from the leaves to the root.
        rows: block by block; `columns.SCHEMA` without series and source_epoch.
    """

    header: Header
    header_bytes: bytes
    header_hash: bytes
    signature: bytes
    signals: tuple[str, ...]
    counts: tuple[int, ...]
    tree: Sequence[Sequence[bytes]]
    rows: pa.Table


Outcome = Opened | Invalid


def open_segments(
    segments: Sequence[SealedSegment], secrets: Sequence[tuple[bytes, Ed25519PublicKey]]
) -> list[Outcome]:
    """Verify segments and return the rows of each, or what is wrong with it.

    Args:
        segments: as they travelled.
        secrets: for each its source's salt secret and public key.

    Returns:
        For each an `Opened`, or a BadSignature, WrongRoot or MalformedSegment.
    """
    try:
        return list(_open_batch(segments, secrets))
    except (_Doubtful, Invalid, struct.error, ValueError, TypeError):
        # Somebody in the batch is wrong: each is opened alone to find out who.
        pairs = zip(segments, secrets, strict=True)
        return [_open_alone(segment, *secret) for segment, secret in pairs]


def _open_alone(segment: SealedSegment, salt: bytes, key: Ed25519PublicKey) -> Outcome:
    try:
        open_segment(segment, salt, key)
        return _open_batch([segment], [(salt, key)])[0]
    except Invalid as error:
        return error
    except (_Doubtful, ValueError):
        header = segment.header
        msg = f"segment {header.number} of {header.source}/{header.epoch} counts beyond 2**63 - 1"
        return MalformedSegment(msg)


def _open_batch(
    segments: Sequence[SealedSegment], secrets: Sequence[tuple[bytes, Ed25519PublicKey]]
) -> list[Opened]:
    pieces = _Pieces()
    opened = []
    for segment, (salt, key) in zip(segments, secrets, strict=True):
        header, encoded = segment.header, segment.header.encode()
        verify_signature(encoded, segment.signature, key)
        first = len(pieces.counts)
        names = [pieces.add(block) for block in segment.blocks]
        tree = _verified_tree(segment, names, salt)
        counts = tuple(pieces.counts[first:])
        if sum(counts) != header.record_count or header.last_sequence > SEQUENCE_MAX:
            raise _Doubtful
        signals = tuple(name.decode() for name in names)
        digest = hashlib.sha256(encoded).digest()
        opened.append((header, encoded, digest, segment.signature, signals, counts, tree))
    table = pieces.table([segment.header for segment in segments])
    at = np.cumsum([0] + [segment.header.record_count for segment in segments]).tolist()
    return [
        Opened(*parts, table.slice(start, end - start))
        for parts, start, end in zip(opened, at[:-1], at[1:], strict=True)
    ]


def _verified_tree(
    segment: SealedSegment, names: Sequence[bytes], salt: bytes
) -> list[list[bytes]]:
    """Return the tree over the blocks, if its root and the order of names are as signed."""
    header = segment.header
    start = header.first_sequence.to_bytes(8, "little")
    leaves = [
        merkle.leaf_hash(hmac.digest(salt, start + name, "sha256"), block)
        for name, block in zip(names, segment.blocks, strict=True)
    ]
    tree = merkle.levels(leaves)
    if tree[-1] != [header.root] or not all(map(bytes.__lt__, names, names[1:])):
        raise _Doubtful
    return tree


class _Pieces:
    """The cut-out bytes of the blocks of some segments, column by column."""

    def __init__(self) -> None:
        self.parts: dict[str, list[bytes]] = {name: [] for name in (*_PIECES, "text")}
        self.counts: list[int] = []
        self.first_ordinals: list[int] = []

    def add(self, block: bytes) -> bytes:
        """Cut one block; return the name of its signal."""
        magic, name_size = _HEAD.unpack_from(block)
        name = block[6 : 6 + name_size]
        first_ordinal, count = _COUNTS.unpack_from(block, 6 + name_size)
        if magic != BLOCK_MAGIC or not 0 < name_size <= SIGNAL_ID_BYTES_MAX or not count:
            raise _Doubtful
        if not 1 <= first_ordinal <= SEQUENCE_MAX - count:
            raise _Doubtful
        at = 18 + name_size
        presence_at = at + (RECORD_FIXED_BYTES - 1) * count
        presence = block[presence_at : presence_at + count]
        if len(presence) != count:
            raise _Doubtful
        layout = _layout(presence)
        for piece, start, end in layout.pieces:
            self.parts[piece].append(block[at + start : at + end])
        text_at, text_size = at + layout.text_at, 0
        if layout.has_texts:
            lengths = memoryview(self.parts["lengths"][-1]).cast("I")
            text_size = sum(lengths)
            if max(lengths) > TEXT_BYTES_MAX:
                raise _Doubtful
            self.parts["text"].append(block[text_at:])
        if text_at + text_size != len(block):
            raise _Doubtful
        self.counts.append(count)
        self.first_ordinals.append(first_ordinal)
        return name

    def table(self, headers: Sequence[Header]) -> pa.Table:
        """Return the rows of all blocks, once they are what their headers announce."""
        counts = np.array(self.counts, dtype=np.int64)
        firsts = np.array(self.first_ordinals, dtype=np.int64)
        block_starts = np.cumsum(counts) - counts
        presence = self._array("presence", "u1")
        dense = {
            "sequence": self._array("sequence", "<i8"),
            "ts": self._array("ts", "<i8"),
            "kind": self._array("kind", "u1"),
            "exponent": self._array("exponent", "i1"),
            "number": self._array("number", "<f8"),
        }
        if not (_are_rows_sound(dense, presence) and _are_announced(dense, block_starts, headers)):
            raise _Doubtful
        lengths = self._array("lengths", "<u4")
        texts = columns.texts_of(b"".join(self.parts["text"]), lengths)
        within = np.arange(len(presence)) - np.repeat(block_starts, counts)
        has = {bit: (presence & np.uint8(bit)) != 0 for bit, _ in _DENSE}
        own_ts, mantissa = self._array("own_ts", "<i8"), self._array("mantissa", "<i8")
        return pa.table(
            [
                pa.array(dense["ts"]),
                columns.nullable(own_ts, has[HAS_OWN_TS], pa.int64()),
                pa.array(dense["sequence"]),
                pa.array(np.repeat(firsts, counts) + within),
                pa.array(self._array("status", "<u4")),
                pa.array(dense["kind"]),
                columns.nullable(mantissa, has[HAS_MANTISSA], pa.int64()),
                columns.nullable(dense["exponent"], has[HAS_EXPONENT], pa.int8()),
                columns.nullable(dense["number"], has[HAS_NUMBER], pa.float64()),
                columns.nullable_text(texts, has[HAS_TEXT]),
            ],
            schema=OPENED_SCHEMA,
        )

    def _array(self, name: str, dtype: str) -> NDArray[Any]:
        return np.frombuffer(b"".join(self.parts[name]), dtype=dtype)


class _Layout(NamedTuple):
    """Where the columns of a block stand behind its head: those that it has, and its texts."""

    pieces: tuple[tuple[str, int, int], ...]
    text_at: int
    has_texts: bool


@lru_cache(LAYOUTS_MAX)
def _layout(presence: bytes) -> _Layout:
    """Return where what records have stands; most blocks of a source are alike."""
    sizes = [width * len(presence) for width in _FIXED_WIDTHS]
    for bit, width in _DENSE:
        sizes.append(width * sum(presence.count(bits) for bits in set(presence) if bits & bit))
    ends = list(accumulate(sizes))
    placed = zip(_PIECES, [0, *ends], ends, strict=False)
    pieces = tuple((name, start, end) for name, start, end in placed if start < end)
    return _Layout(pieces, ends[-1], sizes[-1] > 0)


def _are_rows_sound(dense: dict[str, NDArray[Any]], presence: NDArray[np.uint8]) -> bool:
    exponent = dense["exponent"]
    return (
        bool(np.all(dense["kind"] <= max(RecordKind)))
        and bool(np.all(VALUE_COMBINATIONS[presence]))
        and bool(np.all((exponent >= EXPONENT_MIN) & (exponent <= EXPONENT_MAX)))
        and bool(np.all(np.isfinite(dense["number"])))
    )


def _are_announced(
    dense: dict[str, NDArray[Any]], block_starts: NDArray[np.int64], headers: Sequence[Header]
) -> bool:
    """Tell whether the records are exactly those that the headers announce, in order."""
    sequence, ts = dense["sequence"], dense["ts"]
    counts = np.array([header.record_count for header in headers])
    starts = np.cumsum(counts) - counts
    first = np.array([header.first_sequence for header in headers])
    position = sequence - np.repeat(first, counts)
    is_inside = (position >= 0) & (position < np.repeat(counts, counts))
    if not is_inside.all():
        return False
    seen = np.bincount(position + np.repeat(starts, counts), minlength=len(sequence))
    rises = sequence[1:] > sequence[:-1]
    rises[block_starts[1:] - 1] = True
    low = np.array([header.min_ts for header in headers])
    high = np.array([header.max_ts for header in headers])
    return (
        bool(np.all(seen == 1))
        and bool(np.all(rises))
        and np.array_equal(np.minimum.reduceat(ts, starts), low)
        and np.array_equal(np.maximum.reduceat(ts, starts), high)
    )
