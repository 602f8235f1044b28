"""What is left of a deleted block: its leaf hash and how many records it had.

With it the Merkle root of the segment can still be rebuilt, so that the other blocks stay provable.
"""

import struct
from dataclasses import dataclass

from lineshaft.core.segment.errors import MalformedSegment

TOMBSTONE_MAGIC = b"LST1"
_FIXED = struct.Struct("<I32sI")


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A deleted block of a segment.

    Attributes:
        index: position of its leaf in the tree, from 0.
        leaf: SHA-256 of the salted block.
        record_count: how many records were deleted.
    """

    index: int
    leaf: bytes
    record_count: int

    def encode(self) -> bytes:
        """Return the canonical bytes."""
        return TOMBSTONE_MAGIC + _FIXED.pack(self.index, self.leaf, self.record_count)

    @classmethod
    def decode(cls, data: bytes) -> "Tombstone":
        """Read canonical bytes.

        Raises:
            MalformedSegment: when they are no tombstone.
        """
        if data[:4] != TOMBSTONE_MAGIC or len(data) != 4 + _FIXED.size:
            msg = f"{len(data)} bytes are no tombstone (LST1)"
            raise MalformedSegment(msg)
        return cls(*_FIXED.unpack(data[4:]))
