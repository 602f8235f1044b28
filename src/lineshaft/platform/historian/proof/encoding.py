"""The blocks of one series or of many in many segments, encoded at once. Pure.

`core.segment.block.encode_block` spends some 40 µs on a block, nearly all of it in small array
calls. Blocks of one layout (number of records, which values each has) are as long as each other, so
they are put together column by column for all of them; texts, of which no two need be as long as
each other, come behind.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lineshaft.core.reading import SignalId
from lineshaft.core.segment import merkle
from lineshaft.core.segment.block import (
    BLOCK_MAGIC,
    HAS_EXPONENT,
    HAS_MANTISSA,
    HAS_NUMBER,
    HAS_OWN_TS,
    HAS_TEXT,
)
from lineshaft.core.segment.header import Header
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.proof.blocks import Block

_FIXED = (("sequence", "<u8"), ("ts", "<i8"), ("status", "<u4"), ("kind", "u1"))
_DENSE = (
    ("own_ts", "<i8", HAS_OWN_TS),
    ("mantissa", "<i8", HAS_MANTISSA),
    ("exponent", "i1", HAS_EXPONENT),
    ("number", "<f8", HAS_NUMBER),
)


def blocks_of_series(
    rows: pa.Table, headers: Sequence[Header], signal: SignalId, salt_secret: bytes
) -> list[Block]:
    """Return the block of a series in each of some segments.

    Args:
        rows: of the series, in the order of their sequences; each segment has some.
        headers: of the segments, in the order of their numbers.
        signal: name of the series.
        salt_secret: of the source and epoch.
    """
    return BlockRows.of(rows).blocks(headers, signal, salt_secret)


class BlockRows(msgspec.Struct, frozen=True, eq=False):
    """Rows as arrays: those of one series, or of many, one after the other.

    Attributes:
        fixed: the columns of `_FIXED` by name.
        presence: `HAS_…` bits.
        dense: the columns of `_DENSE` by name; a value that a row has not is zero.
        first_text: of each row, and behind the last, how many texts there are before it.
        offsets: where each text begins in `texts`, and where the last one ends.
    """

    ordinal: NDArray[np.int64]
    fixed: Mapping[str, NDArray[Any]]
    presence: NDArray[np.uint8]
    dense: Mapping[str, NDArray[Any]]
    first_text: NDArray[np.int64]
    offsets: NDArray[np.int32]
    texts: bytes

    @classmethod
    def of(cls, rows: pa.Table) -> "BlockRows":
        """Take the columns of rows."""
        presence = np.zeros(rows.num_rows, dtype=np.uint8)
        dense: dict[str, NDArray[Any]] = {}
        for column, dtype, bit in _DENSE:
            values, has = columns.filled(rows, column)
            dense[column] = values.astype(dtype, copy=False)
            presence |= has.astype(np.uint8) * np.uint8(bit)
        texts = rows.column("text")
        has_text = texts.is_valid().to_numpy()
        presence |= has_text.astype(np.uint8) * np.uint8(HAS_TEXT)
        encoded = [text.encode() for text in texts.drop_null().to_pylist()]
        return cls(
            ordinal=columns.array(rows, "ordinal"),
            fixed={
                name: columns.array(rows, name).astype(dtype, copy=False) for name, dtype in _FIXED
            },
            presence=presence,
            dense=dense,
            first_text=np.concatenate(([0], np.cumsum(has_text))),
            offsets=np.cumsum([0, *map(len, encoded)], dtype=np.int32),
            texts=b"".join(encoded),
        )

    def blocks(
        self, headers: Sequence[Header], signal: SignalId, salt_secret: bytes
    ) -> list[Block]:
        """Return the blocks of one series, see `blocks_of_series`."""
        sequence = self.fixed["sequence"].astype(np.int64)
        starts = np.searchsorted(sequence, [header.first_sequence for header in headers])
        lasts = [header.last_sequence for header in headers]
        ends = np.searchsorted(sequence, lasts, side="right")
        found = []
        encoded = self.encoded([head_of(signal)] * len(headers), starts, ends)
        for header, (first_ordinal, data) in zip(headers, encoded, strict=True):
            salt = merkle.salt_of(salt_secret, header.first_sequence, signal)
            found.append(Block(signal, first_ordinal, salt, data, merkle.leaf_hash(salt, data)))
        return found

    def encoded(
        self, heads: Sequence[bytes], starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> list[tuple[int, bytes]]:
        """Return the first ordinal and the bytes of each of some blocks.

        Args:
            heads: the `head_of` the series of each block.
            starts: its first row.
            ends: the row behind its last.
        """
        presence = self.presence.tobytes()
        layouts: dict[tuple[int, bytes], list[int]] = defaultdict(list)
        for place, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
            layouts[len(heads[place]), presence[start:end]].append(place)
        texts = self._texts(starts, ends)
        found: list[tuple[int, bytes]] = [(0, b"")] * len(heads)
        for (_, layout), places in layouts.items():
            at = starts[places]
            ordinals = self.ordinal[at].tolist()
            alike = self._together([heads[place] for place in places], layout, at)
            for place, ordinal, data in zip(places, ordinals, alike, strict=True):
                found[place] = ordinal, data + texts[place]
        return found

    def _texts(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> list[bytes]:
        """Return the lengths of the texts of each block, and the texts."""
        lengths = np.diff(self.offsets).astype("<u4").tobytes()
        firsts, behinds = self.first_text[starts], self.first_text[ends]
        bounds = (firsts, behinds, self.offsets[firsts], self.offsets[behinds])
        return [
            lengths[4 * first : 4 * behind] + self.texts[start:end]
            for first, behind, start, end in zip(*(one.tolist() for one in bounds), strict=True)
        ]

    def _together(
        self, heads: Sequence[bytes], layout: bytes, starts: NDArray[np.int64]
    ) -> list[bytes]:
        """Return the bytes of the blocks of one layout that begin at some rows."""
        count, blocks = len(layout), len(starts)
        presence = np.frombuffer(layout, dtype=np.uint8)
        rows = starts[:, None] + np.arange(count)
        parts = [
            np.frombuffer(b"".join(heads), np.uint8).reshape(blocks, -1),
            _bytes(self.ordinal[starts].astype("<u8")[:, None]),
            _bytes(np.full((blocks, 1), count, dtype="<u4")),
            *(_bytes(self.fixed[name][rows]) for name, _ in _FIXED),
            np.broadcast_to(presence, (blocks, count)),
            *(
                _bytes(self.dense[name][rows[:, (presence & bit) != 0]])
                for name, _, bit in _DENSE
                if bool(np.any(presence & bit))
            ),
        ]
        whole = np.hstack(parts)
        data, size = whole.tobytes(), whole.shape[1]
        return [data[at : at + size] for at in range(0, len(data), size)]


def head_of(signal: SignalId) -> bytes:
    """Return what the block of a series begins with."""
    name = signal.encode()
    return BLOCK_MAGIC + len(name).to_bytes(2, "little") + name


def _bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the bytes of each row of an array."""
    return np.ascontiguousarray(values).view(np.uint8).reshape(len(values), -1)
