"""What the close of a month has done."""

import msgspec

from lineshaft.core.period import Period


class NotIssued(msgspec.Struct, frozen=True):
    """A period that has no document after the close, and why."""

    contract: str
    period: Period | None
    reason: str


class Closed(msgspec.Struct, frozen=True):
    """What a close has done.

    Attributes:
        issued: documents that it issued.
        found: documents of the month that were there already.
        left: periods without a document.
    """

    issued: int = 0
    found: int = 0
    left: tuple[NotIssued, ...] = ()

    def __add__(self, other: "Closed") -> "Closed":
        """Add up what two batches have done."""
        return Closed(self.issued + other.issued, self.found + other.found, self.left + other.left)
