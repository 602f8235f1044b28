"""What the manifest keeps of old segments, many in one row, and of held blocks: pure types."""

from collections.abc import Sequence

import msgspec

from lineshaft.core.period import Instant


class SegmentRun(msgspec.Struct, frozen=True):
    """Consecutive segments of one source and epoch, packed.

    Attributes:
        source_epoch: number of source and epoch.
        first_number, last_number: of the headers.
        first_sequence, last_sequence: of their records.
        min_ts, max_ts: smallest and largest effective instant of all of them.
        first_known_at, last_known_at: when the historian learnt of the first and of the last.
        data: hash before the first header, roots, signatures, deflated numbers, digest.
    """

    source_epoch: int
    first_number: int
    last_number: int
    first_sequence: int
    last_sequence: int
    min_ts: Instant
    max_ts: Instant
    first_known_at: Instant
    last_known_at: Instant
    data: bytes

    @property
    def count(self) -> int:
        """Number of its segments."""
        return self.last_number - self.first_number + 1


class HeldPath(msgspec.Struct, frozen=True):
    """The way from one block of a held series up to the signed root of its segment.

    Attributes:
        number: of the segment.
        leaf_index: position of the leaf of the block, from 0.
        path: sibling hashes joined, the nearest first.
    """

    number: int
    leaf_index: int
    path: bytes


class HeldPaths(msgspec.Struct, frozen=True):
    """Paths of one held series from one source and epoch, in the order of segments."""

    source_epoch: int
    series: int
    paths: Sequence[HeldPath]
