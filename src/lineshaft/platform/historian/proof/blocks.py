"""Rebuilds the blocks of segments from the stored rows. Pure.

The bytes of a block are a function of the rows, the names of source and signal and the salt secret,
and of nothing else: there is no second copy of the data to prove it with.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lineshaft.core.reading import SignalId
from lineshaft.core.segment import merkle
from lineshaft.core.segment.block import (
    HAS_EXPONENT,
    HAS_MANTISSA,
    HAS_NUMBER,
    HAS_OWN_TS,
    HAS_TEXT,
    BlockColumns,
    encode_block,
)
from lineshaft.core.segment.header import Header
from lineshaft.platform.historian.files import columns

_BITS = {
    "own_ts": HAS_OWN_TS,
    "mantissa": HAS_MANTISSA,
    "exponent": HAS_EXPONENT,
    "number": HAS_NUMBER,
    "text": HAS_TEXT,
}


class Block(msgspec.Struct, frozen=True):
    """A block of a segment as it was signed."""

    signal: SignalId
    first_ordinal: int
    salt: bytes
    data: bytes
    leaf: bytes

    @property
    def record_count(self) -> int:
        """Number of its records."""
        name_size = len(self.signal.encode())
        return int.from_bytes(self.data[14 + name_size : 18 + name_size], "little")


def rebuild(
    rows: pa.Table, headers: Sequence[Header], signals: Mapping[int, SignalId], salt_secret: bytes
) -> list[list[Block]]:
    """Return the blocks of each segment, in the order of its tree.

    Args:
        rows: of one source and epoch, `columns.SCHEMA`, in any order; those that belong to none
            of the segments are left out.
        headers: of the segments, in the order of their numbers.
        signals: by series number.
        salt_secret: of the source and epoch.
    """
    segment = _segment_of(columns.array(rows, "sequence"), headers)
    is_wanted = segment >= 0
    rows, segment = rows.filter(pa.array(is_wanted)), segment[is_wanted]
    order, bounds = _block_order(rows, segment, signals)
    parts = _Parts(rows.take(pa.array(order)))
    segment = segment[order]
    result: list[list[Block]] = [[] for _ in headers]
    for start, end in pairwise(bounds):
        index = int(segment[start])
        block = parts.block(start, end, signals)
        salt = merkle.salt_of(salt_secret, headers[index].first_sequence, block.signal)
        data = encode_block(block)
        leaf = merkle.leaf_hash(salt, data)
        result[index].append(Block(block.signal, block.first_ordinal, salt, data, leaf))
    return result


def _segment_of(sequence: NDArray[np.int64], headers: Sequence[Header]) -> NDArray[np.int64]:
    """Return for each row the position of its segment, or -1."""
    firsts = np.array([header.first_sequence for header in headers], dtype=np.int64)
    lasts = np.array([header.last_sequence for header in headers], dtype=np.int64)
    found = np.searchsorted(firsts, sequence, side="right") - 1
    return np.where((found >= 0) & (sequence <= lasts[found]), found, -1)


def _block_order(
    rows: pa.Table, segment: NDArray[np.int64], signals: Mapping[int, SignalId]
) -> tuple[NDArray[np.int64], list[int]]:
    """Return the order of rows by (segment, signal, sequence), and where blocks begin and end."""
    series = columns.array(rows, "series")
    in_order = sorted(set(series.tolist()), key=lambda one: signals[one].encode())
    rank = np.zeros(max(in_order, default=0) + 1, dtype=np.int64)
    rank[in_order] = np.arange(len(in_order))
    order = np.lexsort((columns.array(rows, "sequence"), rank[series], segment))
    segment, series = segment[order], series[order]
    changes = (segment[1:] != segment[:-1]) | (series[1:] != series[:-1])
    starts = [0, *(np.flatnonzero(changes) + 1).tolist(), len(order)]
    return order, starts if len(order) else [0]


class _Parts:
    """Sorted rows as arrays, with values dense, ready to be cut into blocks."""

    def __init__(self, rows: pa.Table) -> None:
        names = ("series", "sequence", "ordinal", "ts", "status", "kind")
        self._fixed = {name: columns.array(rows, name) for name in names}
        self._presence = np.zeros(rows.num_rows, dtype=np.uint8)
        self._dense: dict[str, Any] = {}
        self._offsets: dict[str, NDArray[np.int64]] = {}
        for name, bit in _BITS.items():
            column = rows.column(name)
            has = column.is_valid().to_numpy()
            self._presence |= has.astype(np.uint8) * np.uint8(bit)
            self._offsets[name] = np.concatenate(([0], np.cumsum(has)))
            present = column.drop_null()
            self._dense[name] = (
                [text.encode() for text in present.to_pylist()]
                if name == "text"
                else present.to_numpy()
            )

    def block(self, start: int, end: int, signals: Mapping[int, SignalId]) -> BlockColumns:
        """Return the rows from `start` to `end` as a block."""
        fixed = {name: column[start:end] for name, column in self._fixed.items()}
        return BlockColumns(
            signal=signals[int(fixed["series"][0])],
            first_ordinal=int(fixed["ordinal"][0]),
            sequence=fixed["sequence"].astype(np.uint64),
            ts=fixed["ts"],
            status=fixed["status"],
            kind=fixed["kind"],
            presence=self._presence[start:end],
            own_ts=self._values("own_ts", start, end),
            mantissa=self._values("mantissa", start, end),
            exponent=self._values("exponent", start, end),
            number=self._values("number", start, end),
            text=self._values("text", start, end),
        )

    def _values(self, name: str, start: int, end: int) -> Any:
        offsets = self._offsets[name]
        return self._dense[name][offsets[start] : offsets[end]]
