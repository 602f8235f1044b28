"""Paths of the blocks of held series, many in one row. Pure.

A block of one series can be rebuilt from the rows of that series alone; its way up to the signed
root needs the blocks of all others. So where a series is held, the siblings on that way are kept:
eight hashes, 256 bytes, for a segment with 200 series.
"""

import zlib
from collections.abc import Sequence

import numpy as np

from lineshaft.core.segment.merkle import HASH_BYTES, node_hash
from lineshaft.platform.historian.errors import SegmentRunDamaged
from lineshaft.platform.historian.packed import HeldPath

_LEVEL = 9
_COLUMNS = 3


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
    planes = np.frombuffer(zlib.decompress(data[4:at]), dtype=np.uint8).reshape(_COLUMNS, 8, -1)
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


def tree_of(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return the nodes of a Merkle tree level by level, from the leaves to the root.

    A last node without a neighbour goes up as it is: that is the tree of RFC 9162, clause 2.1.
    """
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        nodes = [node_hash(*below[at : at + 2]) for at in range(0, len(below) - 1, 2)]
        levels.append([*nodes, *below[len(nodes) * 2 :]])
    return levels


def path_in(levels: Sequence[Sequence[bytes]], index: int) -> bytes:
    """Return the siblings of a leaf on its way up, joined, the nearest first."""
    found = []
    for level in levels[:-1]:
        if index ^ 1 < len(level):
            found.append(level[index ^ 1])
        index >>= 1
    return b"".join(found)


def root_over(leaf: bytes, index: int, count: int, path: bytes) -> bytes:
    """Return the root that a leaf and its joined path lead to; empty when they fit no such tree."""
    node, last, at = leaf, count - 1, 0
    if not 0 <= index < count:
        return b""
    while last:
        if index ^ 1 <= last:
            sibling = path[at : at + HASH_BYTES]
            node = node_hash(sibling, node) if index & 1 else node_hash(node, sibling)
            at += HASH_BYTES
        index, last = index >> 1, last >> 1
    return node if at == len(path) else b""
