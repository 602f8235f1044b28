"""What the twin refuses."""

from lineshaft.core.errors import NotFound, RateLimited


class MachineNotFound(NotFound):
    """No such machine, or the actor may not know of it."""


class TooManyWatchers(RateLimited):
    """More pages are open than the live view serves."""
