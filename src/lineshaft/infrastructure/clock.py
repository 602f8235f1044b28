"""The system's clock and random identifiers: the one module that looks at the wall."""

import secrets
import threading
import time

from lineshaft.core.clock import Clock
from lineshaft.core.period import Instant

_NS_PER_US = 1_000
_US_PER_MS = 1_000
_RANDOM_BITS = 80
_ID_BITS = 128
_ID_CHARACTERS = 26
_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


class SystemClock:
    """The operating system's UTC clock; it can be set back, so order never follows from it."""

    def now(self) -> Instant:
        """Return the present instant in microseconds since 1970-01-01T00:00:00Z."""
        return Instant(time.time_ns() // _NS_PER_US)


class RandomIds:
    """Identifiers in the form of a ULID: 48 bits of milliseconds, then 80 random bits.

    Written in Crockford's base 32, lower case. Within a process each is greater than the one
    before, also within one millisecond and when the clock is set back, so that an index on them
    grows at its end. Safe to share between threads.
    """

    def __init__(self, clock: Clock) -> None:
        """Take the time part from `clock`."""
        self._clock = clock
        self._lock = threading.Lock()
        self._last = 0

    def new_id(self, prefix: str) -> str:
        """Return a new identifier such as `usr_01k3…`: the prefix, `_`, 26 characters."""
        milliseconds = self._clock.now() // _US_PER_MS
        with self._lock:
            drawn = milliseconds << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
            same_or_earlier = milliseconds <= self._last >> _RANDOM_BITS
            self._last = self._last + 1 if same_or_earlier else drawn
            number = self._last % (1 << _ID_BITS)
        return f"{prefix}_{_base32(number)}"


def _base32(number: int) -> str:
    digits = []
    for _ in range(_ID_CHARACTERS):
        number, digit = divmod(number, len(_CROCKFORD))
        digits.append(_CROCKFORD[digit])
    return "".join(reversed(digits))
