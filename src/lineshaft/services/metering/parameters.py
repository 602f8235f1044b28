"""What each kind of meter needs to know, read from plant files and contracts and checked. Pure."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_S, Instant, format_instant, parse_instant
from lineshaft.core.quantity import conversion_factor, parse_exact

EXCHANGES_MAX = 1_000
STATES_MAX = 1_000


class MeterKind(enum.StrEnum):
    """The families of meters; each has a module in `meters/`."""

    COUNTER = "counter"
    STATE_DURATION = "state_duration"
    INTEGRAL = "integral"


class Boundary(enum.StrEnum):
    """To which side of a cut the step of a counter over that cut belongs.

    LINEAR: to both, by time; EARLIER: whole to the period before; LATER: whole to the one after.
    """

    LINEAR = "LINEAR"
    EARLIER = "EARLIER"
    LATER = "LATER"


class Hold(enum.StrEnum):
    """What a signal does between two readings: keep the earlier (LEFT), or go straight (LINEAR)."""

    LEFT = "LEFT"
    LINEAR = "LINEAR"


@dataclass(frozen=True, slots=True)
class Exchange:
    """The meter was exchanged: final value of the old one, first of the new one, and the proof.

    Attributes:
        at: when; the readings up to here are of the old meter.
        old_final, new_start: in the unit of the signal.
        reference: the work order that says so.
    """

    at: Instant
    old_final: Fraction
    new_start: Fraction
    reference: str


@dataclass(frozen=True, slots=True)
class CounterParameters:
    """A counter that only rises, but for roll-over, restart and exchange.

    Attributes:
        signal_unit: unit of the readings, Rec 20.
        rate_max: fastest possible rise, in units of the signal per second.
        resolution: size of the counter's step, in units of the signal; tolerated once per step.
        tolerance: share by which `rate_max` may be exceeded.
        modulus: value at which the counter rolls over to 0, if it does.
        restarts_at: value after a restart; None: a fall is never taken for a restart.
        boundary: what happens to a step over the end of a period.
        exchanges: in time order.
    """

    signal_unit: str
    rate_max: Fraction
    resolution: Fraction = Fraction(0)
    tolerance: Fraction = Fraction(0)
    modulus: Fraction | None = None
    restarts_at: Fraction | None = Fraction(0)
    boundary: Boundary = Boundary.LINEAR
    exchanges: tuple[Exchange, ...] = ()

    def __post_init__(self) -> None:
        """Refuse limits that let nothing or anything through."""
        instants = [exchange.at for exchange in self.exchanges]
        is_sound = (
            self.rate_max > 0
            and self.resolution >= 0
            and self.tolerance >= 0
            and (self.modulus is None or self.modulus > 0)
            and instants == sorted(set(instants))
            and len(instants) <= EXCHANGES_MAX
        )
        if not is_sound:
            msg = (
                "counter: expected a positive rate_max and modulus, resolution and tolerance not "
                f"negative, at most {EXCHANGES_MAX} exchanges in time order"
            )
            raise Invalid(msg)

    @classmethod
    def from_content(cls, content: Mapping[str, Any], unit: str) -> "CounterParameters":
        """Read canonical or hand-written content; a known modulus rules out restarts by default."""
        fields = _Fields(content)
        modulus = fields.number_or_none("modulus", None)
        parameters = cls(
            signal_unit=fields.text("signal_unit", unit),
            rate_max=fields.number("rate_max"),
            resolution=fields.number("resolution", Fraction(0)),
            tolerance=fields.number("tolerance", Fraction(0)),
            modulus=modulus,
            restarts_at=fields.number_or_none(
                "restarts_at", Fraction(0) if modulus is None else None
            ),
            boundary=Boundary(fields.choice("boundary", Boundary, Boundary.LINEAR)),
            exchanges=tuple(_exchange(each) for each in fields.list("exchanges")),
        )
        fields.end()
        conversion_factor(parameters.signal_unit, unit)
        return parameters

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content."""
        return {
            "boundary": self.boundary.value,
            "exchanges": [
                {
                    "at": format_instant(each.at),
                    "new_start": str(each.new_start),
                    "old_final": str(each.old_final),
                    "reference": each.reference,
                }
                for each in self.exchanges
            ],
            "modulus": _text_or_none(self.modulus),
            "rate_max": str(self.rate_max),
            "resolution": str(self.resolution),
            "restarts_at": _text_or_none(self.restarts_at),
            "signal_unit": self.signal_unit,
            "tolerance": str(self.tolerance),
        }


