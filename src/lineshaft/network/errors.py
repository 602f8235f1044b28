"""What stops a source, whether it is an edge node or a back-fill."""

from lineshaft.core.errors import Conflict, Invalid


class KeyFileDamaged(Invalid):
    """A key file that cannot be what a source has written."""


class ChainConflict(Conflict):
    """The hub has another history of a source than the source itself.

    Attributes:
        number: the first segment of ours that the hub does not have.
        hub_sequence: the hub's mark, where it is beyond everything that the source knows.
    """

    def __init__(self, message: str, number: int, hub_sequence: int | None = None) -> None:
        """Say in `message` how the histories differ."""
        super().__init__(message)
        self.number = number
        self.hub_sequence = hub_sequence
