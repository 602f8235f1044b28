"""What the historian refuses."""

from lineshaft.core.errors import (
    Conflict,
    Invalid,
    InvariantError,
    NotFound,
    PreconditionFailed,
    Unavailable,
)


class SegmentConflict(Conflict):
    """Another segment with this number is stored, or this one continues another chain."""


class SegmentUnknownSource(NotFound):
    """A segment or beat of a source or epoch that nobody has let in."""


class StoreFilesChanging(Unavailable):
    """Store files vanished under a query again and again, while they were being merged."""


class StoreFileDamaged(Unavailable):
    """A store file is missing, torn or changed; nothing is answered from it.

    Attributes:
        path: of the file, relative to the directory of the store.
        why: what is wrong with it.
    """

    is_retryable = False

    def __init__(self, path: str, why: str) -> None:
        """Say which file, and what can be done."""
        self.path, self.why = path, why
        super().__init__(
            f"cannot read store file {path}: {why}; 'lineshaft historian check' lists what is "
            "damaged, 'lineshaft historian repair' restores it"
        )


class SegmentRunDamaged(Unavailable):
    """A row with packed headers or paths is not what was written; nothing is answered from it."""

    is_retryable = False


class RowsLost(PreconditionFailed):
    """A question touches records that are known to be lost: an answer would count too few."""


class KnowledgeCut(PreconditionFailed):
    """A question is about knowledge that a restore to an earlier instant has given up."""


class ProofBroken(InvariantError):
    """The stored rows do not lead to the root that the source signed."""


class ReadingNotFound(NotFound):
    """There is no reading with that identity, or none of that signal at that instant."""


class CorrectionInvalid(Invalid):
    """A value of another kind than the reading's, or a correction without a reason."""


class CorrectionConflict(Conflict):
    """The desk is no source, or others correct readings so fast that it never was our turn."""
