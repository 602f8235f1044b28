"""The records of many blocks as columns: what `core.segment.block.decode_block` does, on arrays.

A block costs some 90 µs when it is decoded alone, nearly all of it in small array calls. Blocks of
one layout (name, number of records, which values each has) are as long as each other, so their
columns are cut out of all of them at once. Whatever is not as it should be is left to
`decode_block`, which says what is wrong: it is the reference, and a property test holds the two
together. Blocks with texts are decoded alone: no two need be alike.
"""

import struct
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from lineshaft.core.reading import SIGNAL_ID_BYTES_MAX, RecordKind, SignalId
from lineshaft.core.segment.block import (
    BLOCK_MAGIC,
    HAS_EXPONENT,
    HAS_MANTISSA,
    HAS_NUMBER,
    HAS_OWN_TS,
    HAS_TEXT,
    VALUE_COMBINATIONS,
    BlockColumns,
    decode_block,
)
from lineshaft.core.segment.errors import MalformedSegment
from lineshaft.core.value import EXPONENT_MAX, EXPONENT_MIN

BLOCKS_AT_ONCE = 16_384
_HEAD = struct.Struct("<4sH")
_COUNTS = struct.Struct("<QI")
_FIXED = (("sequence", 8), ("ts", 8), ("status", 4), ("kind", 1), ("presence", 1))
_DENSE = (
    ("own_ts", 8, HAS_OWN_TS),
    ("mantissa", 8, HAS_MANTISSA),
    ("exponent", 1, HAS_EXPONENT),
    ("number", 8, HAS_NUMBER),
)
_DTYPES = {
    "sequence": "<u8",
    "ts": "<i8",
    "status": "<u4",
    "kind": "u1",
    "presence": "u1",
    "own_ts": "<i8",
    "mantissa": "<i8",
    "exponent": "i1",
    "number": "<f8",
}
_PRESENCE_AT = 21
"""Bytes of a record in the columns before that of presence."""


class BlockHead(msgspec.Struct, frozen=True):
    """What is known of a block beside its rows.

    Attributes:
        start: its first row among those of all blocks; it has `count`.
        flaw: why the bytes are no block; there are no rows then.
    """

    signal: SignalId
    first_ordinal: int
    count: int
    start: int
    flaw: str = ""

    @property
    def last_ordinal(self) -> int:
        """Ordinal of its last record."""
        return self.first_ordinal + self.count - 1


_Layout = tuple[bytes, int, bytes, int]
"""Name, number of records, their presence bits, bytes of the whole block."""


