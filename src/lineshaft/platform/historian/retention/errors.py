"""What retention refuses."""

from lineshaft.core.errors import Conflict, NotFound, RateLimited, Unavailable


class BlocksHeld(Conflict):
    """A request of deletion cuts what is held."""


class HoldNotFound(NotFound):
    """There is no hold of that id, or no rule of that pattern."""


class TooManyHolds(RateLimited):
    """The named maximum of holds or rules is reached."""


class StoreChanging(Unavailable):
    """Files were merged again and again while rows were deleted from them; try again later."""
