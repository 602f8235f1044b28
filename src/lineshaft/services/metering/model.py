"""Meters, the rows that they read, and what they find: usage records. Pure."""

import enum
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import msgspec

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, Period, format_instant, parse_instant
from lineshaft.core.quantity import Quantity, parse_fraction, unit_named
from lineshaft.core.reading import RecordKind, SignalId, SourceId, machine_of, signal_id
from lineshaft.core.value import Value
from lineshaft.services.metering.clocks.model import ClockStep
from lineshaft.services.metering.estimates.model import Estimate
from lineshaft.services.metering.exchanges.model import MeterExchange
from lineshaft.services.metering.parameters import (
    ExpressionParameters,
    GoodCountParameters,
    Input,
    MeterKind,
    Parameters,
    parameters_from_content,
)
from lineshaft.services.metering.ranges import NO_EVIDENCE, BlockEntry, Evidence, EvidenceRange

__all__ = [
    "EXCLUSIONS_LISTED_MAX",
    "NO_EVIDENCE",
    "BlockEntry",
    "Evidence",
    "EvidenceRange",
    "Exclusion",
    "ExclusionReason",
    "Identity",
    "Meter",
    "Row",
    "TimedState",
    "UsagePart",
    "UsageRecord",
]

EXCLUSIONS_LISTED_MAX = 1_000


class Identity(NamedTuple):
    """The identity of a record for ever, and its place among those that share an instant."""

    source: SourceId
    epoch: int
    sequence: int


class Row(msgspec.Struct, frozen=True):
    """A stored record of the metered signal.

    Attributes:
        value: what it says; for a correction, the new value.
        detail: for a correction, its canonical JSON (`core.segment.detail`).
    """

    identity: Identity
    ordinal: int
    ts: Instant
    kind: RecordKind
    status: int
    value: Value
    detail: str | None = None


class Meter(msgspec.Struct, frozen=True):
    """How a quantity is measured on one signal of one machine, or on several.

    Attributes:
        signal: that it reads; of several, one of them.
        unit: of the quantity, UN/ECE Rec 20.
        parameters: of its kind, see `parameters.py`.
    """

    id: str
    machine: str
    signal: SignalId
    kind: MeterKind
    unit: str
    parameters: Parameters

    def __post_init__(self) -> None:
        """Refuse an unknown unit and a signal of another machine."""
        unit_named(self.unit)
        if machine_of(self.signal) != self.machine:
            msg = (
                f"meter {self.id} of {self.machine}: the signal {self.signal} is not the machine's"
            )
            raise Invalid(msg)
        if self.signal not in {part.signal for part in self.parts().values()}:
            msg = f"meter {self.id}: none of its inputs reads its signal {self.signal}"
            raise Invalid(msg)

    def parts(self) -> dict[str, "Meter"]:
        """Return the meters of one signal that it is made of, by name; one that is none itself."""
        match self.parameters:
            case GoodCountParameters() as parameters:
                inputs = parameters.inputs(self.unit)
            case ExpressionParameters(_, named):
                inputs = dict(named)
            case _:
                return {"": self}
        return {name: self._part(name, each) for name, each in inputs.items()}

    def _part(self, name: str, each: Input) -> "Meter":
        signal = self.signal if each.signal is None else signal_id(self.machine, each.signal)
        part = f"{self.id}.{name}"
        return Meter(part, self.machine, signal, each.kind, each.unit, each.parameters)

    @property
    def signals(self) -> tuple[SignalId, ...]:
        """The signals that it reads, its own first."""
        others = {part.signal for part in self.parts().values()} - {self.signal}
        return (self.signal, *sorted(others))

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> "Meter":
        """Read canonical or hand-written content.

        Raises:
            Invalid: when the kind is unknown, or its parameters are not what it needs.
        """
        kinds = [kind.value for kind in MeterKind]
        match content:
            case {
                "id": str(name),
                "machine": str(machine),
                "signal": str(signal),
                "kind": str(kind),
                "unit": str(unit),
                "parameters": Mapping() as parameters,
            } if kind in kinds and len(content) == 6:
                try:
                    read = parameters_from_content(MeterKind(kind), parameters, unit)
                except Invalid as error:
                    msg = f"meter {name}: {error}"
                    raise type(error)(msg) from error
                return cls(name, machine, SignalId(signal), MeterKind(kind), unit, read)
            case _:
                msg = (
                    "a meter needs id, machine, signal, unit, parameters and a kind out of "
                    f"{', '.join(kinds)}"
                )
                raise Invalid(msg)

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "machine": self.machine,
            "parameters": self.parameters.to_content(),
            "signal": self.signal,
            "unit": self.unit,
        }


