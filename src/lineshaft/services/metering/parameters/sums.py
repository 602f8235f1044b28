"""What a meter of event quantities needs to know. Pure."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.quantity import conversion_factor
from lineshaft.services.metering.parameters.fields import Fields, text_or_none


class SumParameters(msgspec.Struct, frozen=True):
    """The quantities of events, added up; a signal that tells quantities and no level.

    Attributes:
        signal_unit: unit of the events, Rec 20.
        minimum, maximum: events outside are excluded, in the unit of the signal; None: any.
    """

    signal_unit: str
    minimum: Fraction | None = Fraction(0)
    maximum: Fraction | None = None

    def __post_init__(self) -> None:
        """Refuse limits that let nothing through."""
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            msg = "sum: expected a minimum not above the maximum"
            raise Invalid(msg)

    @classmethod
    def from_content(cls, content: Mapping[str, Any], unit: str) -> "SumParameters":
        """Read canonical or hand-written content; without a minimum, events below 0 are out."""
        fields = Fields(content)
        parameters = cls(
            signal_unit=fields.text("signal_unit", unit),
            minimum=fields.number_or_none("minimum", Fraction(0)),
            maximum=fields.number_or_none("maximum", None),
        )
        fields.end()
        conversion_factor(parameters.signal_unit, unit)
        return parameters

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content."""
        return {
            "maximum": text_or_none(self.maximum),
            "minimum": text_or_none(self.minimum),
            "signal_unit": self.signal_unit,
        }
