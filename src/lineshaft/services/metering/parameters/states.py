"""What a meter of states needs to know. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lineshaft.core.errors import Invalid
from lineshaft.core.quantity import conversion_factor
from lineshaft.services.metering.parameters.fields import Fields

STATES_MAX = 1_000


@dataclass(frozen=True, slots=True)
class StateDurationParameters:
    """How long a signal was in one of some states; all states are reported beside.

    Attributes:
        states: the states whose time is the quantity; none: the time of any known state.
        keeps_spans: the record also says when which state was, so that a guarantee can be judged
            on a calendar and with agreed exclusions.
    """

    states: tuple[str, ...] = ()
    keeps_spans: bool = False

    @classmethod
    def from_content(cls, content: Mapping[str, Any], unit: str) -> "StateDurationParameters":
        """Read canonical or hand-written content; the unit must be one of time."""
        fields = Fields(content)
        states = fields.list("states")
        keeps_spans = fields.flag("keeps_spans")
        fields.end()
        if not all(isinstance(state, str) for state in states) or len(states) > STATES_MAX:
            msg = f"states: expected at most {STATES_MAX} texts"
            raise Invalid(msg)
        conversion_factor("SEC", unit)
        return cls(tuple(dict.fromkeys(states)), keeps_spans)

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content; spans that are not kept are not named."""
        content: dict[str, Any] = {"states": list(self.states)}
        return content | {"keeps_spans": True} if self.keeps_spans else content
