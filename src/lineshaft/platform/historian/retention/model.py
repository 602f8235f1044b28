"""Holds, rules and requests of deletion: pure types."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_DAY, Instant, Period, format_instant
from lineshaft.core.reading import SIGNAL_ID_BYTES_MAX, SignalId, SourceId

HOLDS_MAX = 100_000
RULES_MAX = 1_000
PATTERNS_MAX = 100
"""Patterns in one request."""
DAYS_MAX = 36_600
"""A hundred years: what shall stay longer needs no rule."""
REASON_CHARACTERS_MAX = 500
HOLD_MARGIN_US = US_PER_DAY
"""Beyond either end of a held period: what was in force at its edge lies there."""
_ID_CHARACTERS_MAX = 300
_BEGINNING, _NEVER, _END = Instant(-(2**62)), Instant(0), Instant(2**62)
_PATTERN = re.compile(r"[^\x00-\x20\x7f]{1,200}")


class Hold(msgspec.Struct, frozen=True):
    """Nobody may delete what some signals said in a period, until an instant.

    Attributes:
        id: of whoever sets it; the same id again replaces the hold.
        pattern: a signal id; `*` stands for any characters.
        end: of the period; None while it is open.
        keep_until: None while nobody knows.
        reason: for a person.
        author: id of the actor.
        set_at: when it was set last.
    """

    id: str
    pattern: str
    start: Instant
    end: Instant | None
    keep_until: Instant | None
    reason: str
    author: str = ""
    set_at: Instant = _NEVER

    def __post_init__(self) -> None:
        """Refuse an empty period, a pattern that matches nothing, an id that is none."""
        check_pattern(self.pattern)
        check_reason(self.reason)
        if not 0 < len(self.id) <= _ID_CHARACTERS_MAX:
            msg = f"a hold needs an id of 1 to {_ID_CHARACTERS_MAX} characters"
            raise Invalid(msg)
        _ = self.period

    @property
    def period(self) -> Period:
        """The held period; an open end is far in the future."""
        return Period(self.start, _END if self.end is None else self.end)

    @property
    def guarded(self) -> Period:
        """The held period and a margin on either side."""
        period = self.period
        start = Instant(max(_BEGINNING, period.start - HOLD_MARGIN_US))
        return Period(start, Instant(min(_END, period.end + HOLD_MARGIN_US)))

    def is_live(self, now: Instant) -> bool:
        """Tell whether it still holds."""
        return self.keep_until is None or now < self.keep_until

    def __str__(self) -> str:
        """Name it for a person: whose, which signals, which period, until when."""
        end = "open" if self.end is None else format_instant(self.end)
        until = "further notice" if self.keep_until is None else format_instant(self.keep_until)
        span = f"{format_instant(self.start)} to {end}"
        return f"hold {self.id} on {self.pattern}, {span}, until {until} ({self.reason})"


class EvidenceHold(msgspec.Struct, frozen=True):
    """Nobody may delete the records of a signal that a billed usage record names.

    Attributes:
        subject: what rests on them, such as `usage/<hash>`.
        first_ordinal, last_ordinal: of the signal in the source and epoch, both included.
    """

    subject: str
    signal: SignalId
    source: SourceId
    epoch: int
    first_ordinal: int
    last_ordinal: int
    keep_until: Instant

    def __str__(self) -> str:
        """Name it for a person."""
        span = f"readings {self.first_ordinal} to {self.last_ordinal} of {self.signal}"
        until = format_instant(self.keep_until)
        return f"hold {self.subject} on {span} from {self.source}/{self.epoch}, until {until}"


class RetentionRule(msgspec.Struct, frozen=True):
    """What some signals said is deleted when it is older than a number of days.

    Attributes:
        pattern: a signal id; `*` stands for any characters.
        days: whole days, by UTC.
        keep_rollups: whether the roll-ups outlive the readings.
    """

    pattern: str
    days: int
    keep_rollups: bool = True

    def __post_init__(self) -> None:
        """Refuse a pattern that matches nothing, and an age that is none."""
        check_pattern(self.pattern)
        if not 1 <= self.days <= DAYS_MAX:
            msg = f"rule on {self.pattern}: expected 1 to {DAYS_MAX} days, not {self.days}"
            raise Invalid(msg)

    def cut(self, now: Instant) -> Instant:
        """Return the midnight before which everything is old enough."""
        return Instant((now // US_PER_DAY - self.days) * US_PER_DAY)

    def to_content(self) -> dict[str, object]:
        """Return the JSON content by which two states are compared."""
        return {"pattern": self.pattern, "days": self.days, "keep_rollups": self.keep_rollups}


def rule_of(rules: Iterable[RetentionRule], signal: str) -> RetentionRule | None:
    """Return the rule that a signal obeys, or None: then it is kept for ever.

    Of several that match it is the most specific, which is the one with the most characters that
    are no `*`; of equals the one that keeps longer.
    """
    matching = [rule for rule in rules if matches(rule.pattern, signal)]
    return max(matching, key=_specificity, default=None)


def _specificity(rule: RetentionRule) -> tuple[int, int, str]:
    return len(rule.pattern.replace("*", "")), rule.days, rule.pattern


class Deletion(msgspec.Struct, frozen=True):
    """A request: delete what some signals said in a period.

    Only whole blocks go, those with all their records in the period; a block is what one signal
    said within one segment, some seconds of it. What remains at the edges goes with a later
    request.

    Attributes:
        patterns: signal ids; `*` stands for any characters.
        reason: for the audit chain.
        keep_rollups: whether the roll-ups of the days stay.
    """

    patterns: Sequence[str]
    period: Period
    reason: str
    keep_rollups: bool = True

    def __post_init__(self) -> None:
        """Refuse a request without signals or reason."""
        if not 1 <= len(self.patterns) <= PATTERNS_MAX:
            msg = f"a deletion names 1 to {PATTERNS_MAX} signals or patterns"
            raise Invalid(msg)
        for pattern in self.patterns:
            check_pattern(pattern)
        check_reason(self.reason)

    @classmethod
    def before(cls, patterns: Sequence[str], cut: Instant, reason: str) -> "Deletion":
        """Return the request to delete everything before an instant."""
        return cls(patterns, Period(_BEGINNING, cut), reason)


class HeldBlocks(msgspec.Struct, frozen=True):
    """What a deletion would touch and may not.

    Attributes:
        hold: named for a person.
        signal: whose records they are.
        blocks, rows: how many.
    """

    hold: str
    signal: SignalId
    blocks: int
    rows: int


class DeletionReport(msgspec.Struct, frozen=True):
    """What a deletion does, or has done.

    Attributes:
        blocks, rows: that are deleted.
        segments: that they stand in; `segments_gone` of them have nothing left.
        files: store files that are written anew or dropped.
        byte_estimate: disk that becomes free, about, before tombstones.
        held: what may not be deleted.
    """

    blocks: int = 0
    rows: int = 0
    segments: int = 0
    segments_gone: int = 0
    files: int = 0
    byte_estimate: int = 0
    held: tuple[HeldBlocks, ...] = ()

    def plus(self, other: "DeletionReport") -> "DeletionReport":
        """Return both together."""
        return DeletionReport(
            self.blocks + other.blocks,
            self.rows + other.rows,
            self.segments + other.segments,
            self.segments_gone + other.segments_gone,
            self.files + other.files,
            self.byte_estimate + other.byte_estimate,
            (*self.held, *other.held),
        )


def check_pattern(pattern: str) -> str:
    """Pass a signal id in which `*` may stand for any characters.

    Raises:
        Invalid: otherwise.
    """
    sound = _PATTERN.fullmatch(pattern) and len(pattern.encode()) <= SIGNAL_ID_BYTES_MAX
    if not sound:
        msg = f"pattern {pattern[:80]!r}: expected a signal id, with * for any characters"
        raise Invalid(msg)
    return pattern


def check_reason(reason: str) -> str:
    """Pass a reason that says something.

    Raises:
        Invalid: when it is empty or too long.
    """
    if not (reason.strip() and len(reason) <= REASON_CHARACTERS_MAX):
        msg = f"a reason is needed, of 1 to {REASON_CHARACTERS_MAX} characters"
        raise Invalid(msg)
    return reason


@lru_cache(maxsize=10_000)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)


def matches(pattern: str, signal: str) -> bool:
    """Tell whether a pattern means a signal."""
    return _compiled(pattern).fullmatch(signal) is not None
