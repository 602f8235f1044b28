"""What a verification says, and the readings behind a line: pure types."""

import enum

import msgspec

from lineshaft.core.period import Instant
from lineshaft.core.reading import RecordKind, SignalId, SourceId
from lineshaft.core.value import Value


class Outcome(enum.StrEnum):
    """How a check ended.

    `LIMIT` is what no verification of these files could tell; it does not weaken the verdict.
    `UNCHECKED` is what more files would have let us tell.
    """

    PASSED = "passed"
    FAILED = "failed"
    UNCHECKED = "unchecked"
    LIMIT = "limit"


class Verdict(enum.StrEnum):
    """What all checks say together."""

    PROVEN = "proven"
    AUTHENTIC = "authentic"
    WRONG = "wrong"


EXIT_CODES = {Verdict.PROVEN: 0, Verdict.WRONG: 1, Verdict.AUTHENTIC: 3}


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at.

    Attributes:
        name: stable, for scripts: `document signature`, `segment signatures`, `line 2`.
        outcome: how it ended.
        detail: what was found, for a person; for a failure, the first thing that is wrong.
    """

    name: str
    outcome: Outcome
    detail: str

    def __str__(self) -> str:
        """Write outcome, name and detail on one line."""
        return f"{self.outcome:<9} {self.name}: {self.detail}"


class Report(msgspec.Struct, frozen=True):
    """All checks, in the order in which they were made."""

    checks: tuple[Check, ...]

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that found something wrong; the first names the first wrong thing."""
        return self._having(Outcome.FAILED)

    @property
    def unchecked(self) -> tuple[Check, ...]:
        """What more files would have let us check."""
        return self._having(Outcome.UNCHECKED)

    @property
    def limits(self) -> tuple[Check, ...]:
        """What these files cannot tell anyone."""
        return self._having(Outcome.LIMIT)

    @property
    def verdict(self) -> Verdict:
        """Wrong, when anything is; authentic, when something could not be checked; else proven."""
        if self.failures or not self._having(Outcome.PASSED):
            return Verdict.WRONG
        return Verdict.AUTHENTIC if self.unchecked else Verdict.PROVEN

    @property
    def exit_code(self) -> int:
        """0 proven, 3 authentic but not everything recomputed, 1 wrong."""
        return EXIT_CODES[self.verdict]

    def _having(self, outcome: Outcome) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.outcome is outcome)

    def __str__(self) -> str:
        """Write one line per check and the verdict."""
        return "\n".join([*map(str, self.checks), f"verdict   {self.verdict}"])


class LineReading(msgspec.Struct, frozen=True):
    """A stored record behind an invoice line.

    Attributes:
        usage: place of the usage record in the document's list, from 0.
        segment: number of the signed header over it; None where it is not stored any more.
        detail: for a correction or refusal, its canonical JSON.
    """

    usage: int
    signal: SignalId
    source: SourceId
    epoch: int
    sequence: int
    ordinal: int
    segment: int | None
    ts: Instant
    own_ts: Instant | None
    kind: RecordKind
    status: int
    value: Value
    detail: str | None
