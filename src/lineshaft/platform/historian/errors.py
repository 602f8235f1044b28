"""What the historian refuses."""

from lineshaft.core.errors import Conflict, Invalid, InvariantError, NotFound, Unavailable


class SegmentConflict(Conflict):
    """Another segment with this number is stored, or this one continues another chain."""


class SegmentUnknownSource(NotFound):
    """A segment or beat of a source or epoch that nobody has let in."""


class CursorInvalid(Invalid):
    """A page was asked for behind a cursor that we never gave."""


class StoreFilesChanging(Unavailable):
    """Store files vanished under a query again and again, while they were being merged."""


class ProofBroken(InvariantError):
    """The stored rows do not lead to the root that the source signed."""
