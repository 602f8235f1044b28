"""What the catalogue refuses."""

from lineshaft.core.errors import Conflict, NotFound


class PackNotFound(NotFound):
    """No template of an offering has this name."""


class AlreadyWithdrawn(Conflict):
    """This version of the offering, or a later one, is withdrawn for another reason."""