class SeriesColumns:
    """The rows of some blocks, one after the other.

    Attributes:
        heads: of all blocks, in their order.
    """

    def __init__(self, blocks: Sequence[bytes]) -> None:
        """Decode blocks; bytes that are no block have a flaw in their head."""
        layouts: dict[_Layout, list[int]] = defaultdict(list)
        counts = []
        for place, block in enumerate(blocks):
            layout = _layout(block)
            layouts[layout].append(place)
            counts.append(layout[1])
        self._starts = np.cumsum([0, *counts])
        self._arrays: dict[str, NDArray[Any]] = {
            name: np.zeros(int(self._starts[-1]), dtype=dtype) for name, dtype in _DTYPES.items()
        }
        self._texts: dict[int, bytes] = {}
        heads: dict[int, BlockHead] = {}
        for layout, places in layouts.items():
            for at in range(0, len(places), BLOCKS_AT_ONCE):
                heads |= self._add(layout, places[at : at + BLOCKS_AT_ONCE], blocks)
        self.heads = [heads[place] for place in range(len(blocks))]

    def columns(self, first: BlockHead, last: BlockHead) -> BlockColumns:
        """Return the rows from one block to another, whose ordinals go on, as if of one block."""
        start, end = first.start, last.start + last.count
        fixed = {name: self._arrays[name][start:end] for name, _ in _FIXED}
        dense = {
            name: self._arrays[name][start:end][(fixed["presence"] & bit) != 0]
            for name, _, bit in _DENSE
        }
        with_text = np.flatnonzero(fixed["presence"] & HAS_TEXT) + start
        text = [self._texts[row] for row in with_text.tolist()]
        return BlockColumns(first.signal, first.first_ordinal, **fixed, **dense, text=text)

    def bounds(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield for each block its first and last sequence, smallest and largest instant.

        They mean nothing for a block with a flaw.
        """
        sequence = np.append(self._arrays["sequence"], np.uint64(0))
        starts, ends = self._starts[:-1], self._starts[1:]
        columns = (sequence[starts], sequence[ends - 1], *self.instants())
        yield from zip(*(column.tolist() for column in columns), strict=True)

    def instants(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return for each block its smallest and its largest instant."""
        ts = np.append(self._arrays["ts"], np.int64(0))
        pairs = np.stack((self._starts[:-1], self._starts[1:]), axis=1).ravel()
        return np.minimum.reduceat(ts, pairs)[::2], np.maximum.reduceat(ts, pairs)[::2]

    def _add(
        self, layout: _Layout, places: Sequence[int], blocks: Sequence[bytes]
    ) -> dict[int, BlockHead]:
        """Put the rows of blocks of one layout in their places; return their heads."""
        cut = _cut(layout, [blocks[place] for place in places])
        if cut is None:
            return {place: self._add_alone(blocks[place], place) for place in places}
        signal, first_ordinals, is_sound, found = cut
        starts = self._starts[places]
        rows = (starts[:, None] + np.arange(layout[1])).ravel()
        for name, values in found.items():
            self._arrays[name][rows] = values.ravel()
        columns = (places, first_ordinals, starts.tolist(), is_sound.tolist())
        return {
            place: BlockHead(signal, first_ordinal, layout[1], start)
            if sound
            else self._add_alone(blocks[place], place)
            for place, first_ordinal, start, sound in zip(*columns, strict=True)
        }

    def _add_alone(self, block: bytes, place: int) -> BlockHead:
        start = int(self._starts[place])
        try:
            found = decode_block(block)
        except MalformedSegment as error:
            return BlockHead(SignalId(""), 0, 0, start, flaw=str(error))
        rows = slice(start, start + len(found))
        for name, _ in _FIXED:
            self._arrays[name][rows] = getattr(found, name)
        for name, _, bit in _DENSE:
            self._arrays[name][rows][(found.presence & bit) != 0] = getattr(found, name)
        with_text = np.flatnonzero(found.presence & HAS_TEXT) + start
        self._texts |= zip(with_text.tolist(), map(bytes, found.text), strict=True)
        return BlockHead(found.signal, found.first_ordinal, len(found), start)


def _layout(block: bytes) -> _Layout:
    """Return the layout that a block says it has; a count of none where it cannot be right."""
    try:
        magic, name_size = _HEAD.unpack_from(block)
        _, count = _COUNTS.unpack_from(block, 6 + name_size)
    except struct.error:
        return b"", 0, b"", 0
    presence_at = 18 + name_size + _PRESENCE_AT * count
    presence = block[presence_at : presence_at + count]
    if magic != BLOCK_MAGIC or not count or len(presence) != count:
        return b"", 0, b"", 0
    return block[6 : 6 + name_size], count, presence, len(block)


_Cut = tuple[SignalId, list[int], NDArray[np.bool_], dict[str, NDArray[Any]]]
"""Signal, first ordinals, which blocks are sound, and columns of (blocks, records)."""


def _cut(layout: _Layout, blocks: Sequence[bytes]) -> _Cut | None:
    """Cut blocks of one layout into columns; None when they are to be decoded alone."""
    name, count, bits, size = layout
    presence = np.frombuffer(bits, dtype=np.uint8)
    has = {column: (presence & bit) != 0 for column, _, bit in _DENSE}
    expected = 18 + len(name) + (_PRESENCE_AT + 1) * count
    expected += sum(width * int(has[column].sum()) for column, width, _ in _DENSE)
    is_sound_layout = (
        count > 0
        and expected == size
        and 0 < len(name) <= SIGNAL_ID_BYTES_MAX
        and not bool(np.any(presence & HAS_TEXT))
        and bool(np.all(VALUE_COMBINATIONS[presence]))
    )
    if not is_sound_layout:
        return None
    try:
        signal = SignalId(name.decode())
    except UnicodeDecodeError:
        return None
    raw = np.frombuffer(b"".join(blocks), dtype=np.uint8).reshape(len(blocks), size)
    at = 6 + len(name)
    first_ordinals = _piece(raw, at, 8, "<u8").ravel()
    at += 12
    found: dict[str, NDArray[Any]] = {}
    for column, width in _FIXED:
        found[column] = _piece(raw, at, width * count, _DTYPES[column])
        at += width * count
    for column, width, _ in _DENSE:
        taken = width * int(has[column].sum())
        if taken:
            found[column] = np.zeros((len(blocks), count), dtype=_DTYPES[column])
            found[column][:, has[column]] = _piece(raw, at, taken, _DTYPES[column])
        at += taken
    return signal, first_ordinals.tolist(), _are_sound(first_ordinals, found), found


def _piece(raw: NDArray[np.uint8], at: int, size: int, dtype: str) -> NDArray[Any]:
    return np.ascontiguousarray(raw[:, at : at + size]).view(dtype)


def _are_sound(
    first_ordinals: NDArray[np.uint64], found: dict[str, NDArray[Any]]
) -> NDArray[np.bool_]:
    """Tell which blocks have rows as a source writes them."""
    sequence = found["sequence"]
    result: NDArray[np.bool_] = first_ordinals >= 1
    result &= np.all(sequence[:, 1:] > sequence[:, :-1], axis=1)
    result &= np.all(found["kind"] <= max(RecordKind), axis=1)
    if "exponent" in found:
        exponent = found["exponent"]
        result &= np.all((exponent >= EXPONENT_MIN) & (exponent <= EXPONENT_MAX), axis=1)
    if "number" in found:
        result &= np.all(np.isfinite(found["number"]), axis=1)
    return result
