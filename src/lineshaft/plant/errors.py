"""What can be wrong with plant files."""

from pathlib import Path

import msgspec

from lineshaft.core.errors import Invalid, PreconditionFailed


class Location(msgspec.Struct, frozen=True):
    """Where in the plant files something stands."""

    file: Path
    line: int

    def __str__(self) -> str:
        """Write as `file:line`, which editors can jump to."""
        return f"{self.file}:{self.line}"


class PlantInvalid(Invalid):
    """A plant file is wrong; nothing was changed."""

    def __init__(self, location: Location, what: str) -> None:
        super().__init__(f"{location}: {what}")
        self.location = location


class PlantMissing(PreconditionFailed):
    """The directory is not there, or has no plant files."""


class PlantExists(PreconditionFailed):
    """The starter would overwrite files."""
