"""Paths of the blocks of held series, many in one row. Pure.

A block of one series can be rebuilt from the rows of that series alone; its way up to the signed
root needs the blocks of all others. So where a series is held, the siblings on that way are kept:
eight hashes, 256 bytes, for a segment with 200 series.
"""

import struct
import zlib
from collections.abc import Sequence

import numpy as np

from lineshaft.core.segment.merkle import HASH_BYTES
from lineshaft.platform.historian.errors import SegmentRunDamaged
from lineshaft.platform.historian.packed import HeldPath

_LEVEL = 9
_COLUMNS = 3
_ONE = struct.Struct("<3q")


def encode_paths(paths: Sequence[HeldPath]) -> bytes:
    """Pack paths in the order of their segments: how long the numbers are, numbers, hashes."""
    columns = (
        np.diff(np.array([one.number for one in paths], dtype=np.int64), prepend=np.int64(0)),
        np.array([one.leaf_index for one in paths], dtype=np.int64),
        np.array([len(one.path) // HASH_BYTES for one in paths], dtype=np.int64),
    )
    planes = np.stack(columns).view(np.uint8).reshape(_COLUMNS, -1, 8).transpose(0, 2, 1)
    numbers = zlib.compress(planes.tobytes(), _LEVEL)
    return b"".join((len(numbers).to_bytes(4, "little"), numbers, *(one.path for one in paths)))


def decode_paths(data: bytes) -> list[HeldPath]:
    """Return the paths of a row.

    Raises:
        SegmentRunDamaged: when they are not those that were packed. A path is believed only when
            it leads to a signed root, so only its length is looked at here.
    """
    try:
        return _decoded(data)
    except (ValueError, zlib.error) as error:
        msg = "the paths of a held series are not stored as they were packed: the manifest is "
        msg += "damaged"
        raise SegmentRunDamaged(msg) from error


def _decoded(data: bytes) -> list[HeldPath]:
    at = 4 + int.from_bytes(data[:4], "little")
    numbers = zlib.decompress(data[4:at])
    if len(numbers) == _ONE.size:
        # A row for each commit until it is packed: most have one path, and arrays are dear.
        number, index, length = _ONE.unpack(numbers)
        if length < 0 or len(data) != at + length * HASH_BYTES:
            msg = f"{len(data)} bytes are not the path that they announce"
            raise ValueError(msg)
        return [HeldPath(number, index, data[at:])]
    planes = np.frombuffer(numbers, dtype=np.uint8).reshape(_COLUMNS, 8, -1)
    whole = np.ascontiguousarray(planes.transpose(0, 2, 1)).view(np.int64).reshape(_COLUMNS, -1)
    deltas, indices, lengths = whole
    ends = at + np.cumsum(lengths) * HASH_BYTES
    if len(data) != int(ends[-1]) or bool(np.any(lengths < 0)):
        msg = f"{len(data)} bytes are not the paths that they announce"
        raise ValueError(msg)
    starts = ends - lengths * HASH_BYTES
    columns = (np.cumsum(deltas), indices, starts, ends)
    return [
        HeldPath(number, index, data[start:end])
        for number, index, start, end in zip(*(one.tolist() for one in columns), strict=True)
    ]
