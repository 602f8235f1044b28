"""The canonical bytes of one signal's records within a segment (`docs/formats/segment.md`).

The layout is columnar and little-endian, so that a hub decodes a thousand records with a handful of
array views. It is a pure function of the stored rows: a proof is rebuilt from them at any time.
"""

import struct
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from lineshaft.core.period import Instant
from lineshaft.core.reading import SIGNAL_ID_BYTES_MAX, Record, RecordKind, SignalId
from lineshaft.core.segment.errors import MalformedSegment
from lineshaft.core.value import EXPONENT_MAX, EXPONENT_MIN, TEXT_BYTES_MAX

BLOCK_MAGIC = b"LSK1"
HAS_OWN_TS, HAS_MANTISSA, HAS_EXPONENT, HAS_NUMBER, HAS_TEXT = 1, 2, 4, 8, 16

VALUE_COMBINATIONS = np.zeros(256, dtype=np.bool_)
for _value in (
    0,
    HAS_MANTISSA,
    HAS_MANTISSA | HAS_EXPONENT,
    HAS_MANTISSA | HAS_TEXT,
    HAS_NUMBER,
    HAS_TEXT,
    HAS_MANTISSA | HAS_EXPONENT | HAS_TEXT,  # a correction: its new value beside its JSON
    HAS_NUMBER | HAS_TEXT,
):
    VALUE_COMBINATIONS[[_value, _value | HAS_OWN_TS]] = True

_KIND_MAX = max(RecordKind)
RECORD_FIXED_BYTES = 8 + 8 + 4 + 1 + 1
"""Bytes that every record takes: sequence, instant, status, kind, presence."""


class BlockColumns(msgspec.Struct, frozen=True):
    """The records of one signal as arrays of n rows; values are dense over the rows that have one.

    Attributes:
        signal: the signal id.
        first_ordinal: ordinal of row 0; those of the others follow without gaps.
        sequence: uint64[n], ascending.
        ts: int64[n], effective instants in microseconds UTC.
        status: uint32[n], OPC UA status codes.
        kind: uint8[n], `RecordKind`.
        presence: uint8[n], which of the following a row has (`HAS_…` bits).
        own_ts: int64 of the rows with HAS_OWN_TS, in row order.
        mantissa, exponent, number: int64, int8, float64 of the rows that have them.
        text: UTF-8 of the rows with HAS_TEXT.
    """

    signal: SignalId
    first_ordinal: int
    sequence: NDArray[np.uint64]
    ts: NDArray[np.int64]
    status: NDArray[np.uint32]
    kind: NDArray[np.uint8]
    presence: NDArray[np.uint8]
    own_ts: NDArray[np.int64]
    mantissa: NDArray[np.int64]
    exponent: NDArray[np.int8]
    number: NDArray[np.float64]
    text: Sequence[bytes]

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.sequence)


def encode_block(block: BlockColumns) -> bytes:
    """Return the canonical bytes of a block."""
    name = block.signal.encode()
    lengths = np.fromiter(map(len, block.text), dtype="<u4", count=len(block.text))
    return b"".join(
        (
            BLOCK_MAGIC,
            struct.pack("<H", len(name)),
            name,
            struct.pack("<QI", block.first_ordinal, len(block)),
            block.sequence.astype("<u8", copy=False).tobytes(),
            block.ts.astype("<i8", copy=False).tobytes(),
            block.status.astype("<u4", copy=False).tobytes(),
            block.kind.tobytes(),
            block.presence.tobytes(),
            block.own_ts.astype("<i8", copy=False).tobytes(),
            block.mantissa.astype("<i8", copy=False).tobytes(),
            block.exponent.tobytes(),
            block.number.astype("<f8", copy=False).tobytes(),
            lengths.tobytes(),
            *block.text,
        )
    )


