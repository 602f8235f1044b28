"""One child process of the supervisor: start it, hear it, end it.

The kernel kills the child when the thread that started it ends (Linux, prctl(2),
PR_SET_PDEATHSIG); hence children are started from the supervisor's main thread only, and end with
it however it dies.
"""

import ctypes
import enum
import os
import signal
import subprocess
import time
from collections.abc import Callable

from lineshaft.infrastructure.processes.program import Program

LINE_BYTES_MAX = 64 * 1024
BACKOFF_S_MIN = 0.1
BACKOFF_S_MAX = 5.0
STABLE_S = 2.0
READY_DOUBLINGS_MAX = 3
"""How often a program gets twice as long to be ready, once for each failure in a row."""

_PR_SET_PDEATHSIG = 1
_KILLED_CHILD_WAIT_S = 1.0
_LIBC = ctypes.CDLL(None, use_errno=True)

WriteLine = Callable[[str, str], None]
"""Takes the name of a program and a line of its output."""


class ChildState(enum.StrEnum):
    """Where a child is on its way."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    STOPPED = "stopped"


class Child:
    """A program with its present process, if there is one."""

    def __init__(self, program: Program, write_line: WriteLine) -> None:
        """Wait to be started; output goes to `write_line` line by line."""
        self.program = program
        self.state = ChildState.WAITING
        self.has_been_ready = False
        self.starts = 0
        self.failures = 0
        self.exit_code: int | None = None
        self.next_start_s = 0.0
        self._write_line = write_line
        self._process: subprocess.Popen[bytes] | None = None
        self._started_s = 0.0
        self._partial = b""

    @property
    def pid(self) -> int | None:
        """Process id, while there is a process."""
        return self._process.pid if self._process else None

    @property
    def restarts(self) -> int:
        """How often it was started again."""
        return max(0, self.starts - 1)

    @property
    def output(self) -> int:
        """File descriptor of the pipe that carries its output."""
        if self._process is None or self._process.stdout is None:
            return -1
        return self._process.stdout.fileno()

    def start(self) -> bool:
        """Start the process and tell whether there is one now."""
        for path in self.program.stale_files:
            path.unlink(missing_ok=True)
        self._started_s = time.monotonic()
        self.starts += 1
        try:
            self._process = subprocess.Popen(  # noqa: S603 - programs of our own making
                self.program.argv,
                env={**os.environ, **self.program.environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                # Ctrl-C goes to the supervisor alone, which stops the children in order.
                start_new_session=True,
                # Between fork and exec this takes no lock that another thread could hold.
                preexec_fn=die_with(os.getpid()),  # noqa: PLW1509
            )
        except OSError as error:
            self._write_line(self.program.name, f"cannot be started: {error}")
            self._plan_restart()
            return False
        os.set_blocking(self.output, False)
        self.state = ChildState.STARTING
        return True

    def check_ready(self) -> None:
        """Ask a starting program whether it is ready; kill it when it takes too long."""
        if self.program.ready():
            self.state = ChildState.READY
            self.has_been_ready = True
        elif time.monotonic() - self._started_s > (limit := self._ready_timeout_s()):
            self._write_line(self.program.name, f"is not ready after {limit:g} s: killed")
            self.signal(signal.SIGKILL)
            self._started_s = time.monotonic()  # so that this is said once

    def _ready_timeout_s(self) -> float:
        """Return how long this start may take: a machine that is slow or busy needs longer."""
        return self.program.ready_timeout_s * float(1 << min(self.failures, READY_DOUBLINGS_MAX))

    def has_ended(self) -> bool:
        """Tell whether the process has ended since it was asked last, and plan the next start."""
        if self._process is None or self._process.poll() is None:
            return False
        self.exit_code = self._process.returncode
        self._write_line(self.program.name, f"ended with exit code {self.exit_code}")
        self._plan_restart()
        return True

    def is_running(self) -> bool:
        """Tell whether there is a process."""
        return self._process is not None and self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process, if there is one."""
        if self._process is not None:
            self._process.send_signal(number)

    def close(self) -> None:
        """Kill what is left and free the pipe."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_KILLED_CHILD_WAIT_S)
            self._release()
        self.state = ChildState.STOPPED

    def read_output(self) -> bool:
        """Pass on the lines that have arrived and tell whether more can come.

        A line over `LINE_BYTES_MAX` is cut in pieces.
        """
        try:
            data = os.read(self.output, LINE_BYTES_MAX)
        except BlockingIOError:
            return True
        *lines, self._partial = (self._partial + data).split(b"\n")
        if len(self._partial) >= LINE_BYTES_MAX:
            lines.append(self._partial)
            self._partial = b""
        for line in lines:
            self._write(line)
        return bool(data)

    def _plan_restart(self) -> None:
        lived_s = time.monotonic() - self._started_s
        is_stable = self.state is ChildState.READY and lived_s >= STABLE_S
        self.failures = 1 if is_stable else self.failures + 1
        self.next_start_s = time.monotonic() + backoff_s(self.failures)
        self._release()
        self.state = ChildState.WAITING

    def _release(self) -> None:
        if self._process is not None and self._process.stdout is not None:
            self.read_output()
            self._write(self._partial)
            self._process.stdout.close()
        self._process = None
        self._partial = b""

    def _write(self, line: bytes) -> None:
        if line:
            self._write_line(self.program.name, line.decode(errors="replace"))


def backoff_s(failures: int) -> float:
    """Return the wait before the next start: doubled with each failure in a row, with a maximum."""
    doublings = min(failures - 1, 16)
    return min(BACKOFF_S_MAX, BACKOFF_S_MIN * float(1 << doublings))


def die_with(parent: int, number: signal.Signals = signal.SIGKILL) -> Callable[[], None]:
    """Return what a child does first, so that the kernel ends it when its parent dies.

    Args:
        parent: process id of the parent; it starts the child from its main thread.
        number: the signal that the child then gets.
    """

    def prepare() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            # The supervisor died between fork and prctl, so no signal will come any more.
            os._exit(1)

    return prepare


def write_to_stderr(name: str, line: str) -> None:
    """Write a line of a program's output, prefixed with its name."""
    os.write(2, f"{name} | {line}\n".encode())
