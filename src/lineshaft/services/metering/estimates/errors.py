"""What estimates refuse."""

from lineshaft.core.errors import Conflict, Forbidden, NotFound, RateLimited


class EstimateNotFound(NotFound):
    """There is no such estimate, or the actor may not know that there is."""


class EstimateTaken(Conflict):
    """An estimate of this name is recorded with other content, or is withdrawn."""


class EstimatesOverlap(Conflict):
    """Another approved estimate of the same meter covers a part of the period."""


class EstimateBySamePerson(Forbidden):
    """Who has made an estimate cannot approve it: four eyes see more than two."""


class TooManyEstimates(RateLimited):
    """A machine has as many estimates as there may be."""
