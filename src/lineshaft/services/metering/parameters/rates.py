"""What meters of a level over time need to know: integral, mean, demand. Pure."""

import enum
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_DAY, US_PER_S, zone_named
from lineshaft.core.quantity import conversion_factor
from lineshaft.services.metering.hours import Hours
from lineshaft.services.metering.parameters.fields import (
    Fields,
    hours_content,
    hours_in,
    microseconds,
)
from lineshaft.services.metering.parameters.limits import Limits

WINDOW_S = 900
WINDOW_S_MIN = 60
"""A month has at most 44,640 windows."""


class Hold(enum.StrEnum):
    """What a signal does between two readings: keep the earlier (LEFT), or go straight (LINEAR)."""

    LEFT = "LEFT"
    LINEAR = "LINEAR"


class Sampled(msgspec.Struct, frozen=True):
    """How readings of a level stand for the time between them.

    Attributes:
        signal_unit: unit of the readings, Rec 20.
        gap_max_us: a reading holds for at most so long; beyond it nothing is known.
        hold: between two readings.
        limits: what the readings can be.
    """

    signal_unit: str
    gap_max_us: int
    hold: Hold = Hold.LEFT
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        """Refuse what lets nothing through."""
        if self.gap_max_us <= 0:
            msg = "expected a positive gap_max_s"
            raise Invalid(msg)

    @classmethod
    def from_fields(cls, fields: Fields, unit: str | None) -> "Sampled":
        """Take out of the parameters of a meter; without a unit of its own it has this one."""
        return cls(
            signal_unit=fields.text("signal_unit", unit),
            gap_max_us=microseconds(fields.number("gap_max_s"), "gap_max_s"),
            hold=Hold(fields.choice("hold", Hold, Hold.LEFT)),
            limits=Limits.from_fields(fields),
        )

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content."""
        return {
            "gap_max_s": str(Fraction(self.gap_max_us, US_PER_S)),
            "hold": self.hold.value,
            **self.limits.to_content(),
            "signal_unit": self.signal_unit,
        }


class IntegralParameters(msgspec.Struct, frozen=True):
    """A rate added up over time: power to energy, flow to volume.

    Attributes:
        sampled: the signal; its unit must be a rate of something.
        hours: when usage counts; None: always.
    """

    sampled: Sampled
    hours: Hours | None = None

    @property
    def signal_unit(self) -> str:
        """Unit of the readings, Rec 20."""
        return self.sampled.signal_unit

    @classmethod
    def from_content(cls, content: Mapping[str, Any], unit: str) -> "IntegralParameters":
        """Read canonical or hand-written content; the integral must have the meter's dimension."""
        fields = Fields(content)
        parameters = cls(Sampled.from_fields(fields, None), hours_in(fields))
        fields.end()
        integral_factor(parameters.signal_unit, unit)
        return parameters

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content; hours that are not restricted are not named."""
        return self.sampled.to_content() | hours_content(self.hours)


class TimeWeightedMeanParameters(msgspec.Struct, frozen=True):
    """The mean of a level over the time in which it is known."""

    sampled: Sampled

    @property
    def signal_unit(self) -> str:
        """Unit of the readings, Rec 20."""
        return self.sampled.signal_unit

    @classmethod
    def from_content(cls, content: Mapping[str, Any], unit: str) -> "TimeWeightedMeanParameters":
        """Read canonical or hand-written content."""
        fields = Fields(content)
        parameters = cls(Sampled.from_fields(fields, unit))
        fields.end()
        conversion_factor(parameters.signal_unit, unit)
        return parameters

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content."""
        return self.sampled.to_content()


class DemandParameters(msgspec.Struct, frozen=True):
    """The largest mean of a level over windows that follow the clock on the wall.

    Attributes:
        sampled: the signal, such as a power.
        window_us: width of a window; divides a day, so that each day begins with a new one.
        zone: IANA zone whose midnight the windows count from.
        coverage_min: share of a window in which the level must be known; else it does not count.
    """

    sampled: Sampled
    window_us: int = WINDOW_S * US_PER_S
    zone: str = "UTC"
    coverage_min: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        """Refuse windows that do not divide a day, or count without anything known."""
        zone_named(self.zone)
        is_width = self.window_us >= WINDOW_S_MIN * US_PER_S and US_PER_DAY % self.window_us == 0
        if not is_width or not 0 < self.coverage_min <= 1:
            msg = (
                f"demand: expected a window_s from {WINDOW_S_MIN} that divides a day, and a "
                "coverage_min above 0 and at most 1"
            )
            raise Invalid(msg)

    @property
    def signal_unit(self) -> str:
        """Unit of the readings, Rec 20."""
        return self.sampled.signal_unit

    @classmethod
    def from_content(cls, content: Mapping[str, Any], unit: str) -> "DemandParameters":
        """Read canonical or hand-written content."""
        fields = Fields(content)
        parameters = cls(
            sampled=Sampled.from_fields(fields, unit),
            window_us=microseconds(fields.number("window_s", Fraction(WINDOW_S)), "window_s"),
            zone=fields.text("zone", "UTC"),
            coverage_min=fields.number("coverage_min", Fraction(1)),
        )
        fields.end()
        conversion_factor(parameters.signal_unit, unit)
        return parameters

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content."""
        return self.sampled.to_content() | {
            "coverage_min": str(self.coverage_min),
            "window_s": str(Fraction(self.window_us, US_PER_S)),
            "zone": self.zone,
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
