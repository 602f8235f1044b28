"""What going back to an earlier instant does: pure."""

import msgspec

from lineshaft.core.period import Instant
from lineshaft.platform.historian.model import Loss


class Cut(msgspec.Struct, frozen=True):
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
