"""A part of a long computation in a copy of this process, for a command that works alone.

A copy begins with all that this process has imported and read, and says its result through a pipe.
Nothing else of it is seen: it must not use the database, whose connections are its parent's
(SQLite, "How To Corrupt An SQLite Database File", section 2.6), nor write anything. Where there is
no copy, or it ends without a result, the part is computed here, which takes longer, and no more.
"""

import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Generic, NoReturn, TypeVar

from lineshaft.infrastructure.processes.child import die_with

PROCESSES_MAX = 8
"""At most so many compute at once, this one among them."""

T = TypeVar("T")
_PROCESSES: ContextVar[int] = ContextVar("processes", default=1)


@contextmanager
def copies_allowed() -> Iterator[None]:
    """Allow copies: for a command. A hub is never copied, for its threads would be missing."""
    is_possible = sys.platform == "linux"
    count = min(len(os.sched_getaffinity(0)), PROCESSES_MAX) if is_possible else 1
    token = _PROCESSES.set(count)
    try:
        yield
    finally:
        _PROCESSES.reset(token)


def processes() -> int:
    """Return how many processes may compute at once, this one among them."""
    return _PROCESSES.get()


@contextmanager
def apart(there: Callable[[], T], here: Callable[[], T]) -> Iterator[Callable[[], T]]:
    """Begin to compute something beside this process, and give what waits for the result.

    Args:
        there: computes it in a copy, where the result is pickled.
        here: computes the same in this process, where that has to be.
    """
    copy = _copy(there, here) if processes() > 1 else None
    if copy is None:
        yield here
        return
    try:
        yield copy.result
    finally:
        copy.end()


def _copy(there: Callable[[], T], here: Callable[[], T]) -> "_Copy[T] | None":
    """Return a copy that computes; None where the system has no more processes or memory."""
    reading, writing = os.pipe()
    parent = os.getpid()
    try:
        pid = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        return None
    if pid == 0:
        os.close(reading)
        _say(there, writing, parent)
    os.close(writing)
    return _Copy(pid, reading, here)


class _Copy(Generic[T]):
    """A copy of this process that computes one thing, and the pipe through which it says it."""

    def __init__(self, pid: int, reading: int, here: Callable[[], T]) -> None:
        self._pid: int | None = pid
        self._pipe = os.fdopen(reading, "rb")
        self._here = here

    def result(self) -> T:
        """Return what was computed, there or here."""
        said = self._pipe.read()
        if self._wait() != 0 or not said:
            return self._here()
        found: T = pickle.loads(said)  # noqa: S301 - from a copy of this process
        return found

    def end(self) -> None:
        """End the copy, where nobody has asked for its result."""
        if self._pid is not None:
            os.kill(self._pid, signal.SIGKILL)
            self._wait()
        self._pipe.close()

    def _wait(self) -> int:
        if self._pid is None:
            return 0
        _, status = os.waitpid(self._pid, 0)
        self._pid = None
        return status


def _say(there: Callable[[], object], writing: int, parent: int) -> NoReturn:
    """Compute in the copy, and end it without anything that the end of a process does."""
    try:
        die_with(parent)()
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(there(), pipe, pickle.HIGHEST_PROTOCOL)
        os._exit(0)
    finally:
        os._exit(1)
