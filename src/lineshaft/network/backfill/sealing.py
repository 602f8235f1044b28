"""Seals many records at once: what `core.segment.wire.cut` and `seal` do, on whole arrays.

A segment is a function of the records, their place in the chain and the keys, and of nothing else,
so that a resumed import sends the very bytes that it has sent before. The functions of `core` are
the reference, and a property test holds the two together.
"""

import itertools
import struct
from collections.abc import Sequence

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lineshaft.core.period import Instant
from lineshaft.core.reading import SignalId, SourceId
from lineshaft.core.segment import merkle
from lineshaft.core.segment.block import (
    BLOCK_MAGIC,
    HAS_EXPONENT,
    HAS_MANTISSA,
    HAS_NUMBER,
    HAS_TEXT,
    RECORD_FIXED_BYTES,
)
from lineshaft.core.segment.header import NO_PREVIOUS, Header, sign
from lineshaft.core.segment.wire import (
    SEGMENT_BYTES_MAX,
    SEGMENT_RECORDS_MAX,
    SealedSegment,
    encode_segment,
)
from lineshaft.network.backfill.columns import Rows, joined
from lineshaft.network.keys import SigningKeys

_COUNTS = struct.Struct("<QI")
_TEXT_LENGTH_BYTES = 4


class Sealed(msgspec.Struct, frozen=True):
    """A segment as it travels.

    Attributes:
        number, header_hash: of its header.
        last_sequence: of its last record.
        row: the row of the file that its last record is of.
        data: its bytes.
    """

    number: int
    header_hash: bytes
    last_sequence: int
    row: int
    data: bytes


class Chain(msgspec.Struct):
    """How far a file is sealed.

    Attributes:
        number, previous_hash: of the last header.
        sequence: of the last record.
        ordinals: of the last record of each signal.
    """

    number: int
    previous_hash: bytes
    sequence: int
    ordinals: dict[str, int]

    @classmethod
    def beginning(cls) -> "Chain":
        """Return the chain in front of the first segment."""
        return cls(0, NO_PREVIOUS, 0, {})


class Sealer:
    """Cuts records into segments and seals them, in order."""

    def __init__(
        self, source: tuple[SourceId, int], keys: SigningKeys, names: list[SignalId], chain: Chain
    ) -> None:
        """Go on behind `chain`.

        Args:
            source: the source and its epoch.
            keys: its keys in that epoch.
            names: of the series, by code; it grows as new ones appear.
            chain: what is sealed already.
        """
        self._source, self._epoch = source
        self._keys, self._names = keys, names
        self.chain = chain
        self._rest: Rows | None = None
        self._ranks: NDArray[np.int64] = np.zeros(0, np.int64)

    @property
    def waiting(self) -> int:
        """Number of records that wait for their segment to be full."""
        return 0 if self._rest is None else len(self._rest)

    def seal(self, rows: Rows) -> list[Sealed]:
        """Seal every segment that is full with these records; the rest waits for more."""
        if self._rest is not None:
            rows = joined([self._rest, rows])
        ends = cuts(_sizes(rows), is_last=False)
        done = ends[-1] if ends else 0
        self._rest = rows.since(done) if done < len(rows) else None
        return self._sealed(rows.take(slice(0, done)), ends)

    def finish(self) -> list[Sealed]:
        """Seal what waits: there is no more."""
        rows, self._rest = self._rest, None
        return [] if rows is None else self._sealed(rows, cuts(_sizes(rows), is_last=True))

    def _sealed(self, rows: Rows, cut_at: Sequence[int]) -> list[Sealed]:
        if not cut_at:
            return []
        ends = np.array(cut_at, np.int64)
        starts = np.concatenate(([0], ends[:-1]))
        segment = np.repeat(np.arange(len(ends)), ends - starts)
        key = segment * len(self._names) + self._rank()[rows.code]
        order = np.argsort(key, kind="stable")
        pieces = _Pieces(rows, order, self.chain.sequence)
        key = key[order]
        bounds = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1], [True])))
        blocks = pieces.blocks(bounds)
        codes = rows.code[order][bounds[:-1]].tolist()
        of_segment = np.searchsorted(bounds[:-1], np.concatenate((starts, [len(rows)]))).tolist()
        low = np.minimum.reduceat(rows.ts, starts).tolist()
        high = np.maximum.reduceat(rows.ts, starts).tolist()
        last_rows = rows.row[ends - 1].tolist()
        counts = np.diff(bounds).tolist()
        found = []
        for place, size in enumerate((ends - starts).tolist()):
            chosen = slice(of_segment[place], of_segment[place + 1])
            heads = self._heads(codes[chosen], counts[chosen])
            data = [head + body for head, body in zip(heads, blocks[chosen], strict=True)]
            times = (Instant(low[place]), Instant(high[place]))
            found.append(self._segment(codes[chosen], data, (size, last_rows[place]), times))
        return found

    def _rank(self) -> NDArray[np.int64]:
        """Return for each series its place in the order of the names' bytes."""
        if len(self._ranks) != len(self._names):
            order = sorted(range(len(self._names)), key=lambda code: self._names[code].encode())
            self._ranks = np.empty(len(order), np.int64)
            self._ranks[order] = np.arange(len(order))
        return self._ranks

    def _heads(self, codes: Sequence[int], counts: Sequence[int]) -> list[bytes]:
        heads = []
        for code, count in zip(codes, counts, strict=True):
            signal = self._names[code]
            name = signal.encode()
            first = self.chain.ordinals.get(signal, 0) + 1
            self.chain.ordinals[signal] = first + count - 1
            fixed = BLOCK_MAGIC + struct.pack("<H", len(name)) + name
            heads.append(fixed + _COUNTS.pack(first, count))
        return heads

    def _segment(
        self,
        codes: Sequence[int],
        blocks: Sequence[bytes],
        extent: tuple[int, int],
        times: tuple[Instant, Instant],
    ) -> Sealed:
        chain, (size, row) = self.chain, extent
        first = chain.sequence + 1
        salt, names = self._keys.salt_secret, self._names
        leaves = [
            merkle.leaf_hash(merkle.salt_of(salt, first, names[code]), block)
            for code, block in zip(codes, blocks, strict=True)
        ]
        header = Header(
            source=self._source,
            epoch=self._epoch,
            number=chain.number + 1,
            first_sequence=first,
            last_sequence=chain.sequence + size,
            min_ts=times[0],
            max_ts=times[1],
            block_count=len(blocks),
            previous_hash=chain.previous_hash,
            root=merkle.root(leaves),
        )
        signature = sign(header.encode(), self._keys.private_key)
        data = encode_segment(SealedSegment(header, signature, tuple(blocks)))
        chain.number, chain.sequence = header.number, header.last_sequence
        chain.previous_hash = header.hash()
        return Sealed(header.number, chain.previous_hash, header.last_sequence, row, data)


