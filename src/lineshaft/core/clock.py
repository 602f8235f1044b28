"""Time and identity as arguments: what a use case takes instead of looking at the wall."""

from typing import Protocol

from lineshaft.core.period import Instant


class Clock(Protocol):
    """Tells the present instant; `infrastructure` has the system's, tests move one by hand."""

    def now(self) -> Instant:
        """Return the present instant in microseconds since 1970-01-01T00:00:00Z."""
        ...


class IdSource(Protocol):
    """Makes identifiers that never repeat."""

    def new_id(self, prefix: str) -> str:
        """Return a new identifier such as `usr_01k3…`: the prefix, `_`, 26 characters."""
        ...


class ManualClock:
    """A clock that stands still until it is moved: for tests, replays and simulations."""

    def __init__(self, start: Instant) -> None:
        """Start at `start`."""
        self._now = start

    def now(self) -> Instant:
        """Return the instant that was set last."""
        return self._now

    def advance(self, duration_us: int) -> None:
        """Move on by `duration_us` microseconds; a negative step is a clock set back."""
        self._now = Instant(self._now + duration_us)


class CountingIds:
    """Identifiers `<prefix>_000…1`, `…2`, in the order of asking: for tests and simulations."""

    def __init__(self) -> None:
        """Start at 1."""
        self._last = 0

    def new_id(self, prefix: str) -> str:
        """Return the next identifier."""
        self._last += 1
        return f"{prefix}_{self._last:026d}"
