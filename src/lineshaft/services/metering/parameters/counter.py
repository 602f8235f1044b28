"""What a counter needs to know. Pure."""

import enum
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, format_instant, parse_instant
from lineshaft.core.quantity import conversion_factor
from lineshaft.services.metering.hours import Hours
from lineshaft.services.metering.parameters.fields import (
    Fields,
    hours_content,
    hours_in,
    text_or_none,
)
from lineshaft.services.metering.parameters.limits import Limits

EXCHANGES_MAX = 1_000


class Boundary(enum.StrEnum):
    """To which side of a cut the step of a counter over that cut belongs.

    LINEAR: to both, by time; EARLIER: whole to the period before; LATER: whole to the one after.
    """

    LINEAR = "LINEAR"
    EARLIER = "EARLIER"
    LATER = "LATER"


class Exchange(msgspec.Struct, frozen=True):
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


class CounterParameters(msgspec.Struct, frozen=True):
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
        minimum, maximum: readings outside are excluded, in the unit of the signal.
        hours: when usage counts; None: always.
    """

    signal_unit: str
    rate_max: Fraction
    resolution: Fraction = Fraction(0)
    tolerance: Fraction = Fraction(0)
    modulus: Fraction | None = None
    restarts_at: Fraction | None = Fraction(0)
    boundary: Boundary = Boundary.LINEAR
    exchanges: tuple[Exchange, ...] = ()
    minimum: Fraction | None = None
    maximum: Fraction | None = None
    hours: Hours | None = None

    def __post_init__(self) -> None:
        """Refuse limits that let nothing or anything through."""
        _ = self.limits
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

    @property
    def limits(self) -> Limits:
        """What the readings can be; how fast they can rise is judged by step."""
        return Limits(self.minimum, self.maximum)

    @classmethod
    def from_content(cls, content: Mapping[str, Any], unit: str) -> "CounterParameters":
        """Read canonical or hand-written content; a known modulus rules out restarts by default."""
        fields = Fields(content)
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
            minimum=fields.number_or_none("minimum", None),
            maximum=fields.number_or_none("maximum", None),
            hours=hours_in(fields),
        )
        fields.end()
        conversion_factor(parameters.signal_unit, unit)
        return parameters

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content; neither limits nor hours that are not there are named."""
        limits = {"maximum": self.maximum, "minimum": self.minimum}
        return {
            **{name: str(value) for name, value in limits.items() if value is not None},
            **hours_content(self.hours),
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
            "modulus": text_or_none(self.modulus),
            "rate_max": str(self.rate_max),
            "resolution": str(self.resolution),
            "restarts_at": text_or_none(self.restarts_at),
            "signal_unit": self.signal_unit,
            "tolerance": str(self.tolerance),
        }


def _exchange(content: Any) -> Exchange:
    if not isinstance(content, Mapping):
        msg = "exchanges: expected tables with at, old_final, new_start and reference"
        raise Invalid(msg)
    fields = Fields(content)
    exchange = Exchange(
        at=parse_instant(fields.text("at", None)),
        old_final=fields.number("old_final"),
        new_start=fields.number("new_start"),
        reference=fields.text("reference", None),
    )
    fields.end()
    return exchange
