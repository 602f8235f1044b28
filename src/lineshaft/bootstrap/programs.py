"""The programs of this installation as one picture: what the supervisor and each of them says."""

import http.client
import json
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from lineshaft.bootstrap.supervision import ready_path
from lineshaft.infrastructure.processes.supervisor import PROGRAMS_MAX, STATE_FILE
from lineshaft.infrastructure.settings import Settings
from lineshaft.infrastructure.telemetry import Health
from lineshaft.infrastructure.telemetry.server import LOOPBACK
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer

ANSWER_TIMEOUT_S = 1.0
"""How long a program may take to say how it is."""
ANSWER_BYTES_MAX = 64 * 1024
KEPT_S = 1.0
"""How long an answer is used again, so that many who ask cost no more than one."""
READY = "ready"
NO_ANSWER = "health"
OWN = "api"
"""The program that asks: its own health is at hand."""


class ProgramReport(msgspec.Struct, frozen=True):
    """How a program is.

    Attributes:
        state: waiting, starting, ready or stopped, as its supervisor says.
        restarts: how often it was started again.
        checks: why a check of its own fails, by its name; empty text where it does not.
    """

    name: str
    state: str
    pid: int | None
    restarts: int
    checks: dict[str, str]

    @property
    def is_well(self) -> bool:
        """Whether it runs and no check fails."""
        return self.state == READY and not any(self.checks.values())

    def to_api(self) -> dict[str, object]:
        """Return the JSON content."""
        return {
            "name": self.name,
            "state": self.state,
            "restarts": self.restarts,
            "ok": self.is_well,
            "checks": self.checks,
        }


def supervised_now(settings: Settings) -> list[dict[str, Any]]:
    """Return what a supervisor that lives says of its programs; nothing where none does."""
    try:
        state = json.loads((settings.run_dir / STATE_FILE).read_bytes())
        os.kill(state["pid"], 0)
    except (FileNotFoundError, ProcessLookupError):
        return []
    except PermissionError:
        return []  # the number is somebody else's by now
    programs: list[dict[str, Any]] = state["programs"][:PROGRAMS_MAX]
    return programs


class Programs:
    """Asks the supervisor's file and each program's `/health`.

    A program that runs without a supervisor, as in a test, has nobody beside it to ask.
    """

    def __init__(self, settings: Settings, authorizer: Authorizer, health: Health) -> None:
        """Ask the programs of the installation of `settings`; `health` is that of this one."""
        self._settings = settings
        self._authorizer = authorizer
        self._health = health
        self._lock = threading.Lock()
        self._kept: tuple[ProgramReport, ...] = ()
        self._kept_until_s = 0.0

    def reports(self, actor: Actor) -> tuple[ProgramReport, ...]:
        """Return how each program is, in the order of starting.

        Raises:
            Forbidden: for who may not see the status of the hub.
        """
        self._authorizer.authorize(actor, Action.STATUS_READ, Resource("hub", "*"))
        return self._reports()

    def is_well(self) -> bool:
        """Tell anybody whether all is well, and nothing else; this program counts, too."""
        return self._health.report().is_ok and all(each.is_well for each in self._reports())

    def _reports(self) -> tuple[ProgramReport, ...]:
        with self._lock:
            if time.monotonic() >= self._kept_until_s:
                self._kept = self._ask_all()
                self._kept_until_s = time.monotonic() + KEPT_S
            return self._kept

    def _ask_all(self) -> tuple[ProgramReport, ...]:
        programs = supervised_now(self._settings)
        if not programs:
            return ()
        with ThreadPoolExecutor(len(programs)) as asking:
            return tuple(asking.map(self._ask, programs))

    def _ask(self, program: dict[str, Any]) -> ProgramReport:
        name, state = program["name"], program["state"]
        checks: dict[str, str] = {}
        if name == OWN:
            checks = self._health.report().checks
        elif state == READY:
            checks = self._checks_of(name)
        return ProgramReport(name, state, program["pid"], program["restarts"], checks)

    def _checks_of(self, name: str) -> dict[str, str]:
        path = ready_path(self._settings, name)
        if not path.exists():
            return {}  # the bus is not ours: its supervisor asks its port
        return _read_health(lambda: int(path.read_text(encoding="ascii")))


def _read_health(port: Callable[[], int]) -> dict[str, str]:
    """Return the checks of a program, or that it does not say."""
    try:
        connection = http.client.HTTPConnection(LOOPBACK, port(), timeout=ANSWER_TIMEOUT_S)
        try:
            connection.request("GET", "/health")
            content = json.loads(connection.getresponse().read(ANSWER_BYTES_MAX))
        finally:
            connection.close()
        return {str(check): str(why) for check, why in content["checks"].items()}
    except (OSError, ValueError, KeyError, AttributeError, http.client.HTTPException):
        return {NO_ANSWER: f"no answer within {ANSWER_TIMEOUT_S:g} s"}
