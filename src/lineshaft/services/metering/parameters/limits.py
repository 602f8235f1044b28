"""What a value can be: readings outside are left out, never changed. Pure."""

from fractions import Fraction
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.services.metering.parameters.fields import Fields, text_or_none


class Limits(msgspec.Struct, frozen=True):
    """What the readings of a signal can be, in its unit.

    Attributes:
        minimum, maximum: both are still possible.
        rate_max: fastest possible change in one second, up or down.
        resolution: size of the step in which the signal is read; tolerated beside `rate_max`.
    """

    minimum: Fraction | None = None
    maximum: Fraction | None = None
    rate_max: Fraction | None = None
    resolution: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        """Refuse limits that let nothing through."""
        is_ordered = self.minimum is None or self.maximum is None or self.minimum <= self.maximum
        is_rate = self.resolution == 0 if self.rate_max is None else self.rate_max > 0
        if not is_ordered or not is_rate or self.resolution < 0:
            msg = (
                "limits: expected a minimum not above the maximum, and a positive rate_max, with "
                "or without a resolution"
            )
            raise Invalid(msg)

    @classmethod
    def from_fields(cls, fields: Fields) -> "Limits":
        """Take the limits out of the parameters of a meter."""
        return cls(
            minimum=fields.number_or_none("minimum", None),
            maximum=fields.number_or_none("maximum", None),
            rate_max=fields.number_or_none("rate_max", None),
            resolution=fields.number("resolution", Fraction(0)),
        )

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content; a rate without limit is not named."""
        content: dict[str, Any] = {
            "maximum": text_or_none(self.maximum),
            "minimum": text_or_none(self.minimum),
        }
        if self.rate_max is None:
            return content
        rate = {"rate_max": str(self.rate_max), "resolution": str(self.resolution)}
        return content | rate
