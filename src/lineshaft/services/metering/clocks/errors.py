"""What the clocks refuse."""

from lineshaft.core.errors import Conflict, RateLimited


class ClockOffsetTaken(Conflict):
    """An offset of this id is recorded with other content, and a record never changes."""


class TooManyOffsets(RateLimited):
    """A source has as many offsets as there may be."""
