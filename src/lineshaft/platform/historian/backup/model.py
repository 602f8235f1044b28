"""What going back to an earlier instant does: pure."""

from dataclasses import dataclass

from lineshaft.core.period import Instant
from lineshaft.platform.historian.model import Loss


@dataclass(frozen=True, slots=True)
class Cut:
    """What going back to an earlier instant has taken away.

    Attributes:
        at: everything known at this instant is there.
        restored_at: every later commit is known after this one.
        segments, records: that were known later, and are gone.
        losses: by series, what their sources may send again.
    """

    at: Instant
    restored_at: Instant
    segments: int
    records: int
    losses: tuple[Loss, ...]
