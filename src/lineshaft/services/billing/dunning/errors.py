"""What letters refuse."""

from lineshaft.core.errors import NotFound, PreconditionFailed


class LetterNotFound(NotFound):
    """The document has no letter of this level, or the actor may not know that there is."""


class LetterNotDue(PreconditionFailed):
    """Nothing is open, it is disputed, or an earlier letter comes first."""
