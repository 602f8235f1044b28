"""What every connector is made of: its options, what it delivers, and what it runs against."""

import dataclasses
import difflib
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant
from lineshaft.core.reading import Reading, Refused, SignalId

BATCH_OBSERVATIONS_MAX = 1_000
"""Most observations in one delivery of a connector."""


class ConnectorConfigInvalid(Invalid):
    """An option of a connector is unknown, missing, or has a value that it cannot have."""


class Observation(NamedTuple):
    """What a connector made of one observation, and the bytes that it came from."""

    item: Reading | Refused
    raw: bytes


class Batch(NamedTuple):
    """Observations in the order of arrival.

    `position` is how far the peer's recording is delivered with this batch, for a peer that can go
    on from there (see `Connector.durable`); None for a live machine.
    """

    observations: list[Observation]
    position: int | None = None


class Sink(Protocol):
    """Where a connector delivers to: the edge."""

    async def deliver(self, batch: Batch) -> None:
        """Take a batch; waits while there is no room, and that is what slows the peer down."""
        ...

    async def connected(self) -> None:
        """Note that the peer is there."""
        ...

    async def lost(self, at: Instant, reason: str) -> None:
        """Note that the peer is gone since the instant `at`."""
        ...


class Connector(Protocol):
    """Speaks to one peer, for ever."""

    async def run(self, sink: Sink, position: int) -> None:
        """Connect, deliver, reconnect, until cancelled.

        Args:
            sink: takes what is observed.
            position: how far the peer's recording is durable already; 0 at first.
        """
        ...

    def durable(self, position: int) -> None:
        """Note that everything up to `position` is on the edge's disk."""
        ...


class ConnectorConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A configured connector.

    Attributes:
        id: unique within the edge; clock skew is judged per connector.
        kind: name of the folder, such as `mtconnect`.
        machine: id of the machine that it speaks to.
        is_live: whether the stamps follow the present time; a replay of old data is not live, and
            gets no status records when it is interrupted.
        options: as the connector's `config.py` declares them.
    """

    id: str
    kind: str
    machine: str
    is_live: bool = True
    options: Mapping[str, Any] = msgspec.field(default_factory=dict)


class SignalDescription(msgspec.Struct, frozen=True):
    """What a connector knows of a signal before its first reading.

    Attributes:
        signal: the signal id.
        type: the protocol's own type, with the subtype behind a `/`.
        unit: code of UN/ECE Rec 20, or of a named derived unit; empty where there is none.
        unit_name: the unit in words.
        is_numeric: whether its readings are decimal numbers.
    """

    signal: SignalId
    type: str
    unit: str
    unit_name: str
    is_numeric: bool


class Bounds(msgspec.Struct, frozen=True):
    """What a number may be, ends included."""

    minimum: int
    maximum: int


class OptionDescription(msgspec.Struct, frozen=True):
    """What the reference page says of one option."""

    name: str
    kind: str
    default: str
    unit: str
    help: str


def option(
    text: str, *, default: Any = dataclasses.MISSING, unit: str = "", bounds: Bounds | None = None
) -> Any:
    """Declare an option of a connector as a dataclass field; without a default it is required."""
    return dataclasses.field(
        default=default, metadata={"help": text, "unit": unit, "bounds": bounds}
    )


_T = TypeVar("_T")


def parse_options(spec: type[_T], options: Mapping[str, Any], connector: str) -> _T:
    """Read the options of a connector.

    Args:
        spec: dataclass whose fields are declared with `option`.
        options: by name, as the plant file has them.
        connector: id for the message.

    Raises:
        ConnectorConfigInvalid: for an unknown, missing or wrong option.
    """
    fields = {f.name: f for f in dataclasses.fields(spec)}  # type: ignore[arg-type]
    for name, value in options.items():
        if name not in fields:
            near = difflib.get_close_matches(name, fields, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            msg = f"connector {connector}: there is no option {name}{hint}"
            raise ConnectorConfigInvalid(msg)
        if not _is_allowed(fields[name], value):
            expected = _kind(fields[name])
            msg = f"connector {connector}: {name} = {value!r}: expected {expected}"
            raise ConnectorConfigInvalid(msg)
    for name, declared in fields.items():
        if declared.default is dataclasses.MISSING and name not in options:
            msg = (
                f"connector {connector}: the option {name} is missing: {declared.metadata['help']}"
            )
            raise ConnectorConfigInvalid(msg)
    return spec(**options)


def describe_options(spec: type[Any]) -> tuple[OptionDescription, ...]:
    """Return the description of every option in the order of declaration."""
    return tuple(
        OptionDescription(
            name=f.name,
            kind=_kind(f),
            default="" if f.default is dataclasses.MISSING else str(f.default),
            unit=f.metadata["unit"],
            help=f.metadata["help"],
        )
        for f in dataclasses.fields(spec)
    )


def _is_allowed(declared: "dataclasses.Field[Any]", value: object) -> bool:
    if declared.type is bool:
        return isinstance(value, bool)
    if declared.type is int:
        bounds: Bounds = declared.metadata["bounds"]
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return is_number and bounds.minimum <= value <= bounds.maximum  # type: ignore[operator]
    return isinstance(value, str) and bool(value)


def _kind(declared: "dataclasses.Field[Any]") -> str:
    if declared.type is bool:
        return "true or false"
    if declared.type is int:
        bounds: Bounds = declared.metadata["bounds"]
        return f"a whole number from {bounds.minimum} to {bounds.maximum}"
    return "a text"