class _Cursor:
    """Takes typed pieces off the front of bytes."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def array(self, dtype: str, count: int) -> NDArray[Any]:
        size = np.dtype(dtype).itemsize * count
        self._need(size)
        piece = np.frombuffer(self._data, dtype=dtype, count=count, offset=self._at)
        self._at += size
        return piece

    def bytes(self, size: int) -> bytes:
        self._need(size)
        piece = self._data[self._at : self._at + size]
        self._at += size
        return piece

    def _need(self, size: int) -> None:
        if self._at + size > len(self._data):
            msg = f"a block of {len(self._data)} bytes ends too early"
            raise MalformedSegment(msg)

    def end(self) -> None:
        if self._at != len(self._data):
            msg = f"a block has {len(self._data) - self._at} bytes too many"
            raise MalformedSegment(msg)


def decode_block(data: bytes) -> BlockColumns:
    """Read the canonical bytes of a block.

    Raises:
        MalformedSegment: for any bytes that `encode_block` would not have written.
    """
    cursor = _Cursor(data)
    if cursor.bytes(4) != BLOCK_MAGIC:
        msg = "these bytes are no block (LSK1)"
        raise MalformedSegment(msg)
    signal = _decode_signal(cursor.bytes(struct.unpack("<H", cursor.bytes(2))[0]))
    first_ordinal, count = struct.unpack("<QI", cursor.bytes(12))
    sequence = cursor.array("<u8", count)
    ts = cursor.array("<i8", count)
    status = cursor.array("<u4", count)
    kind = cursor.array("u1", count)
    presence: NDArray[np.uint8] = cursor.array("u1", count)
    own_ts = cursor.array("<i8", _having(presence, HAS_OWN_TS))
    mantissa = cursor.array("<i8", _having(presence, HAS_MANTISSA))
    exponent = cursor.array("i1", _having(presence, HAS_EXPONENT))
    number = cursor.array("<f8", _having(presence, HAS_NUMBER))
    lengths = cursor.array("<u4", _having(presence, HAS_TEXT)).tolist()
    block = BlockColumns(
        signal=signal,
        first_ordinal=first_ordinal,
        sequence=sequence,
        ts=ts,
        status=status,
        kind=kind,
        presence=presence,
        own_ts=own_ts,
        mantissa=mantissa,
        exponent=exponent,
        number=number,
        text=[cursor.bytes(length) for length in lengths],
    )
    cursor.end()
    _check(block)
    return block


def _having(presence: NDArray[np.uint8], bit: int) -> int:
    return int(np.count_nonzero(presence & np.uint8(bit)))


def _decode_signal(data: bytes) -> SignalId:
    try:
        signal = data.decode()
    except UnicodeDecodeError as error:
        msg = "a block names its signal in bytes that are no UTF-8"
        raise MalformedSegment(msg) from error
    if not 0 < len(data) <= SIGNAL_ID_BYTES_MAX:
        msg = f"a block names its signal in {len(data)} bytes: expected 1 to {SIGNAL_ID_BYTES_MAX}"
        raise MalformedSegment(msg)
    return SignalId(signal)


def _check(block: BlockColumns) -> None:
    """Refuse rows that no edge writes, so that each content has one encoding only."""
    is_sound = (
        len(block) > 0
        and block.first_ordinal >= 1
        and bool(np.all(block.sequence[1:] > block.sequence[:-1]))
        and bool(np.all(block.kind <= _KIND_MAX))
        and bool(np.all(VALUE_COMBINATIONS[block.presence]))
        and bool(np.all((block.exponent >= EXPONENT_MIN) & (block.exponent <= EXPONENT_MAX)))
        and bool(np.all(np.isfinite(block.number)))
    )
    if not is_sound:
        msg = f"the block of {block.signal} has rows that no source writes"
        raise MalformedSegment(msg)
    for text in block.text:
        _check_text(text, block.signal)


def _check_text(text: bytes, signal: SignalId) -> None:
    try:
        text.decode()
    except UnicodeDecodeError as error:
        msg = f"the block of {signal} has a text that is no UTF-8"
        raise MalformedSegment(msg) from error
    if len(text) > TEXT_BYTES_MAX:
        msg = f"the block of {signal} has a text of {len(text)} bytes: at most {TEXT_BYTES_MAX}"
        raise MalformedSegment(msg)


def from_records(records: Sequence[Record]) -> BlockColumns:
    """Gather the records of one signal, in sequence order, as columns."""
    presence = np.fromiter(map(presence_of, records), dtype=np.uint8, count=len(records))
    return BlockColumns(
        signal=records[0].signal,
        first_ordinal=records[0].ordinal,
        sequence=np.array([r.sequence for r in records], dtype="<u8"),
        ts=np.array([r.ts for r in records], dtype="<i8"),
        status=np.array([r.status for r in records], dtype="<u4"),
        kind=np.array([r.kind for r in records], dtype=np.uint8),
        presence=presence,
        own_ts=np.array([r.own_ts for r in records if r.own_ts is not None], dtype="<i8"),
        mantissa=np.array([r.mantissa for r in records if r.mantissa is not None], dtype="<i8"),
        exponent=np.array([r.exponent for r in records if r.exponent is not None], dtype=np.int8),
        number=np.array([r.number for r in records if r.number is not None], dtype="<f8"),
        text=[r.text.encode() for r in records if r.text is not None],
    )


def presence_of(record: Record) -> int:
    """Return the presence bits of a record."""
    return (
        (HAS_OWN_TS if record.own_ts is not None else 0)
        | (HAS_MANTISSA if record.mantissa is not None else 0)
        | (HAS_EXPONENT if record.exponent is not None else 0)
        | (HAS_NUMBER if record.number is not None else 0)
        | (HAS_TEXT if record.text is not None else 0)
    )


def encoded_size(record: Record) -> int:
    """Return the bytes that a record adds to its block."""
    return (
        RECORD_FIXED_BYTES
        + (8 if record.own_ts is not None else 0)
        + (8 if record.mantissa is not None else 0)
        + (1 if record.exponent is not None else 0)
        + (8 if record.number is not None else 0)
        + (4 + len(record.text.encode()) if record.text is not None else 0)
    )


def to_records(block: BlockColumns) -> list[Record]:
    """Spread a block into records, in sequence order."""
    own_ts, mantissa = iter(block.own_ts.tolist()), iter(block.mantissa.tolist())
    exponent, number = iter(block.exponent.tolist()), iter(block.number.tolist())
    text = iter(block.text)
    rows = zip(
        block.sequence.tolist(),
        block.kind.tolist(),
        block.status.tolist(),
        block.ts.tolist(),
        block.presence.tolist(),
        strict=True,
    )
    return [
        Record(
            signal=block.signal,
            sequence=sequence,
            ordinal=block.first_ordinal + row,
            kind=RecordKind(kind),
            status=status,
            ts=Instant(ts),
            own_ts=Instant(next(own_ts)) if bits & HAS_OWN_TS else None,
            mantissa=next(mantissa) if bits & HAS_MANTISSA else None,
            exponent=next(exponent) if bits & HAS_EXPONENT else None,
            number=next(number) if bits & HAS_NUMBER else None,
            text=next(text).decode() if bits & HAS_TEXT else None,
        )
        for row, (sequence, kind, status, ts, bits) in enumerate(rows)
    ]
