"""The demo's own care for its programs; the demo as a whole runs in the long runs and the walk."""

import contextlib
import sys
import time
from pathlib import Path

import pytest

from lineshaft.cli.demo import Children
from lineshaft.core.errors import Unavailable


def await_text(children: Children, path: Path) -> None:
    while not children.text(path):
        time.sleep(0.01)


def test_a_program_that_has_ended_is_said_and_not_waited_for(tmp_path: Path) -> None:
    log, port_file = tmp_path / "logs" / "up.log", tmp_path / "api.port"
    code = "import sys; print('the reason'); sys.exit(3)"
    with contextlib.ExitStack() as stack:
        children = Children(stack)
        children.start([sys.executable, "-c", code], log)
        with pytest.raises(Unavailable, match=rf"exit code 3: see {log}"):
            await_text(children, port_file)
    assert log.read_text() == "the reason\n"


def test_programs_end_with_the_demo(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = "print('runs', flush=True); import time; time.sleep(60)"
    began_s = time.monotonic()
    with contextlib.ExitStack() as stack:
        children = Children(stack)
        children.start([sys.executable, "-c", code], log)
        await_text(children, log)
    assert time.monotonic() - began_s < 10
    with pytest.raises(Unavailable, match="exit code -15"):
        children.check()
