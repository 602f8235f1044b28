"""What is left of what was deleted: pure types."""

from collections.abc import Mapping, Sequence

import msgspec

from lineshaft.core.segment.tombstone import Tombstone


class Remains(msgspec.Struct, frozen=True):
    """What is left of the deleted blocks of some segments of one source and epoch.

    Attributes:
        tombstones: by number of the segment, where other blocks of it are still stored.
        gone: runs of numbers (both included) of segments of which nothing is stored any more.
    """

    tombstones: Mapping[int, Sequence[Tombstone]]
    gone: Sequence[tuple[int, int]]

    def is_gone(self, number: int) -> bool:
        """Tell whether nothing but its header is left of a segment."""
        return any(first <= number <= last for first, last in self.gone)


class DeletedSegment(msgspec.Struct, frozen=True):
    """A segment of which every block was deleted, and how many records it had."""

    source_epoch: int
    number: int
    records: int