def cuts(sizes: NDArray[np.int64], *, is_last: bool) -> list[int]:
    """Return where segments end: as many records as fit into 1,000 and 64 KiB; at least one.

    Args:
        sizes: bytes of each record in its block.
        is_last: whether what does not fill a segment makes one as well.
    """
    total = np.cumsum(sizes)
    ends, start, size_before = [], 0, 0
    while start < len(sizes):
        fitting = int(np.searchsorted(total, size_before + SEGMENT_BYTES_MAX, side="right"))
        end = max(start + 1, min(start + SEGMENT_RECORDS_MAX, fitting))
        if end == len(sizes) and end - start < SEGMENT_RECORDS_MAX and not is_last:
            break
        ends.append(end)
        start, size_before = end, int(total[end - 1])
    return ends


def _sizes(rows: Rows) -> NDArray[np.int64]:
    """Return the bytes of each record, as `core.segment.block.encoded_size` counts them."""
    sizes = np.full(len(rows), RECORD_FIXED_BYTES, np.int64)
    for bit, width in ((HAS_MANTISSA, 8), (HAS_EXPONENT, 1), (HAS_NUMBER, 8)):
        sizes += np.where(rows.presence & np.uint8(bit), width, 0)
    if rows.text is not None:
        lengths = np.diff(_offsets(rows.text))
        sizes += np.where(rows.presence & np.uint8(HAS_TEXT), _TEXT_LENGTH_BYTES + lengths, 0)
    return sizes


def _offsets(text: pa.LargeBinaryArray) -> NDArray[np.int64]:
    """Return where each text begins and ends in the array's bytes."""
    count = len(text) + 1
    return np.frombuffer(text.buffers()[1], "<i8", count=count, offset=8 * text.offset)


class _Pieces:
    """The columns of sorted records as bytes, to be cut into blocks."""

    def __init__(self, rows: Rows, order: NDArray[np.int64], sequence: int) -> None:
        self._fixed = [
            ((order + sequence + 1).astype("<u8"), 8),
            (rows.ts[order].astype("<i8", copy=False), 8),
            (rows.status[order].astype("<u4", copy=False), 4),
            (rows.kind[order], 1),
            (rows.presence[order], 1),
        ]
        presence = rows.presence[order]
        self._dense = [
            _dense(rows.mantissa[order].astype("<i8", copy=False), presence, HAS_MANTISSA),
            _dense(rows.exponent[order], presence, HAS_EXPONENT),
            _dense(rows.number[order].astype("<f8", copy=False), presence, HAS_NUMBER),
        ]
        self._text = None if rows.text is None else rows.text.take(pa.array(order))
        self._presence = presence

    def blocks(self, bounds: NDArray[np.int64]) -> list[bytes]:
        """Return what each block holds behind its head, between the bounds of its rows."""
        cut = [_cut(array.tobytes(), bounds * width) for array, width in self._fixed]
        for values, at in self._dense:
            if len(values):
                cut.append(_cut(values.tobytes(), at[bounds] * values.itemsize))
        if self._text is not None:
            cut += self._texts(self._text, bounds)
        return list(map(b"".join, zip(*cut, strict=True)))

    def _texts(self, texts: pa.LargeBinaryArray, bounds: NDArray[np.int64]) -> list[list[bytes]]:
        offsets = _offsets(texts)
        lengths, at = _dense(np.diff(offsets).astype("<u4"), self._presence, HAS_TEXT)
        data = texts.buffers()[2]
        content = b"" if data is None else data.to_pybytes()
        return [_cut(lengths.tobytes(), at[bounds] * 4), _cut(content, offsets[bounds])]


def _dense(
    values: NDArray[np.generic], presence: NDArray[np.uint8], bit: int
) -> tuple[NDArray[np.generic], NDArray[np.int64]]:
    """Return the values that are there, and how many there are in front of each row."""
    is_there = (presence & np.uint8(bit)) != 0
    return values[is_there], np.concatenate(([0], np.cumsum(is_there)))


def _cut(data: bytes, bounds: NDArray[np.int64]) -> list[bytes]:
    return [data[start:end] for start, end in itertools.pairwise(bounds.tolist())]
