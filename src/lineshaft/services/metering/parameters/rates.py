"""What a meter that adds up a rate needs to know. Pure."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_S
from lineshaft.core.quantity import conversion_factor
from lineshaft.services.metering.parameters.fields import Fields, microseconds, text_or_none


class Hold(enum.StrEnum):
    """What a signal does between two readings: keep the earlier (LEFT), or go straight (LINEAR)."""

    LEFT = "LEFT"
    LINEAR = "LINEAR"


@dataclass(frozen=True, slots=True)
class IntegralParameters:
    """A rate added up over time: power to energy, flow to volume.

    Attributes:
        signal_unit: unit of the readings, Rec 20; must be a rate of something.
        gap_max_us: a reading holds for at most so long; beyond it nothing is known.
        hold: between two readings.
        minimum, maximum: readings outside are excluded, in the unit of the signal.
    """

    signal_unit: str
    gap_max_us: int
    hold: Hold = Hold.LEFT
    minimum: Fraction | None = None
    maximum: Fraction | None = None

    def __post_init__(self) -> None:
        """Refuse limits that let nothing through."""
        is_ordered = self.minimum is None or self.maximum is None or self.minimum <= self.maximum
        if self.gap_max_us <= 0 or not is_ordered:
            msg = "integral: expected a positive gap_max_s and a minimum not above the maximum"
            raise Invalid(msg)

    @classmethod
    def from_content(cls, content: Mapping[str, Any], unit: str) -> "IntegralParameters":
        """Read canonical or hand-written content; the integral must have the meter's dimension."""
        fields = Fields(content)
        parameters = cls(
            signal_unit=fields.text("signal_unit", None),
            gap_max_us=microseconds(fields.number("gap_max_s"), "gap_max_s"),
            hold=Hold(fields.choice("hold", Hold, Hold.LEFT)),
            minimum=fields.number_or_none("minimum", None),
            maximum=fields.number_or_none("maximum", None),
        )
        fields.end()
        integral_factor(parameters.signal_unit, unit)
        return parameters

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content."""
        return {
            "gap_max_s": str(Fraction(self.gap_max_us, US_PER_S)),
            "hold": self.hold.value,
            "maximum": text_or_none(self.maximum),
            "minimum": text_or_none(self.minimum),
            "signal_unit": self.signal_unit,
        }


_INTEGRALS: dict[str, tuple[str, int]] = {
    "WTT": ("JOU", 1),
    "KWT": ("KJO", 1),
    "MAW": ("3B", 1),
    "MQS": ("MTQ", 1),
    "MQH": ("MTQ", 3_600),
    "L2": ("LTR", 60),
    "E32": ("LTR", 3_600),
    "MTS": ("MTR", 1),
    "C16": ("MMT", 1),
    "2X": ("MTR", 60),
    "H81": ("MMT", 60),
    "KMH": ("KMT", 3_600),
    "E96": ("DD", 1),
}
"""By unit of a rate: the unit of what adds up, and the seconds of its unit of time."""


def integral_factor(signal_unit: str, unit: str) -> Fraction:
    """Return how many `unit` one `signal_unit` gives in one second, exactly.

    Example: 1 kW for one second is 1/3600 kWh.

    Raises:
        Invalid: when the signal's unit is no known rate, or the two do not fit each other.
    """
    if signal_unit not in _INTEGRALS:
        msg = f"cannot add up {signal_unit!r} over time: expected one of {', '.join(_INTEGRALS)}"
        raise Invalid(msg)
    whole, seconds = _INTEGRALS[signal_unit]
    return conversion_factor(whole, unit) / seconds
