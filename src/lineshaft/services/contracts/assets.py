"""Which machine serves in which place from when to when, and when a contract rests; pure.

A place is what the customer pays for: a machine that stands there may be exchanged for another,
and what is measured in the place is one line all the same.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from msgspec import UNSET, UnsetType

from lineshaft.core.period import Instant, Period, intersect, subtract
from lineshaft.core.reading import check_machine_id
from lineshaft.services.contracts.content import Frozen, TermsInvalid, check_id, check_instant

BINDINGS_MAX = 1_000
PAUSES_MAX = 100
REASON_CHARACTERS_MAX = 500
_END_OF_TIME = Instant(2**63 - 1)


class AssetBinding(Frozen, frozen=True, kw_only=True):
    """A machine serves in a place.

    Attributes:
        place: what the customer pays for, such as `press-1`; machines in it follow one another.
        start, end: RFC 3339 in UTC; left out: from the start, to the end of the contract.
        reason: why it came or went, such as `exchange after bearing damage`.
        work_order: of the exchange, or empty.
    """

    place: str
    machine: str
    start: str | UnsetType = UNSET
    end: str | UnsetType = UNSET
    reason: str = ""
    work_order: str = ""

    def __post_init__(self) -> None:
        """Refuse an empty span, and what no document could print."""
        check_id(self.place, "place")
        check_machine_id(self.machine)
        _check_reason(self.reason)
        _check_reason(self.work_order)
        _ = self.period

    @property
    def period(self) -> Period:
        """From when to when it serves, unless the contract begins later or ends before."""
        start = Instant(0) if self.start is UNSET else check_instant(self.start, "start")
        end = _END_OF_TIME if self.end is UNSET else check_instant(self.end, "end")
        return Period(start, end)


class Pause(Frozen, frozen=True, kw_only=True):
    """A span in which the contract rests: no base fee, no guarantee; usage is billed all the same.

    Attributes:
        start, end: RFC 3339 in UTC; `end` is left out while nobody knows it.
    """

    start: str
    end: str | UnsetType = UNSET
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse an empty span."""
        _check_reason(self.reason)
        _ = self.period

    @property
    def period(self) -> Period:
        """From when to when the contract rests."""
        end = _END_OF_TIME if self.end is UNSET else check_instant(self.end, "end")
        return Period(check_instant(self.start, "start"), end)


class Slot(NamedTuple):
    """A machine in a place, over a span within a billed period."""

    machine: str
    period: Period


def slots_of(bindings: Sequence[AssetBinding], period: Period) -> list[Slot]:
    """Return who serves when within a period: by place, in the order of the contract."""
    found = []
    for place in dict.fromkeys(each.place for each in bindings):
        for each in bindings:
            span = each.period.intersection(period) if each.place == place else None
            if span is not None:
                found.append(Slot(each.machine, span))
    return found


def gaps_of(bindings: Sequence[AssetBinding], period: Period) -> list[Period]:
    """Return the spans in which no machine stands in a place between two that do.

    One list over all places: two empty places at the same time are two spans.
    """
    gaps: list[Period] = []
    for place in dict.fromkeys(each.place for each in bindings):
        spans = [each.period for each in bindings if each.place == place]
        whole = Period(min(each.start for each in spans), max(each.end for each in spans))
        gaps += intersect(subtract([whole], spans), [period])
    return gaps


def check_bindings(bindings: Sequence[AssetBinding], machines: Sequence[str]) -> None:
    """Pass bindings of the contract's machines: one in a place, each in one place at a time.

    Raises:
        TermsInvalid: otherwise.
    """
    if not 0 < len(bindings) <= BINDINGS_MAX:
        msg = f"{len(bindings)} asset bindings: expected 1 to {BINDINGS_MAX}"
        raise TermsInvalid(msg)
    if {each.machine for each in bindings} != set(machines):
        msg = "the asset bindings name other machines than the contract: expected the same"
        raise TermsInvalid(msg)
    for what in ("place", "machine"):
        for name in dict.fromkeys(getattr(each, what) for each in bindings):
            spans = [each.period for each in bindings if getattr(each, what) == name]
            for before, after in itertools.pairwise(spans):
                if after.start < before.end:
                    msg = f"two asset bindings of {what} {name} overlap or are not in order of time"
                    raise TermsInvalid(msg)


def check_pauses(pauses: Sequence[Pause]) -> None:
    """Pass pauses in the order of time that do not touch.

    Raises:
        TermsInvalid: otherwise.
    """
    if not 0 < len(pauses) <= PAUSES_MAX:
        msg = f"{len(pauses)} pauses: expected 1 to {PAUSES_MAX}"
        raise TermsInvalid(msg)
    for before, after in itertools.pairwise(pauses):
        if after.period.start <= before.period.end:
            msg = f"the pause from {after.start} on begins before the one before it is over"
            raise TermsInvalid(msg)


def _check_reason(text: str) -> None:
    if len(text) > REASON_CHARACTERS_MAX or not text.isprintable():
        msg = f"a reason of {len(text)} characters: at most {REASON_CHARACTERS_MAX}, on one line"
        raise TermsInvalid(msg)
