"""Whether a process can do its work, and if not, why."""

import threading

import msgspec

from lineshaft.core.errors import InvariantError

CHECKS_MAX = 100


class HealthReport(msgspec.Struct, frozen=True):
    """The state of all checks.

    Attributes:
        checks: why a check fails, by its name; empty text where it does not.
    """

    checks: dict[str, str]

    @property
    def is_ok(self) -> bool:
        """Whether no check fails."""
        return not any(self.checks.values())

    def to_api(self) -> dict[str, object]:
        """Return the report as the JSON answer of `/health`."""
        return {"ok": self.is_ok, "checks": self.checks}


class Health:
    """Named checks that the parts of a process set; safe to share between threads."""

    def __init__(self) -> None:
        """Start without checks."""
        self._lock = threading.Lock()
        self._checks: dict[str, str] = {}

    def set(self, name: str, why_not: str = "") -> None:
        """Set a check: well, or why it is not.

        Raises:
            InvariantError: when there would be more than `CHECKS_MAX` names.
        """
        with self._lock:
            self._checks[name] = why_not
            if len(self._checks) > CHECKS_MAX:
                msg = f"more than {CHECKS_MAX} health checks: names must not hold data"
                raise InvariantError(msg)

    def report(self) -> HealthReport:
        """Return the present state."""
        with self._lock:
            return HealthReport(dict(self._checks))