@dataclass(frozen=True, slots=True)
class StateDurationParameters:
    """How long a signal was in one of some states; all states are reported beside.

    Attributes:
        states: the states whose time is the quantity; none: the time of any known state.
    """

    states: tuple[str, ...] = ()

    @classmethod
    def from_content(cls, content: Mapping[str, Any], unit: str) -> "StateDurationParameters":
        """Read canonical or hand-written content; the unit must be one of time."""
        fields = _Fields(content)
        states = fields.list("states")
        fields.end()
        if not all(isinstance(state, str) for state in states) or len(states) > STATES_MAX:
            msg = f"states: expected at most {STATES_MAX} texts"
            raise Invalid(msg)
        conversion_factor("SEC", unit)
        return cls(tuple(dict.fromkeys(states)))

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content."""
        return {"states": list(self.states)}


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
        fields = _Fields(content)
        gap_max_us = fields.number("gap_max_s") * US_PER_S
        if gap_max_us.denominator != 1:
            msg = f"gap_max_s {gap_max_us / US_PER_S}: finer than a microsecond"
            raise Invalid(msg)
        parameters = cls(
            signal_unit=fields.text("signal_unit", None),
            gap_max_us=int(gap_max_us),
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
            "maximum": _text_or_none(self.maximum),
            "minimum": _text_or_none(self.minimum),
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


Parameters = CounterParameters | StateDurationParameters | IntegralParameters

_CLASSES: dict[MeterKind, type[Parameters]] = {
    MeterKind.COUNTER: CounterParameters,
    MeterKind.STATE_DURATION: StateDurationParameters,
    MeterKind.INTEGRAL: IntegralParameters,
}


def parameters_from_content(kind: MeterKind, content: Mapping[str, Any], unit: str) -> Parameters:
    """Read the parameters of a kind of meter that counts in `unit`.

    Raises:
        Invalid: when something is missing, unknown, out of range, or in a unit that does not fit.
    """
    return _CLASSES[kind].from_content(content, unit)


def _text_or_none(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def _exchange(content: Any) -> Exchange:
    if not isinstance(content, Mapping):
        msg = "exchanges: expected tables with at, old_final, new_start and reference"
        raise Invalid(msg)
    fields = _Fields(content)
    exchange = Exchange(
        at=parse_instant(fields.text("at", None)),
        old_final=fields.number("old_final"),
        new_start=fields.number("new_start"),
        reference=fields.text("reference", None),
    )
    fields.end()
    return exchange


class _Fields:
    """Takes fields out of content; what is left at the end nobody knows."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._left = dict(content)

    def number(self, name: str, default: Fraction | None = None) -> Fraction:
        value = self.number_or_none(name, default)
        if value is None:
            msg = f"{name} is missing: expected an exact number"
            raise Invalid(msg)
        return value

    def number_or_none(self, name: str, default: Fraction | None) -> Fraction | None:
        if name not in self._left:
            return default
        value = self._left.pop(name)
        if value is None:
            return None
        if isinstance(value, Fraction):
            return value
        if not isinstance(value, int | str | Decimal) or isinstance(value, bool):
            msg = f"{name} = {value!r}: expected an exact number, such as 12 or '0.5' or '1/3'"
            raise Invalid(msg)
        try:
            return parse_exact(value)
        except Invalid as error:
            msg = f"{name} = {error}"
            raise Invalid(msg) from error

    def text(self, name: str, default: str | None) -> str:
        value = self._left.pop(name, default)
        if not isinstance(value, str) or not value:
            msg = f"{name} = {value!r}: expected a text"
            raise Invalid(msg)
        return value

    def choice(self, name: str, choices: type[enum.StrEnum], default: str) -> str:
        value = self._left.pop(name, default)
        if value not in list(choices):
            msg = f"{name} = {value!r}: expected one of {', '.join(choices)}"
            raise Invalid(msg)
        return str(value)

    def list(self, name: str) -> list[Any]:
        value = self._left.pop(name, [])
        if not isinstance(value, list | tuple):
            msg = f"{name} = {value!r}: expected a list"
            raise Invalid(msg)
        return list(value)

    def end(self) -> None:
        if self._left:
            msg = f"unknown parameters of a meter: {', '.join(sorted(map(str, self._left)))}"
            raise Invalid(msg)