class ExclusionReason(enum.StrEnum):
    """Why metering did not use a reading that the connector took."""

    TOO_FAST = "too_fast"
    """The counter rose faster than it can."""
    FELL = "fell"
    """The counter fell, and neither roll-over, restart nor exchange explains it."""
    NOT_A_DECIMAL = "not_a_decimal"
    """A text, a binary float or another value that nothing exact can be computed with."""
    OUT_OF_RANGE = "out_of_range"
    """Outside what the signal can be."""


class Exclusion(msgspec.Struct, frozen=True, order=True):
    """A reading that was left out, never taken for 0; it makes the period incomplete."""

    ts: Instant
    reading: Identity
    reason: ExclusionReason

    @classmethod
    def from_content(cls, content: Any) -> "Exclusion":
        """Read canonical content."""
        match content:
            case {
                "ts": str(ts),
                "reading": [str(source), int(epoch), int(sequence)],
                "reason": str(reason),
            } if len(content) == 3 and reason in list(ExclusionReason):
                identity = Identity(SourceId(source), epoch, sequence)
                return cls(parse_instant(ts), identity, ExclusionReason(reason))
            case _:
                msg = "an exclusion needs ts, reading and reason"
                raise Invalid(msg)

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content."""
        return {
            "reading": list(self.reading),
            "reason": self.reason.value,
            "ts": format_instant(self.ts),
        }


class TimedState(NamedTuple):
    """How long a state held, in the time line of a usage record.

    Attributes:
        state: None while none is known.
        last: the state, or else the last one that was known before.
    """

    duration_us: int
    state: str | None
    last: str | None


class UsagePart(msgspec.Struct, frozen=True):
    """What one of the meters of a combined one found.

    Attributes:
        name: in the combination.
    """

    name: str
    quantity: Quantity
    covered_us: int

    @classmethod
    def from_content(cls, content: Any) -> "UsagePart":
        """Read canonical content."""
        match content:
            case {"name": str(name), "amount": str(amount), "unit": str(unit), "covered_us": int()}:
                quantity = Quantity(parse_fraction(amount), unit)
                return cls(name, quantity, content["covered_us"])
            case _:
                msg = "a part of a usage record needs name, amount, unit and covered_us"
                raise Invalid(msg)

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content."""
        return {
            "amount": str(self.quantity.amount),
            "covered_us": self.covered_us,
            "name": self.name,
            "unit": self.quantity.unit,
        }


