"""A part of a computation in a copy of this process."""

import errno
import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest.mock import Mock

import pytest

from lineshaft.infrastructure.processes import apart, copies_allowed, processes
from lineshaft.infrastructure.processes.copies import PROCESSES_MAX


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1})


def no_child_is_left() -> bool:
    """Tell whether all that was forked here has ended and was asked how."""
    try:
        return os.waitpid(-1, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return True


def test_it_is_computed_in_a_copy() -> None:
    large = bytes(range(256)) * 4_096  # more than a pipe holds
    with copies_allowed(), apart(lambda: (os.getpid(), large), pytest.fail) as result:
        process, found = result()
    assert process != os.getpid()
    assert found == large


def test_without_leave_it_is_computed_here() -> None:
    assert processes() == 1
    with apart(partial(pytest.fail, "no copy is allowed"), os.getpid) as result:
        assert result() == os.getpid()


def test_without_a_process_to_be_had_it_is_computed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fork", Mock(side_effect=BlockingIOError(errno.EAGAIN, "no more")))
    before = len(list(Path("/proc/self/fd").iterdir()))
    with copies_allowed(), apart(partial(pytest.fail, "there is no copy"), os.getpid) as result:
        assert result() == os.getpid()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_there_is_a_most_of_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(PROCESSES_MAX + 1)))
    with copies_allowed():
        assert processes() == PROCESSES_MAX


def dies() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def fails() -> int:
    msg = "in the copy"
    raise ValueError(msg)


def unpicklable() -> Callable[[], int]:
    return lambda: 0


@pytest.mark.parametrize("there", [dies, fails, unpicklable, partial(os._exit, 0)])
def test_a_copy_without_a_result_is_made_up_for_here(
    there: Callable[[], int], capfd: pytest.CaptureFixture[str]
) -> None:
    with copies_allowed(), apart(there, os.getpid) as result:
        assert result() == os.getpid()
    assert capfd.readouterr() == ("", "")


def test_a_copy_that_nobody_asks_is_ended() -> None:
    paused = apart(signal.pause, pytest.fail)
    with pytest.raises(ValueError, match="elsewhere"), copies_allowed(), paused:
        raise ValueError("elsewhere")
    assert no_child_is_left()
