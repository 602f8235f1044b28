"""What this room needs from others."""

from collections.abc import Sequence
from typing import Protocol

from lineshaft.core.reading import SignalId


class Proof(Protocol):
    """One block with its way up to a signed header, as the historian rebuilds it from the rows."""

    @property
    def header_bytes(self) -> bytes:
        """Canonical bytes of the segment's header."""
        ...

    @property
    def signature(self) -> bytes:
        """The source's signature over them, 64 bytes."""
        ...

    @property
    def signal(self) -> SignalId:
        """The signal of the block."""
        ...

    @property
    def salt(self) -> bytes:
        """The salt of the block, 32 bytes."""
        ...

    @property
    def block(self) -> bytes:
        """Canonical bytes of the block."""
        ...

    @property
    def leaf_index(self) -> int:
        """Position of the block among the leaves of its segment, from 0."""
        ...

    @property
    def path(self) -> Sequence[bytes]:
        """Sibling hashes up to the root, the nearest first."""
        ...