class UsageRecord(msgspec.Struct, frozen=True):
    """What a meter found for a period, as far as was known at an instant.

    Attributes:
        known_at: the readings that were known then.
        known_until: a live source is known to have had nothing to say until then; None: not asked.
        quantity: exact.
        covered_us: time of the period in which the signal had a usable value.
        states: time by state (state_duration only), in microseconds.
        unknown_after: unknown time by the last state before it (state_duration only).
        spans: the states of the period in time order without holes, where the meter keeps them.
        metered_us: the part of the period in which usage counts; None: all of it.
        is_undefined: there is no quantity, such as a mean over nothing, and 0 stands for it; it
            must not be billed.
        parts: what the meters of a combined one found; `covered_us` is then the period without the
            unknown time of the least complete of them.
        estimates: that are in the quantity, in its unit, for time of which nothing is known.
        clock_offsets: the offsets of the sources' clocks that apply to the rows of its evidence.
        exchanges: the recorded exchanges of the meter that it follows from, in time order; those
            in the parameters of the meter are not named again.
        exclusions: the first `EXCLUSIONS_LISTED_MAX`, in time order.
        exclusion_count: how many there are.
        refusal_count: refusals of the connector in this series and period.
        bridged_gap_count, bridged_gap_us: gaps over which the counter went on and was counted.
        restart_count: restarts of the counter that were counted through.
        ranges, evidence_root: the signed blocks that it rests on.
    """

    meter: Meter
    period: Period
    known_at: Instant
    quantity: Quantity
    covered_us: int
    known_until: Instant | None = None
    states: Mapping[str, int] = msgspec.field(default_factory=dict)
    unknown_after: Mapping[str, int] = msgspec.field(default_factory=dict)
    exclusions: tuple[Exclusion, ...] = ()
    exclusion_count: int = 0
    refusal_count: int = 0
    bridged_gap_count: int = 0
    bridged_gap_us: int = 0
    restart_count: int = 0
    ranges: tuple[EvidenceRange, ...] = ()
    evidence_root: str = NO_EVIDENCE
    spans: tuple[TimedState, ...] = ()
    metered_us: int | None = None
    is_undefined: bool = False
    clock_offsets: tuple[ClockStep, ...] = ()
    exchanges: tuple[MeterExchange, ...] = ()
    parts: tuple[UsagePart, ...] = ()
    estimates: tuple[Estimate, ...] = ()

    @property
    def estimated(self) -> Quantity:
        """How much of the quantity is estimated and not measured."""
        shares = (each.share(self.period) * each.quantity.amount for each in self.estimates)
        return Quantity(sum(shares, Fraction(0)), self.quantity.unit)

    @property
    def estimated_us(self) -> int:
        """Time of the period whose usage is estimated; none of it is covered."""
        found = [each.period.intersection(self.period) for each in self.estimates]
        return sum(common.duration_us for common in found if common is not None)

    def signal_of(self, part: EvidenceRange) -> SignalId:
        """Return the signal of a range of evidence."""
        return self.meter.signal if part.signal is None else part.signal

    @property
    def counted_us(self) -> int:
        """Time of the period in which usage counts."""
        return self.period.duration_us if self.metered_us is None else self.metered_us

    @property
    def completeness(self) -> Fraction:
        """Share of the time that counts in which the signal had a usable value; of none, all."""
        return Fraction(self.covered_us, self.counted_us) if self.counted_us else Fraction(1)

    @property
    def unknown_us(self) -> int:
        """Time that counts in which it had none."""
        return self.counted_us - self.covered_us

    @property
    def is_complete(self) -> bool:
        """Whether the whole period is covered and nothing was refused or excluded."""
        is_whole = not (self.unknown_us or self.exclusion_count or self.refusal_count)
        return is_whole and not self.is_undefined

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content, which documents embed."""
        return self._rare_content() | {
            "bridged_gap_count": self.bridged_gap_count,
            "bridged_gap_us": self.bridged_gap_us,
            "completeness": str(self.completeness),
            "covered_us": self.covered_us,
            "evidence_root": self.evidence_root,
            "exclusion_count": self.exclusion_count,
            "exclusions": [each.to_content() for each in self.exclusions],
            "is_complete": self.is_complete,
            "known_at": format_instant(self.known_at),
            "known_until": None if self.known_until is None else format_instant(self.known_until),
            "meter": self.meter.to_content(),
            "period": {
                "end": format_instant(self.period.end),
                "start": format_instant(self.period.start),
            },
            "quantity": {"amount": str(self.quantity.amount), "unit": self.quantity.unit},
            "ranges": [each.to_content() for each in self.ranges],
            "refusal_count": self.refusal_count,
            "restart_count": self.restart_count,
            "states": _pairs(self.states),
            "unknown_after": _pairs(self.unknown_after),
        }

    def _rare_content(self) -> dict[str, Any]:
        """Return what only some records have; the others do not name it."""
        content: dict[str, Any] = {}
        if self.spans:
            content["spans"] = [list(each) for each in self.spans]
        if self.metered_us is not None:
            content["metered_us"] = self.metered_us
        if self.is_undefined:
            content["is_undefined"] = True
        if self.estimates:
            content["estimated"] = str(self.estimated.amount)
            content["estimates"] = [each.to_content() for each in self.estimates]
        if self.parts:
            content["parts"] = [each.to_content() for each in self.parts]
        if self.clock_offsets:
            content["clock_offsets"] = [each.to_content() for each in self.clock_offsets]
        if self.exchanges:
            content["exchanges"] = [each.to_content() for each in self.exchanges]
        return content

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> "UsageRecord":
        """Read canonical content.

        Raises:
            Invalid: when it is not exactly what `to_content` writes.
        """
        try:
            known_until = content["known_until"]
            record = cls(
                meter=Meter.from_content(content["meter"]),
                period=Period.parse(content["period"]["start"], content["period"]["end"]),
                known_at=parse_instant(content["known_at"]),
                known_until=None if known_until is None else parse_instant(known_until),
                quantity=Quantity(
                    parse_fraction(content["quantity"]["amount"]), content["quantity"]["unit"]
                ),
                states=_from_pairs(content["states"]),
                unknown_after=_from_pairs(content["unknown_after"]),
                exclusions=tuple(map(Exclusion.from_content, content["exclusions"])),
                ranges=tuple(map(EvidenceRange.from_content, content["ranges"])),
                evidence_root=canonical.decode_hex(content["evidence_root"], 32).hex(),
                spans=tuple(map(_timed_state, content.get("spans", ()))),
                metered_us=content.get("metered_us"),
                is_undefined=content.get("is_undefined", False),
                parts=tuple(map(UsagePart.from_content, content.get("parts", ()))),
                estimates=tuple(map(Estimate.from_content, content.get("estimates", ()))),
                clock_offsets=tuple(map(ClockStep.from_content, content.get("clock_offsets", ()))),
                exchanges=tuple(map(MeterExchange.from_content, content.get("exchanges", ()))),
                **{name: content[name] for name in _COUNTS},
            )
            is_exact = canonical.encode(record.to_content()) == canonical.encode(content)
            others = record.meter.signals[1:]
            is_exact &= all(each.signal in (None, *others) for each in record.ranges)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            msg = f"this is no usage record: {type(error).__name__} {error}"
            raise Invalid(msg) from error
        if not is_exact:
            msg = f"the usage record of {record.meter.id} contradicts itself"
            raise Invalid(msg)
        return record

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical bytes, hexadecimal: the name under which it is kept."""
        return canonical.sha256_hex(canonical.encode(self.to_content()))


_COUNTS = (
    "covered_us",
    "exclusion_count",
    "refusal_count",
    "bridged_gap_count",
    "bridged_gap_us",
    "restart_count",
)


def _timed_state(content: Any) -> TimedState:
    match content:
        case [int(duration_us), str() | None as state, str() | None as last] if duration_us > 0:
            return TimedState(duration_us, state, last)
        case _:
            msg = "a span: expected microseconds, the state, and the last known state"
            raise Invalid(msg)


def _pairs(durations: Mapping[str, int]) -> list[list[Any]]:
    """Write durations by state as sorted pairs: a state is any text, a key of JSON is ASCII."""
    return [[state, durations[state]] for state in sorted(durations)]


def _from_pairs(pairs: Sequence[Any]) -> dict[str, int]:
    for state, duration_us in pairs:
        if not isinstance(state, str) or type(duration_us) is not int:
            msg = "durations by state: expected pairs of a text and microseconds"
            raise Invalid(msg)
    return dict(pairs)
