"""Estimates of usage that nothing was recorded of: marked, with author and reason, and reversible.

An estimate stands for the usage of its period only as long as nothing is known of it. Once readings
come, or the counter is found to have gone on over it, it falls away when the period is measured
again; and when it is withdrawn, the bytes are those from before it.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, Period, format_instant
from lineshaft.core.quantity import Quantity, parse_exact

REASON_CHARACTERS_MAX = 500
ESTIMATES_MAX = 1_000
"""In force of one meter; also of one machine, whether they count or not."""


class Estimate(msgspec.Struct, frozen=True):
    """What somebody takes the usage of a meter over a period to have been.

    Attributes:
        meter: its id.
        author: who says so.
        reason: how it was found, for the reader of a document.
    """

    id: str
    machine: str
    meter: str
    period: Period
    quantity: Quantity
    author: str
    reason: str

    def __post_init__(self) -> None:
        """Refuse an estimate below zero, of nobody or without a reason."""
        is_said = self.author and self.reason.strip() and self.id
        if self.quantity.amount < 0 or not is_said or len(self.reason) > REASON_CHARACTERS_MAX:
            msg = (
                f"estimate {self.id[:80]!r}: expected zero or more, an author and a reason of at "
                f"most {REASON_CHARACTERS_MAX} characters"
            )
            raise Invalid(msg)

    def share(self, period: Period) -> Fraction:
        """Return the share of it that belongs to a period: by time, so that cuts add up."""
        common = self.period.intersection(period)
        return Fraction(common.duration_us if common else 0, self.period.duration_us)

    @classmethod
    def from_content(cls, content: Any) -> "Estimate":
        """Read canonical content.

        Raises:
            Invalid: when it is not what `to_content` writes.
        """
        names = ("id", "machine", "meter", "start", "end", "amount", "unit", "author", "reason")
        if (
            not isinstance(content, Mapping)
            or content.keys() != set(names)
            or not all(isinstance(content[name], str) for name in names)
        ):
            msg = f"an estimate needs the texts {', '.join(names)}"
            raise Invalid(msg)
        return cls(
            period=Period.parse(content["start"], content["end"]),
            quantity=Quantity(parse_exact(content["amount"]), content["unit"]),
            **{name: content[name] for name in ("id", "machine", "meter", "author", "reason")},
        )

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content."""
        return {
            "amount": str(self.quantity.amount),
            "author": self.author,
            "end": format_instant(self.period.end),
            "id": self.id,
            "machine": self.machine,
            "meter": self.meter,
            "reason": self.reason,
            "start": format_instant(self.period.start),
            "unit": self.quantity.unit,
        }


class RecordedEstimate(msgspec.Struct, frozen=True):
    """An estimate since it is known, until it is withdrawn; both never change."""

    estimate: Estimate
    known_at: Instant
    withdrawn_at: Instant | None = None


class StepKind(StrEnum):
    """What can become of an estimate, once each."""

    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


class EstimateStep(msgspec.Struct, frozen=True):
    """Somebody has approved or withdrawn an estimate.

    Attributes:
        by: id of that person.
        at: it counts since then.
    """

    by: str
    at: Instant

    def to_content(self) -> dict[str, str]:
        """Return the JSON content."""
        return {"at": format_instant(self.at), "by": self.by}


class EstimateRecord(msgspec.Struct, frozen=True):
    """An estimate as it is recorded; its author is who has recorded it.

    Attributes:
        approval: None while no other person has approved it; then it counts for nothing.
        withdrawal: None while it is not taken back.
    """

    estimate: Estimate
    recorded_at: Instant
    approval: EstimateStep | None = None
    withdrawal: EstimateStep | None = None

    @property
    def counting(self) -> RecordedEstimate | None:
        """From when to when it counts; None while nobody has approved it."""
        if self.approval is None:
            return None
        withdrawn_at = None if self.withdrawal is None else self.withdrawal.at
        return RecordedEstimate(self.estimate, self.approval.at, withdrawn_at)

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return self.estimate.to_content() | {
            "approval": None if self.approval is None else self.approval.to_content(),
            "recorded_at": format_instant(self.recorded_at),
            "withdrawal": None if self.withdrawal is None else self.withdrawal.to_content(),
        }


def in_force(recorded: Iterable[RecordedEstimate], known_at: Instant) -> tuple[Estimate, ...]:
    """Return the estimates that were known and not withdrawn at an instant, in time order.

    Raises:
        Invalid: when two of one meter overlap: the same time would be estimated twice.
    """
    found = sorted(
        (
            each.estimate
            for each in recorded
            if each.known_at <= known_at
            and (each.withdrawn_at is None or known_at < each.withdrawn_at)
        ),
        key=lambda estimate: (estimate.machine, estimate.meter, estimate.period, estimate.id),
    )
    check_apart(found)
    return tuple(found)


def check_apart(estimates: Sequence[Estimate]) -> None:
    """Pass estimates, in time order by meter, of which none overlaps another of its meter.

    Raises:
        Invalid: naming two that do.
    """
    for before, after in pairwise(estimates):
        is_one_meter = (before.machine, before.meter) == (after.machine, after.meter)
        if is_one_meter and after.period.start < before.period.end:
            msg = f"the estimates {before.id} and {after.id} of {after.meter} overlap"
            raise Invalid(msg)
