"""What the kept supply networks refuse."""

from lineshaft.core.errors import Conflict, NotFound, PreconditionFailed, RateLimited
from lineshaft.valuechain.versions.errors import VersionTooLarge


class NetworkVersionNotFound(NotFound):
    """There is no such version of the supply network."""


class NetworkMissing(PreconditionFailed):
    """No supply network has been imported yet: there is nothing to say."""


class NetworkVersionTaken(Conflict):
    """This version has other content, or does not follow the last one."""


class NetworkTooLarge(VersionTooLarge):
    """More bytes than one version may have."""


class ScenarioNotFound(NotFound):
    """There is no outage scenario with this id."""


class ScenarioTaken(Conflict):
    """A scenario with this id asks something else."""


class TooManyScenarios(RateLimited):
    """As many scenarios are kept as there may be."""
