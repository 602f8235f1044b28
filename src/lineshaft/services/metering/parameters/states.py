"""What meters of states and other symbols need to know. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.quantity import conversion_factor
from lineshaft.services.metering.hours import Hours
from lineshaft.services.metering.parameters.fields import Fields, hours_content, hours_in
from lineshaft.services.metering.parameters.limits import Limits

STATES_MAX = 1_000


class StateDurationParameters(msgspec.Struct, frozen=True):
    """How long a signal was in one of some states; all states are reported beside.

    Attributes:
        states: the states whose time is the quantity; none: the time of any known state.
        keeps_spans: the record also says when which state was, so that a guarantee can be judged
            on a calendar and with agreed exclusions.
        hours: when time counts; None: always.
    """

    states: tuple[str, ...] = ()
    keeps_spans: bool = False
    hours: Hours | None = None

    def __post_init__(self) -> None:
        """Refuse a time line with holes."""
        if self.keeps_spans and self.hours is not None:
            msg = "state_duration: expected hours or keeps_spans, a time line has no holes"
            raise Invalid(msg)

    @classmethod
    def from_content(cls, content: Mapping[str, Any], unit: str) -> "StateDurationParameters":
        """Read canonical or hand-written content; the unit must be one of time."""
        fields = Fields(content)
        states = fields.list("states")
        keeps_spans = fields.flag("keeps_spans")
        hours = hours_in(fields)
        fields.end()
        if not all(isinstance(state, str) for state in states) or len(states) > STATES_MAX:
            msg = f"states: expected at most {STATES_MAX} texts"
            raise Invalid(msg)
        conversion_factor("SEC", unit)
        return cls(tuple(dict.fromkeys(states)), keeps_spans, hours)

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content; neither spans nor hours that are not there are named."""
        content = {"states": list(self.states)} | hours_content(self.hours)
        return content | {"keeps_spans": True} if self.keeps_spans else content


class UniqueParameters(msgspec.Struct, frozen=True):
    """How many different values were read: texts, symbols of an enumeration, decimals.

    Attributes:
        limits: what decimals can be.
    """

    limits: Limits = Limits()

    @classmethod
    def from_content(cls, content: Mapping[str, Any], unit: str) -> "UniqueParameters":
        """Read canonical or hand-written content; the unit must be one of number."""
        fields = Fields(content)
        limits = Limits.from_fields(fields)
        fields.end()
        conversion_factor("C62", unit)
        return cls(limits)

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content."""
        return self.limits.to_content()
