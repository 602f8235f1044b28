"""Why a period is billed although it is not known well enough; pure."""

from typing import Any

import msgspec

from lineshaft.core.errors import Invalid

RELEASE_CHARACTERS_MAX = 500


class Release(msgspec.Struct, frozen=True):
    """Somebody bills a period of which less is known than the contract asks for, and says why.

    Attributes:
        by: id of that person.
        usage: places of the usage records that it is about.
    """

    by: str
    reason: str
    usage: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse a reason that nobody can read."""
        if not 0 < len(self.reason.strip()) <= len(self.reason) <= RELEASE_CHARACTERS_MAX:
            msg = f"a reason to bill: expected 1 to {RELEASE_CHARACTERS_MAX} characters"
            raise Invalid(msg)

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {"by": self.by, "reason": self.reason, "usage": list(self.usage)}

    @classmethod
    def from_content(cls, content: Any) -> "Release":
        """Read from JSON content.

        Raises:
            Invalid: for anything but what `to_content` writes.
        """
        match content:
            case {"by": str(by), "reason": str(reason), "usage": [*places], **rest} if not rest:
                return cls(by, reason, tuple(places))
            case _:
                msg = "cannot read why a document was issued: expected by, reason and usage"
                raise Invalid(msg)
