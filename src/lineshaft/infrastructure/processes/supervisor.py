"""Runs programs, in order, until it is told to stop; starts them again when they end.

One thread, standard library only. Signals and the children's output wake one `select`.
"""

import json
import os
import selectors
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from lineshaft.core.errors import InvariantError, Unavailable
from lineshaft.infrastructure.files import make_dir, write_durably
from lineshaft.infrastructure.processes.child import (
    Child,
    ChildState,
    WriteLine,
    write_to_stderr,
)
from lineshaft.infrastructure.processes.program import Program

PROGRAMS_MAX = 32
START_FAILURES_MAX = 5
STOP_TIMEOUT_S_DEFAULT = 4.0
STATE_FILE = "supervisor.json"

_BUSY_POLL_S = 0.05
_IDLE_POLL_S = 0.25
_WAKE_BYTES = 4_096
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)


class ProgramFailed(Unavailable):
    """A program ended again and again before it was ever ready."""


class Supervisor:
    """Keeps programs running; see the package's README."""

    def __init__(
        self,
        programs: Sequence[Program],
        run_dir: Path,
        *,
        stop_timeout_s: float = STOP_TIMEOUT_S_DEFAULT,
        write_line: WriteLine = write_to_stderr,
    ) -> None:
        """Prepare to run programs.

        Args:
            programs: in the order of starting; they stop in reverse.
            run_dir: directory of the state file.
            stop_timeout_s: how long stopping may take for all together, in seconds.
            write_line: takes each line of output of a program.

        Raises:
            InvariantError: for more than `PROGRAMS_MAX` programs.
        """
        if len(programs) > PROGRAMS_MAX:
            msg = f"{len(programs)} programs, at most {PROGRAMS_MAX}"
            raise InvariantError(msg)
        self._children = [Child(program, write_line) for program in programs]
        self._state_file = run_dir / STATE_FILE
        self._stop_timeout_s = stop_timeout_s
        self._stop_requests = 0
        self._written = b""
        self._selector: selectors.BaseSelector

    def stop(self) -> None:
        """Ask `run` to stop; may be called from any thread. A second request kills at once."""
        self._stop_requests += 1

    def run(self) -> None:
        """Run until SIGTERM, SIGINT or `stop`; returns when no child is left.

        Raises:
            ProgramFailed: when a program cannot be started at all.
            InvariantError: outside the main thread, where children would die with the thread.
        """
        if threading.current_thread() is not threading.main_thread():
            msg = "the supervisor must run in the main thread"
            raise InvariantError(msg)
        make_dir(self._state_file.parent)
        with self._signals_taken():
            try:
                while not self._stop_requests:
                    self._advance()
                    self._write_state()
                    self._wait(self._poll_s())
            finally:
                self._stop_children()

    def _advance(self) -> None:
        """Look after the children in order; those behind one that is not ready may wait for it."""
        for child in self._children:
            self._look_after(child)
            if child.program.is_awaited and not child.has_been_ready:
                return

    def _look_after(self, child: Child) -> None:
        output = child.output
        if child.has_ended():
            self._forget_output(output)
            if not child.has_been_ready and child.failures >= START_FAILURES_MAX:
                msg = (
                    f"cannot start {child.program.name}: it ended {child.failures} times before it "
                    f"was ready, the last time with exit code {child.exit_code}"
                )
                raise ProgramFailed(msg)
        if child.state is ChildState.WAITING and time.monotonic() >= child.next_start_s:
            self._start(child)
        if child.state is ChildState.STARTING:
            child.check_ready()

    def _start(self, child: Child) -> None:
        if child.start():
            self._selector.register(child.output, selectors.EVENT_READ, child)
        elif child.failures >= START_FAILURES_MAX:
            msg = f"cannot start {child.program.name}: {child.program.argv[0]} does not run"
            raise ProgramFailed(msg)

    def _wait(self, timeout_s: float) -> None:
        """Wait for a signal or output and pass the output on."""
        for key, _ in self._selector.select(timeout_s):
            if key.data is None:
                os.read(key.fd, _WAKE_BYTES)
            elif not key.data.read_output():
                self._forget_output(key.fd)

    def _forget_output(self, descriptor: int) -> None:
        if descriptor >= 0 and descriptor in self._selector.get_map():
            self._selector.unregister(descriptor)

    def _poll_s(self) -> float:
        is_settled = all(child.state is ChildState.READY for child in self._children)
        return _IDLE_POLL_S if is_settled else _BUSY_POLL_S

    def _stop_children(self) -> None:
        """Stop in reverse order; each may take an equal share of the time that is left."""
        deadline_s = time.monotonic() + self._stop_timeout_s
        running = [child for child in reversed(self._children) if child.is_running()]
        for index, child in enumerate(running):
            now_s = time.monotonic()
            share_s = (deadline_s - now_s) / (len(running) - index)
            child.signal(signal.SIGTERM)
            while child.is_running() and time.monotonic() < now_s + share_s:
                if self._stop_requests > 1:
                    break
                self._wait(_BUSY_POLL_S)
        for child in self._children:
            self._forget_output(child.output)
            child.close()
        self._state_file.unlink(missing_ok=True)

    def _write_state(self) -> None:
        programs = [
            {
                "name": child.program.name,
                "pid": child.pid,
                "state": child.state,
                "restarts": child.restarts,
            }
            for child in self._children
        ]
        content = json.dumps({"pid": os.getpid(), "programs": programs}, indent=1).encode()
        if content != self._written:
            write_durably(self._state_file, content)
            self._written = content

    @contextmanager
    def _signals_taken(self) -> Iterator[None]:
        reader, writer = socket.socketpair()
        with reader, writer, selectors.DefaultSelector() as self._selector:
            reader.settimeout(0)
            writer.settimeout(0)
            self._selector.register(reader, selectors.EVENT_READ, None)
            handlers = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
            before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
            try:
                yield
            finally:
                signal.set_wakeup_fd(before)
                for number, handler in handlers.items():
                    signal.signal(number, handler)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGCHLD:
            self._stop_requests += 1
