"""What the supply network refuses."""

from lineshaft.core.errors import NotFound, PreconditionFailed, Unavailable


class TargetUnknown(NotFound):
    """A supplier, part, country or port that the network does not have."""


class InputsChanged(PreconditionFailed):
    """A scenario was computed from other files than those that are here now."""


class CureNotFound(PreconditionFailed):
    """All cures together do not reach what was asked for."""


class CureSearchTooLong(Unavailable):
    """The cheapest set of cures was not proven within the rounds of one search."""
