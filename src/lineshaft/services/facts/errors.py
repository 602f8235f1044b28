"""What facts of machines refuse."""

from lineshaft.core.errors import Conflict, RateLimited


class FactVersionTaken(Conflict):
    """This version is recorded with other content, or does not follow the last one."""


class TooManyFacts(RateLimited):
    """A machine has as many facts of a kind as there may be, or a fact as many versions."""
