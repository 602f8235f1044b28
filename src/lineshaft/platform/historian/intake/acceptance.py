"""The acceptance rule: which segment of a source's chain is stored next. Pure.

Deduplication follows from it: a chain of numbered headers, each with the hash of the one before,
costs one mark per source and epoch and never expires, where a window of message ids does.
"""

import enum
from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from lineshaft.core.segment.header import Header
from lineshaft.platform.historian.model import Mark

HELD_SEGMENTS_MAX = 64
"""Segments of one source and epoch that wait for a gap before them to be filled."""

T = TypeVar("T")


class Verdict(enum.Enum):
    """What becomes of a segment."""

    ACCEPT = "accept"
    DUPLICATE = "duplicate"
    HOLD = "hold"
    DROP = "drop"
    """Too far ahead to hold; its source sends it again when it is asked for the gap."""
    CONFLICT = "conflict"


class Candidate(msgspec.Struct, Generic[T], frozen=True):
    """A verified segment that wants to be stored; `content` is whatever goes with it."""

    header: Header
    header_hash: bytes
    content: T

    def mark(self) -> Mark:
        """Return the mark once this segment is stored."""
        return Mark(self.header.number, self.header.last_sequence, self.header_hash)


def judge(mark: Mark, header: Header, header_hash: bytes, stored_hash: bytes | None) -> Verdict:
    """Judge a verified segment against the mark of its source and epoch.

    Args:
        mark: what is stored so far.
        header: of the segment.
        header_hash: its hash.
        stored_hash: hash of the stored header of the same number, where there is one.

    Returns:
        HOLD for any segment ahead of the next; whether there is room is not judged here.
    """
    if header.number <= mark.number:
        return Verdict.DUPLICATE if header_hash == stored_hash else Verdict.CONFLICT
    if header.number > mark.number + 1:
        return Verdict.HOLD
    continues = (
        header.previous_hash == mark.header_hash and header.first_sequence == mark.sequence + 1
    )
    return Verdict.ACCEPT if continues else Verdict.CONFLICT


class Chain(msgspec.Struct, Generic[T]):
    """One source and epoch as intake sees it: its mark and what is held ahead of it.

    Attributes:
        mark: of the last segment that was accepted, whether it is committed yet or not.
        stored_hash: gives the hash of an accepted header by number, at or below the mark.
        held: segments ahead of a gap, by number.
    """

    mark: Mark
    stored_hash: Callable[[int], bytes | None]
    held: dict[int, Candidate[T]] = msgspec.field(default_factory=dict)

    def offer(self, candidate: Candidate[T]) -> tuple[Verdict, list[tuple[Verdict, Candidate[T]]]]:
        """Offer a verified segment.

        Returns:
            The verdict on it, and every segment that is decided now (accepted, in conflict or
            dropped) in the order of the chain: with the next one, those held behind it follow.
        """
        header = candidate.header
        below = header.number <= self.mark.number
        stored = self.stored_hash(header.number) if below else None
        verdict = judge(self.mark, header, candidate.header_hash, stored)
        match verdict:
            case Verdict.HOLD:
                return self._hold(candidate), []
            case Verdict.ACCEPT:
                self.mark = candidate.mark()
                return verdict, [(verdict, candidate), *self._release()]
            case Verdict.CONFLICT:
                return verdict, [(verdict, candidate), *self._let_go()]
            case _:
                return verdict, []

    def _hold(self, candidate: Candidate[T]) -> Verdict:
        number = candidate.header.number
        if number not in self.held and len(self.held) >= HELD_SEGMENTS_MAX:
            return Verdict.DROP
        # Of two with the same number the first stays; if it is the wrong one, that shows when the
        # gap is closed, and the right one is sent again.
        return (
            Verdict.HOLD if self.held.setdefault(number, candidate) is candidate else Verdict.DROP
        )

    def _release(self) -> list[tuple[Verdict, Candidate[T]]]:
        decided: list[tuple[Verdict, Candidate[T]]] = []
        while (following := self.held.pop(self.mark.number + 1, None)) is not None:
            verdict = judge(self.mark, following.header, following.header_hash, None)
            decided.append((verdict, following))
            if verdict is not Verdict.ACCEPT:
                return [*decided, *self._let_go()]
            self.mark = following.mark()
        return decided

    def _let_go(self) -> list[tuple[Verdict, Candidate[T]]]:
        """Drop what is held: behind a conflict it continues another chain than ours."""
        dropped = [(Verdict.DROP, candidate) for candidate in self.held.values()]
        self.held.clear()
        return dropped

    @property
    def has_gap(self) -> bool:
        """Whether something is held: the segments after the mark are missing."""
        return bool(self.held)
