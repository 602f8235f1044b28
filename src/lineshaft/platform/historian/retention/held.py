"""Which signals are held now: asked for every block that intake commits."""

import threading

from lineshaft.core.clock import Clock
from lineshaft.core.period import Instant
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.retention.model import matches
from lineshaft.platform.historian.retention.ports import RetentionStore

REFRESH_S = 10
"""How long a hold may be set before intake knows of it."""
_US_PER_S = 1_000_000


class HeldSignals:
    """Tells which signals are held, from a short memory; safe to share between threads."""

    def __init__(self, database: Database, store: RetentionStore, clock: Clock) -> None:
        """Read the holds that `store` keeps."""
        self._database, self._store, self._clock = database, store, clock
        self._lock = threading.Lock()
        self._read_at: Instant | None = None
        self._patterns: frozenset[str] = frozenset()
        self._answers: dict[str, bool] = {}

    def is_held(self, signal: str) -> bool:
        """Tell whether a live hold means a signal, whatever its period."""
        with self._lock:
            self._refresh()
            answer = self._answers.get(signal)
            if answer is None:
                answer = signal in self._patterns or any(
                    "*" in pattern and matches(pattern, signal) for pattern in self._patterns
                )
                self._answers[signal] = answer
            return answer

    def _refresh(self) -> None:
        now = self._clock.now()
        if self._read_at is not None and now - self._read_at < REFRESH_S * _US_PER_S:
            return
        with self._database.read() as connection:
            holds = self._store.holds(connection, now)
        patterns = frozenset(hold.pattern for hold in holds)
        if patterns != self._patterns:
            self._patterns, self._answers = patterns, {}
        self._read_at = now
