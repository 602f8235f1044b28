"""Real processes: order, restart, stop, and children that end with the supervisor."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from lineshaft.core.errors import InvariantError
from lineshaft.infrastructure.processes import Program, ProgramFailed, Supervisor, file_exists
from lineshaft.infrastructure.processes.child import (
    BACKOFF_S_MAX,
    BACKOFF_S_MIN,
    LINE_BYTES_MAX,
    backoff_s,
)
from lineshaft.infrastructure.processes.supervisor import PROGRAMS_MAX, START_FAILURES_MAX

pytestmark = [pytest.mark.crash, pytest.mark.timeout(60)]

# Each child says in `log` what happens to it, and is ready when its file `<name>.ready` is there.
CHILD = """
import signal, sys, time
from pathlib import Path
name, folder, manner = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
def say(word):
    with (folder / "log").open("a") as log:
        log.write(f"{name} {word}\\n")
def on_term(number, frame):
    say("stops")
    sys.exit(0)
signal.signal(signal.SIGTERM, signal.SIG_IGN if manner == "stubborn" else on_term)
say("starts")
print("hello from", name, flush=True)
if manner == "broken":
    sys.exit(3)
time.sleep(0.1)
while manner == "patient" and "two starts" not in (folder / "log").read_text():
    time.sleep(0.02)
(folder / f"{name}.ready").touch()
while True:
    time.sleep(0.05)
"""

PARENT = """
import sys
from pathlib import Path
from lineshaft.infrastructure.processes import Program, Supervisor, file_exists
folder = Path(sys.argv[1])
def program(text):
    name, manner = text.split("=")
    ready = folder / f"{name}.ready"
    argv = (sys.executable, str(folder / "child.py"), name, str(folder), manner)
    is_awaited = manner != "patient"
    return Program(
        name, argv, ready=file_exists(ready), stale_files=(ready,), is_awaited=is_awaited
    )
