"""A segment as it can be rebuilt: blocks that are stored, tombstones of those that were deleted."""

from collections.abc import Sequence

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.segment import merkle
from lineshaft.core.segment.tombstone import Tombstone, Tree
from lineshaft.platform.historian.errors import ProofBroken
from lineshaft.platform.historian.model import StoredHeader
from lineshaft.platform.historian.proof.blocks import Block


class RebuiltSegment(msgspec.Struct, frozen=True):
    """A signed header, and everything of its segment that is still there.

    Attributes:
        blocks: rebuilt from the rows, in the order of the tree.
        tombstones: of the blocks that were deleted.
        is_gone: whether every block was deleted; then there are no tombstones either.
    """

    stored: StoredHeader
    blocks: Sequence[Block]
    tombstones: Sequence[Tombstone] = ()
    is_gone: bool = False

    @property
    def is_sound(self) -> bool:
        """Whether what is there leads to the signed root, or nothing is left that could."""
        if self.is_gone:
            return not self.blocks
        try:
            return self._root() == self.stored.header.root
        except Invalid:
            return False

    def check(self) -> None:
        """Pass a sound segment.

        Raises:
            ProofBroken: when what is there does not lead to the signed root.
        """
        if not self.is_sound:
            header = self.stored.header
            msg = f"the rows of segment {header.number} of {header.source}/{header.epoch} do not "
            msg += "lead to the root that its source signed"
            raise ProofBroken(msg)

    def tree(self) -> Tree:
        """Return the tree over the leaves that are there and the tombstones.

        Raises:
            Invalid: when they do not make the tree that was signed.
        """
        leaves = [block.leaf for block in self.blocks]
        return Tree.of(self.stored.header.block_count, leaves, self.tombstones)

    def way_up(self, position: int) -> tuple[int, list[bytes]]:
        """Return the place of a block that is there among all leaves, and its inclusion path.

        Args:
            position: of the block among those that are there.
        """
        leaves = [block.leaf for block in self.blocks]
        if not self.tombstones:
            return position, merkle.inclusion_path(leaves, position)
        tree = self.tree()
        place = sorted(tree.leaves)[position]
        return place, tree.inclusion_path(place)

    def _root(self) -> bytes:
        if self.tombstones:
            return self.tree().root()
        return merkle.root([block.leaf for block in self.blocks])
