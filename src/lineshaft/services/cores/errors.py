"""What cores refuse."""

from lineshaft.core.errors import Conflict, RateLimited


class CoreVersionTaken(Conflict):
    """This version is recorded with other content, or does not follow the last one."""


class TooManyCores(RateLimited):
    """A machine has as many cores as there may be, or a core as many versions."""
