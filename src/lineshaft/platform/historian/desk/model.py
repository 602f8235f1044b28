"""What is corrected, and the correction: pure types."""

import msgspec

from lineshaft.core.period import Instant, format_instant
from lineshaft.core.reading import SignalId, SourceId
from lineshaft.platform.historian.model import StoredReading

DESK = SourceId("desk")
"""The hub's own source, which numbers corrections."""


class RecordTarget(msgspec.Struct, frozen=True):
    """A stored record by its identity."""

    source: SourceId
    epoch: int
    sequence: int

    def __str__(self) -> str:
        """Name it for a person."""
        return f"{self.sequence} of {self.source}/{self.epoch}"


class ReadingAt(msgspec.Struct, frozen=True):
    """What is in force of a signal at an instant."""

    signal: SignalId
    ts: Instant

    def __str__(self) -> str:
        """Name it for a person."""
        return f"of {self.signal} at {format_instant(self.ts)}"


class Correction(msgspec.Struct, frozen=True):
    """A correction that is stored.

    Attributes:
        source, epoch, sequence: its own identity.
        replaced: the reading that it takes the place of, as its source sent it.
        known_at: from then on it is in force; what was known before stays so.
    """

    source: SourceId
    epoch: int
    sequence: int
    replaced: StoredReading
    known_at: Instant
