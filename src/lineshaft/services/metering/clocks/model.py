"""Offsets of clocks, known at an instant, and what they do to a time line. Pure.

A clock that is ahead stamps too late: the true instant of a record is its stamp less the offset of
its source at that stamp. A stored stamp never changes; an offset that is found later is applied
whenever somebody measures, as it was known then.
"""

import enum
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_DAY, Instant, Period, format_instant, parse_instant
from lineshaft.core.reading import SourceId

OFFSET_US_MAX = 366 * US_PER_DAY
"""A clock that is more than a year wrong is not set: its records are refusals, not readings."""
OFFSETS_MAX = 10_000
"""Offsets of one source."""
REASON_CHARACTERS_MAX = 500
ID_CHARACTERS_MAX = 63
_ID_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


class ClockOrigin(enum.StrEnum):
    """Where an offset comes from: a process has measured it, or a person has entered it."""

    MEASURED = "measured"
    ENTERED = "entered"


class ClockStep(msgspec.Struct, frozen=True, order=True):
    """From a stamp on, the clock of a source is ahead by an offset.

    Attributes:
        valid_from: by the clock of the source, as the records are stamped.
        offset_us: stamp less true instant; negative for a clock that is behind.
    """

    source: SourceId
    valid_from: Instant
    offset_us: int

    def __post_init__(self) -> None:
        """Refuse an offset that no clock can have."""
        if not self.source or abs(self.offset_us) > OFFSET_US_MAX:
            msg = (
                f"clock of {self.source!r}: expected a source and an offset of at most "
                f"{OFFSET_US_MAX} us, not {self.offset_us}"
            )
            raise Invalid(msg)

    @classmethod
    def from_content(cls, content: Any) -> "ClockStep":
        """Read canonical content.

        Raises:
            Invalid: when it is not exactly what `to_content` writes.
        """
        match content:
            case {
                "source": str(source),
                "valid_from": str(valid_from),
                "offset_us": int(offset_us),
            } if len(content) == 3 and not isinstance(offset_us, bool):
                return cls(SourceId(source), parse_instant(valid_from), offset_us)
            case _:
                msg = "an offset of a clock needs source, valid_from and offset_us"
                raise Invalid(msg)

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content."""
        return {
            "offset_us": self.offset_us,
            "source": self.source,
            "valid_from": format_instant(self.valid_from),
        }


class ClockEntry(msgspec.Struct, frozen=True):
    """What somebody says of a clock.

    Attributes:
        id: of whoever says it; the same again changes nothing.
        reason: for a person; how it was found.
    """

    id: str
    step: ClockStep
    reason: str

    def __post_init__(self) -> None:
        """Refuse an id that is none, and an offset without a reason."""
        if not (0 < len(self.id) <= ID_CHARACTERS_MAX and _ID_CHARACTERS.issuperset(self.id)):
            msg = (
                f"clock offset {self.id[:80]!r}: expected 1 to {ID_CHARACTERS_MAX} of a-z, 0-9, "
                "'-', '_', '.'"
            )
            raise Invalid(msg)
        if not (self.reason.strip() and len(self.reason) <= REASON_CHARACTERS_MAX):
            msg = f"clock offset {self.id}: a reason is needed, at most {REASON_CHARACTERS_MAX}"
            raise Invalid(msg)

    @classmethod
    def from_content(cls, content: Any) -> "ClockEntry":
        """Read hand-written content: `id`, `reason`, and the fields of a step.

        Raises:
            Invalid: when something is missing, unknown or of another kind.
        """
        match content:
            case {"id": str(id_), "reason": str(reason), **step}:
                return cls(id_, ClockStep.from_content(step), reason)
            case _:
                msg = "a clock offset needs id, source, valid_from, offset_us and a reason"
                raise Invalid(msg)


class ClockOffset(msgspec.Struct, frozen=True):
    """An offset as it is recorded: it never changes, and a later one of its instant replaces it.

    Attributes:
        author: id of the person or process.
        known_at: since when it is known.
    """

    entry: ClockEntry
    origin: ClockOrigin
    author: str
    known_at: Instant

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {
            **self.entry.step.to_content(),
            "author": self.author,
            "id": self.entry.id,
            "known_at": format_instant(self.known_at),
            "origin": self.origin.value,
            "reason": self.entry.reason,
        }


ClockSteps = Mapping[SourceId, Sequence[ClockStep]]
"""The steps of each source, in time order, each unlike the one before it; the first is not 0."""


def in_force(offsets: Iterable[ClockOffset], known_at: Instant) -> dict[SourceId, list[ClockStep]]:
    """Return the steps of every clock as they were known at an instant, in any order of arrival.

    Of several offsets from the same stamp on, the one that was known last is in force. A source
    whose clock is right is left out.
    """
    known = sorted(
        (offset for offset in offsets if offset.known_at <= known_at),
        key=lambda one: (one.known_at, one.entry.id),
    )
    last = {(one.entry.step.source, one.entry.step.valid_from): one.entry.step for one in known}
    found = {source: _merged(steps) for source, steps in by_source(last.values()).items()}
    return {source: steps for source, steps in found.items() if steps}


def _merged(steps: Iterable[ClockStep]) -> list[ClockStep]:
    """Leave out each step that changes nothing: before the first the offset is 0."""
    result: list[ClockStep] = []
    for step in steps:
        if step.offset_us != (result[-1].offset_us if result else 0):
            result.append(step)
    return result


def by_source(steps: Iterable[ClockStep]) -> dict[SourceId, list[ClockStep]]:
    """Return the steps of each source, in time order."""
    return {
        source: list(own) for source, own in groupby(sorted(steps), key=lambda step: step.source)
    }


def between(steps: Sequence[ClockStep], first: Instant, last: Instant) -> list[ClockStep]:
    """Return the steps that apply to stamps from the first to the last, both included."""
    begun = [step for step in steps if step.valid_from <= last]
    before = sum(step.valid_from <= first for step in begun)
    return _merged(begun[max(before - 1, 0) :])


def widened(clocks: ClockSteps, period: Period) -> Period:
    """Return the stamps between which the records of a period can lie, by any of the clocks.

    Only steps that put a stamp into the period count, so that what a clock does years later widens
    nothing.
    """
    ahead = [0]
    for steps in clocks.values():
        ends = [*(step.valid_from for step in steps[1:]), None]
        for step, end in zip(steps, ends, strict=True):
            starts_before = step.valid_from - step.offset_us < period.end
            if starts_before and (end is None or end - step.offset_us > period.start):
                ahead.append(step.offset_us)
    return Period(Instant(period.start + min(ahead)), Instant(period.end + max(ahead)))