Supervisor([program(text) for text in sys.argv[2:]], folder, stop_timeout_s=1.5).run()
"""


def wait_for(condition: Callable[[], object], timeout_s: float = 15.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not happen in time"
        time.sleep(0.02)


class Plant:
    """A supervisor in a process of its own."""

    def __init__(self, folder: Path, *programs: str) -> None:
        self.folder = folder
        (folder / "child.py").write_text(CHILD)
        (folder / "output").touch()
        with (folder / "output").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PARENT, str(folder), *programs],
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def state(self) -> dict[str, dict[str, object]]:
        try:
            content = json.loads((self.folder / "supervisor.json").read_text())
        except FileNotFoundError:
            return {}
        return {program["name"]: program for program in content["programs"]}

    def is_ready(self) -> bool:
        state = self.state()
        return bool(state) and all(program["state"] == "ready" for program in state.values())

    def pids(self) -> list[int]:
        return [int(str(program["pid"])) for program in self.state().values()]

    def log(self) -> list[str]:
        return (self.folder / "log").read_text().splitlines()


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Callable[..., Plant]]:
    plants: list[Plant] = []

    def start(*programs: str) -> Plant:
        plants.append(Plant(tmp_path, *programs))
        return plants[-1]

    yield start
    for one in plants:
        one.process.kill()
        one.process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_starts_in_order_and_stops_in_reverse(
    plant: Callable[..., Plant], number: signal.Signals
) -> None:
    running = plant("one=good", "two=good")
    wait_for(running.is_ready)
    pids = running.pids()
    began_s = time.monotonic()
    running.process.send_signal(number)
    assert running.process.wait(5) == 0
    assert time.monotonic() - began_s < 5
    assert running.log() == ["one starts", "two starts", "two stops", "one stops"]
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert running.state() == {}
    assert "one | hello from one" in (running.folder / "output").read_text()


def test_nobody_waits_for_a_program_that_is_not_awaited(plant: Callable[..., Plant]) -> None:
    """The first is ready only once the second has started."""
    running = plant("one=patient", "two=good")
    wait_for(running.is_ready)
    assert sorted(running.log()) == ["one starts", "two starts"]


def test_a_killed_child_is_started_again_and_the_others_stay(plant: Callable[..., Plant]) -> None:
    running = plant("one=good", "two=good")
    wait_for(running.is_ready)
    one, two = running.pids()
    os.kill(one, signal.SIGKILL)
    wait_for(lambda: running.state()["one"]["restarts"] == 1 and running.is_ready())
    assert running.pids()[0] != one
    assert running.pids()[1] == two


def test_the_children_end_with_a_killed_supervisor(plant: Callable[..., Plant]) -> None:
    running = plant("one=stubborn", "two=good")
    wait_for(running.is_ready)
    children = [psutil.Process(pid) for pid in running.pids()]
    running.process.kill()
    running.process.wait()
    gone, alive = psutil.wait_procs(children, timeout=5)
    assert len(gone) == 2
    assert alive == []


def test_what_does_not_stop_is_killed_in_time(plant: Callable[..., Plant]) -> None:
    running = plant("one=stubborn", "two=good")
    wait_for(running.is_ready)
    pids = running.pids()
    os.kill(pids[1], signal.SIGSTOP)
    began_s = time.monotonic()
    running.process.terminate()
    assert running.process.wait(5) == 0
    assert time.monotonic() - began_s < 3
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_a_second_signal_kills_at_once(plant: Callable[..., Plant]) -> None:
    running = plant("one=stubborn", "two=good")
    wait_for(running.is_ready)
    began_s = time.monotonic()
    running.process.send_signal(signal.SIGINT)
    wait_for(lambda: "two stops" in running.log())
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(5) == 0
    assert time.monotonic() - began_s < 1.4


def program(folder: Path, name: str, manner: str = "good", **options: object) -> Program:
    (folder / "child.py").write_text(CHILD)
    argv = (sys.executable, str(folder / "child.py"), name, str(folder), manner)
    return Program(name, argv, **options)  # type: ignore[arg-type]


def test_a_program_that_never_gets_ready_ends_it_all(tmp_path: Path) -> None:
    lines: list[str] = []
    programs = [
        program(tmp_path, "one", ready=file_exists(tmp_path / "one.ready")),
        program(tmp_path, "two", "broken", ready=file_exists(tmp_path / "two.ready")),
        program(tmp_path, "three"),
    ]
    supervisor = Supervisor(
        programs, tmp_path, write_line=lambda name, line: lines.append(f"{name}: {line}")
    )
    with pytest.raises(ProgramFailed, match=r"two: it ended 5 times.*exit code 3"):
        supervisor.run()
    log = (tmp_path / "log").read_text().splitlines()
    assert log == ["one starts", *["two starts"] * 5, "one stops"]
    assert lines.count("two: hello from two") == 5


def test_a_program_that_takes_too_long_is_started_anew(tmp_path: Path) -> None:
    lines: list[str] = []
    never = program(tmp_path, "one", ready=lambda: False, ready_timeout_s=0.06)
    supervisor = Supervisor([never], tmp_path, write_line=lambda _name, line: lines.append(line))
    with pytest.raises(ProgramFailed, match="exit code -9"):
        supervisor.run()
    waited_s = [0.06, 0.12, 0.24, 0.48, 0.48]
    assert [line for line in lines if "killed" in line] == [
        f"is not ready after {limit:g} s: killed" for limit in waited_s
    ]


def test_a_command_that_does_not_exist_is_said(tmp_path: Path) -> None:
    missing = Program("one", (str(tmp_path / "no-such-command"),))
    supervisor = Supervisor([missing], tmp_path, write_line=lambda _name, _line: None)
    with pytest.raises(ProgramFailed, match="no-such-command does not run"):
        supervisor.run()


def test_stale_ready_files_are_removed_first(tmp_path: Path) -> None:
    stale = tmp_path / "one.ready"
    stale.touch()
    seen: list[bool] = []

    def ready() -> bool:
        seen.append(stale.exists())
        return seen[-1]

    one = program(tmp_path, "one", ready=ready, stale_files=(stale,))
    two = program(tmp_path, "two", ready=lambda: supervisor.stop() is None)
    supervisor = Supervisor([one, two], tmp_path, write_line=lambda _name, _line: None)
    supervisor.run()
    assert seen[0] is False
    assert seen[-1] is True


def test_a_line_over_the_maximum_comes_in_pieces(tmp_path: Path) -> None:
    lines: list[str] = []
    text = f"import sys, time; sys.stdout.write('x' * {2 * LINE_BYTES_MAX} + 'end'); time.sleep(.1)"
    once = Program("one", (sys.executable, "-c", text), ready=lambda: False)
    supervisor = Supervisor([once], tmp_path, write_line=lambda _name, line: lines.append(line))
    with pytest.raises(ProgramFailed):
        supervisor.run()
    output = "".join(line for line in lines if line.startswith("x") or line == "end")
    assert output == ("x" * 2 * LINE_BYTES_MAX + "end") * START_FAILURES_MAX
    assert max(map(len, lines)) < 2 * LINE_BYTES_MAX


def test_the_wait_between_starts_doubles_up_to_a_maximum() -> None:
    waits = [backoff_s(failures) for failures in range(1, 100)]
    assert waits[0] == BACKOFF_S_MIN
    assert waits[1] == 2 * BACKOFF_S_MIN
    assert waits == sorted(waits)
    assert waits[-1] == BACKOFF_S_MAX


def test_the_number_of_programs_has_a_maximum(tmp_path: Path) -> None:
    one = Program("one", ("true",))
    Supervisor([one] * PROGRAMS_MAX, tmp_path)
    with pytest.raises(InvariantError, match="at most"):
        Supervisor([one] * (PROGRAMS_MAX + 1), tmp_path)
