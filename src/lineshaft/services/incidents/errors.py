"""What incidents and agreed exclusions refuse."""

from lineshaft.core.errors import Conflict, NotFound, RateLimited


class IncidentNotFound(NotFound):
    """There is no such version of an incident, or the actor may not know that there is."""


class ExclusionNotFound(NotFound):
    """There is no such version of an exclusion, or the actor may not know that there is."""


class IncidentVersionTaken(Conflict):
    """This version is recorded with other content, or does not follow the last one."""


class TooManyVersions(RateLimited):
    """An incident or exclusion has as many versions as there may be, or a machine as many."""
