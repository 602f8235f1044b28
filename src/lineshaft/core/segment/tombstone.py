"""What is left of deleted blocks: the hash of a node of the tree, and how many records it had.

With it the Merkle root of the segment can still be rebuilt, so that the other blocks stay provable.
A leaf leaves an `LST1`; where a whole subtree of the tree is gone, one `LST2` stands for all its
leaves, so that 3 blocks kept of 200 need some twenty hashes and not 197.
"""

import struct
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.segment import merkle
from lineshaft.core.segment.errors import MalformedSegment

TOMBSTONE_MAGIC = b"LST1"
SUBTREE_MAGIC = b"LST2"
LEVEL_MAX = 10
"""A segment has at most 1,000 blocks, so a subtree has at most 2**10 leaves."""
_LEAF = struct.Struct("<I32sI")
_SUBTREE = struct.Struct("<BI32sII")


class Tombstone(msgspec.Struct, frozen=True):
    """A node of a segment's tree below which every block is deleted.

    It covers the leaves from `index * 2**level` on. The last subtree of a tree can have fewer than
    `2**level` leaves; of the levels that would name it, the smallest is its own.

    Attributes:
        index: position among the nodes of its level, from 0; of a leaf its place in the tree.
        node: its hash; of a leaf, SHA-256 of the salted block.
        record_count: how many records were deleted.
        level: 0 for a leaf.
        leaf_count: how many leaves it covers.
    """

    index: int
    node: bytes
    record_count: int
    level: int = 0
    leaf_count: int = 1

    @property
    def first_leaf(self) -> int:
        """Place of its first leaf in the tree."""
        return self.index << self.level

    def encode(self) -> bytes:
        """Return the canonical bytes: `LST1` for a leaf, `LST2` for a subtree."""
        if self.level == 0:
            return TOMBSTONE_MAGIC + _LEAF.pack(self.index, self.node, self.record_count)
        fields = (self.level, self.index, self.node, self.leaf_count, self.record_count)
        return SUBTREE_MAGIC + _SUBTREE.pack(*fields)

    @classmethod
    def decode(cls, data: bytes) -> "Tombstone":
        """Read canonical bytes.

        Raises:
            MalformedSegment: when they are no tombstone.
        """
        if data[:4] == TOMBSTONE_MAGIC and len(data) == 4 + _LEAF.size:
            return cls(*_LEAF.unpack(data[4:]))
        if data[:4] != SUBTREE_MAGIC or len(data) != 4 + _SUBTREE.size:
            msg = f"{len(data)} bytes are no tombstone (LST1, LST2)"
            raise MalformedSegment(msg)
        level, index, node, leaf_count, record_count = _SUBTREE.unpack(data[4:])
        if not (1 <= level <= LEVEL_MAX and level == level_of(leaf_count)):
            msg = f"a tombstone of {leaf_count} leaves cannot stand at level {level}"
            raise MalformedSegment(msg)
        return cls(index, node, record_count, level, leaf_count)


def level_of(leaf_count: int) -> int:
    """Return the level of a node that covers so many leaves."""
    return max(leaf_count - 1, 0).bit_length()


class Tree(msgspec.Struct, frozen=True):
    """The tree of a segment, of which some leaves are there and the others are tombstones.

    Attributes:
        leaf_count: of the whole tree.
        leaves: hash of each leaf that is there, by its place.
        tombstones: by the place of their first leaf; together with `leaves` they cover the tree.
    """

    leaf_count: int
    leaves: dict[int, bytes]
    tombstones: dict[int, Tombstone]

    @classmethod
    def of(
        cls, leaf_count: int, leaves: Sequence[bytes], tombstones: Sequence[Tombstone]
    ) -> "Tree":
        """Put leaves that are there, in their order, into the places that no tombstone covers.

        Raises:
            Invalid: when leaves and tombstones do not make a tree of `leaf_count` leaves.
        """
        covered = [range(one.first_leaf, one.first_leaf + one.leaf_count) for one in tombstones]
        covered.sort(key=lambda part: part.start)
        overlap = any(left.stop > right.start for left, right in pairwise(covered))
        dead = {place for part in covered for place in part}
        free = [place for place in range(leaf_count) if place not in dead]
        if overlap or len(free) != len(leaves) or (covered and covered[-1].stop > leaf_count):
            msg = f"{len(leaves)} leaves and {len(dead)} deleted ones make no tree of {leaf_count}"
            raise Invalid(msg)
        by_place = {one.first_leaf: one for one in tombstones}
        return cls(leaf_count, dict(zip(free, leaves, strict=True)), by_place)

    def root(self) -> bytes:
        """Return the root.

        Raises:
            Invalid: when a tombstone is no node of this tree.
        """
        return self._node(0, self.leaf_count)

    def inclusion_path(self, place: int) -> list[bytes]:
        """Return the sibling hashes from a leaf that is there up to the root, nearest first."""
        return self._path(place, 0, self.leaf_count)

    def without(self, places: dict[int, int]) -> list[Tombstone]:
        """Return the tombstones of this tree once further leaves are deleted, in their order.

        Each is as large as it can be; none is left when no leaf is.

        Args:
            places: of the leaves to delete, each with its number of records.
        """
        alive = sorted(set(self.leaves) - set(places))
        return self._cover(0, self.leaf_count, alive, places) if alive else []

    def _node(self, first: int, count: int) -> bytes:
        stone = self.tombstones.get(first)
        if stone is not None and stone.leaf_count == count:
            return stone.node
        if count == 1:
            if first not in self.leaves:
                msg = f"leaf {first} lies in a tombstone that is no node of the tree"
                raise Invalid(msg)
            return self.leaves[first]
        cut = merkle.split(count)
        return merkle.node_hash(self._node(first, cut), self._node(first + cut, count - cut))

    def _path(self, place: int, first: int, count: int) -> list[bytes]:
        if count == 1:
            return []
        cut = merkle.split(count)
        if place < first + cut:
            return [*self._path(place, first, cut), self._node(first + cut, count - cut)]
        return [*self._path(place, first + cut, count - cut), self._node(first, cut)]

    def _cover(
        self, first: int, count: int, alive: Sequence[int], places: dict[int, int]
    ) -> list[Tombstone]:
        within = [place for place in alive if first <= place < first + count]
        if not within:
            records = sum(
                number for place, number in places.items() if first <= place < first + count
            )
            records += sum(
                stone.record_count
                for start, stone in self.tombstones.items()
                if first <= start < first + count
            )
            level = level_of(count)
            return [Tombstone(first >> level, self._node(first, count), records, level, count)]
        if len(within) == count:
            return []
        cut = merkle.split(count)
        return [
            *self._cover(first, cut, within, places),
            *self._cover(first + cut, count - cut, within, places),
        ]
