"""The Merkle tree over the salted blocks of a segment (RFC 9162, clause 2.1, with SHA-256).

A leaf is `SHA-256(0x00 ‖ salt ‖ block)`: without the salt, a short block (a state, a count) could
be guessed from its hash, and a proof would tell a customer what the neighbour's machine did.
"""

import functools
import hashlib
import hmac
from collections.abc import Sequence

from lineshaft.core.errors import Invalid

HASH_BYTES = 32
SALT_SECRET_BYTES = 32
PLACES_KNOWN_MAX = 1_024


def salt_of(secret: bytes, first_sequence: int, signal: str) -> bytes:
    """Return the salt of a block: HMAC-SHA-256 of the segment's first sequence and the signal.

    Args:
        secret: 32 random bytes of the source and epoch, known to the edge and the hub.
        first_sequence: first sequence of the segment.
        signal: the signal id of the block.
    """
    return hmac.digest(secret, first_sequence.to_bytes(8, "little") + signal.encode(), "sha256")


def leaf_hash(salt: bytes, block: bytes) -> bytes:
    """Return the hash of a block as a leaf of the tree."""
    return hashlib.sha256(b"\x00" + salt + block).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(count: int) -> int:
    """Return the largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root of the tree over leaf hashes, in their order; never over none.

    Raises:
        Invalid: when there is no leaf.
    """
    if not leaves:
        msg = "a Merkle tree needs at least one leaf"
        raise Invalid(msg)
    return levels(leaves)[-1][0]


def levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return the nodes of the tree level by level, from the leaves to the root.

    A last node without a neighbour goes up as it is: that is the tree of RFC 9162, clause 2.1.
    """
    found = [list(leaves)]
    while len(found[-1]) > 1:
        below = found[-1]
        pairs = zip(below[::2], below[1::2], strict=False)
        nodes = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs]
        found.append([*nodes, *below[len(nodes) * 2 :]])
    return found


def path_in(levels: Sequence[Sequence[bytes]], index: int) -> bytes:
    """Return the siblings of a leaf on its way up, joined, the nearest first."""
    found = []
    for level in levels[:-1]:
        if index ^ 1 < len(level):
            found.append(level[index ^ 1])
        index >>= 1
    return b"".join(found)


def root_over(leaf: bytes, index: int, count: int, path: bytes) -> bytes:
    """Return the root that a leaf and its joined path lead to; empty when they fit no such tree.

    It is `root_from_path` for those who have many: that one says what does not fit.
    """
    sides = _sides(index, count)
    if sides is None or len(path) != len(sides) * HASH_BYTES:
        return b""
    node, at = leaf, 0
    for is_right in sides:
        sibling = path[at : at + HASH_BYTES]
        pair = sibling + node if is_right else node + sibling
        node = hashlib.sha256(b"\x01" + pair).digest()
        at += HASH_BYTES
    return node


@functools.lru_cache(PLACES_KNOWN_MAX)
def _sides(index: int, count: int) -> tuple[bool, ...] | None:
    """Tell of each node on the way up from a leaf whether its sibling is on its left.

    It is the same for each segment in which a series has the same place. None for no leaf.
    """
    if not 0 <= index < count:
        return None
    found, last = [], count - 1
    while last:
        if index ^ 1 <= last:
            found.append(bool(index & 1))
        index, last = index >> 1, last >> 1
    return tuple(found)


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the sibling hashes from leaf `index` up to the root, the nearest first."""
    if len(leaves) == 1:
        return []
    cut = split(len(leaves))
    if index < cut:
        return [*inclusion_path(leaves[:cut], index), root(leaves[cut:])]
    return [*inclusion_path(leaves[cut:], index - cut), root(leaves[:cut])]


def root_from_path(leaf: bytes, index: int, count: int, path: Sequence[bytes]) -> bytes:
    """Return the root that a leaf and its inclusion path lead to.

    Args:
        leaf: hash of the leaf.
        index: position of the leaf, from 0.
        count: number of leaves of the tree.
        path: sibling hashes, the nearest first.

    Raises:
        Invalid: when the position is outside the tree or the path has the wrong length.
    """
    if not 0 <= index < count:
        msg = f"leaf {index} of a tree of {count} leaves does not exist"
        raise Invalid(msg)
    if count == 1:
        if path:
            msg = f"the inclusion path is {len(path)} hashes too long"
            raise Invalid(msg)
        return leaf
    if not path:
        msg = "the inclusion path is too short"
        raise Invalid(msg)
    cut = split(count)
    if index < cut:
        return node_hash(root_from_path(leaf, index, cut, path[:-1]), path[-1])
    return node_hash(path[-1], root_from_path(leaf, index - cut, count - cut, path[:-1]))
