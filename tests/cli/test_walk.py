"""Whoever follows the README and the pages alone gets there: every step is run as it stands."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lineshaft.infrastructure.bus import free_port

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
STEP = re.compile(
    r"^<!-- walk(?P<beside>: beside)? -->\n```sh\n(?P<script>.*?)^```\n"
    r"(?:\n<!-- shows -->\n```text\n(?P<shown>.*?)^```)?",
    re.MULTILINE | re.DOTALL,
)
PAGES = ("README.md", "docs/second-machine.md", "docs/recorded-day.md")
PORTS = ("7878", "7879", "7880")
SHOWN_S_MAX = 90.0
STOP_S_MAX = 10.0
WALK_S_MAX = 240
SETTINGS = {"LINESHAFT_SEAL_S": "1"}
"""What an edge would collect for ten seconds is waited for otherwise."""
AGAIN_S = 0.3
"""Between two tries."""


@dataclass(frozen=True)
class Step:
    """A fence of a page: what is typed, and what of its output the page shows."""

    script: str
    is_beside: bool
    shown: tuple[str, ...]


def steps_of(page: str, ports: dict[str, str]) -> list[Step]:
    """Return the steps of a page; fixed ports give way to free ones."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for port, free in ports.items():
        text = text.replace(port, free)
    return [
        Step(
            found["script"], found["beside"] is not None, tuple((found["shown"] or "").splitlines())
        )
        for found in STEP.finditer(text)
    ]


class Walker:
    """Somebody who types what the pages say, in one directory.

    What stays open beside is the installed command; what is typed is that of `commands`.
    """

    def __init__(self, directory: Path, commands: Path) -> None:
        self.directory, self._commands = directory, commands
        self._beside: list[subprocess.Popen[bytes]] = []
        named = {name: value for name, value in os.environ.items() if "LINESHAFT" not in name}
        self._environment = {
            **named,
            "PATH": f"{BIN}:{named['PATH']}",
            "COLUMNS": "120",
            **SETTINGS,
        }

    def take(self, step: Step) -> None:
        if step.is_beside:
            self._start(step.script)
        else:
            self._type(step)

    def _type(self, step: Step) -> None:
        """Run a step, again and again until it shows what the page says."""
        deadline_s = time.monotonic() + SHOWN_S_MAX
        while True:
            done = self._run(step.script)
            assert done.returncode == 0, f"{step.script}\n{done.stdout}{done.stderr}"
            missing = [line for line in step.shown if squeezed(line) not in squeezed(done.stdout)]
            if not missing:
                return
            assert time.monotonic() < deadline_s, f"{step.script}\n{done.stdout}\nno {missing}"
            time.sleep(AGAIN_S)

    def _run(self, script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.directory,
            env={**self._environment, "PATH": f"{self._commands}:{self._environment['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )

    def _start(self, script: str) -> None:
        log = self.directory / f"beside-{len(self._beside)}.log"
        with log.open("wb") as output, heeding_interrupts():
            self._beside.append(
                subprocess.Popen(
                    ["bash", "-c", f"exec {script}"],
                    cwd=self.directory,
                    env=self._environment,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
            )

    def end(self) -> None:
        for process in reversed(self._beside):
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_S_MAX)
            process.kill()
            process.wait()


@contextlib.contextmanager
def heeding_interrupts() -> Iterator[None]:
    """Start programs that Ctrl-C stops, although tests that run in the background ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def squeezed(text: str) -> str:
    """Widths of columns follow the terminal; the words do not."""
    return re.sub(r"[ \t]+", " ", text).strip()


@pytest.mark.crash
@pytest.mark.timeout(WALK_S_MAX)
def test_machines_are_added_and_billed_by_following_the_pages(
    tmp_path: Path, commands: Path, shared_data: Path
) -> None:
    """In one test, since each page goes on where the one before has ended."""
    (tmp_path / "recordings").symlink_to(shared_data / "nist_sms")
    ports = {port: str(free_port()) for port in PORTS}
    steps = [step for page in PAGES for step in steps_of(page, ports)]
    texts = [(ROOT / page).read_text(encoding="utf-8") for page in PAGES]
    assert len(steps) == sum(text.count("<!-- walk") for text in texts) >= 15
    walker = Walker(tmp_path, commands)
    try:
        for step in steps:
            walker.take(step)
    finally:
        walker.end()
