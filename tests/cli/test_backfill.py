"""Imports into an installation that runs: by the page, killed in the middle, beside live data."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lineshaft.bootstrap.application import Application, build
from lineshaft.bootstrap.programs import supervised_now
from lineshaft.infrastructure.bus import free_port
from lineshaft.infrastructure.settings import load_settings
from lineshaft.security.authorisation.model import LOCAL_OPERATOR
from tests.cli.conftest import Outcome
from tests.cli.test_walk import ROOT, Walker, heeding_interrupts, steps_of

PAGE = "docs/backfill.md"
ROWS = 120_000
KILLS = 3
RATE = 15_000
"""Records a second: from the last kill on, an import goes on for more than a second."""
READY_S_MAX = 60.0

pytestmark = [pytest.mark.crash, pytest.mark.timeout(180)]


def wait_for(condition: Callable[[], bool], timeout_s: float = READY_S_MAX) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


@pytest.fixture(scope="module")
def walker(tmp_path_factory: pytest.TempPathFactory, commands: Path) -> Iterator[Walker]:
    """Somebody in a directory where `up` runs, as the page says."""
    made = Walker(tmp_path_factory.mktemp("backfill"), commands)
    try:
        first, *_ = steps_of(PAGE, {"8083": str(free_port())})
        assert first.is_beside
        made.take(first)
        settings = load_settings({}, data_dir=data_of(made))
        wait_for(
            lambda: any(
                (one["name"], one["state"]) == ("intake", "ready")
                for one in supervised_now(settings)
            )
        )
        yield made
    finally:
        made.end()


def data_of(walker: Walker) -> Path:
    return walker.directory / "data"


def application_of(walker: Walker) -> Application:
    return build(load_settings({}, data_dir=data_of(walker)))


def test_the_page_is_true(walker: Walker) -> None:
    _, *steps = steps_of(PAGE, {})
    for step in steps:
        walker.take(step)
    fences = (ROOT / PAGE).read_text(encoding="utf-8").count("<!-- walk")
    assert len(steps) + 1 == fences


def started(walker: Walker, command: list[str], file: Path, *more: str) -> "subprocess.Popen[str]":
    command = [*command, "historian", "import", str(file), "--data", str(data_of(walker)), *more]
    environment = {k: v for k, v in os.environ.items() if "LINESHAFT" not in k}
    with heeding_interrupts():
        return subprocess.Popen(
            command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE
        )


def test_kills_in_the_middle_lose_and_double_nothing(walker: Walker, commands: Path) -> None:
    rng = random.Random(20261122)
    file = walker.directory / "long.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["signal", "ts", "value"])
        writer.writerows(
            [f"mill/s{row % 5}", f"2025-10-01T{row // 60_000:02d}:{row // 1_000 % 60:02d}:00Z", row]
            for row in range(ROWS)
        )
    command, named = [str(commands / "lineshaft")], ("--source", "long-1", "--json")
    application = application_of(walker)
    historian = application.historian

    def stored() -> int:
        marks = historian.marks(LOCAL_OPERATOR)
        return sum(mark.sequence for (name, _), mark in marks.items() if name == "long-1")

    killed_at = []
    for kill in range(KILLS):
        goal = ROWS // 2 * (kill + rng.random()) // KILLS
        process = started(walker, command, file, *named, "--rate", str(RATE))
        wait_for(lambda goal=goal, process=process: stored() >= goal or process.poll() is not None)
        process.kill()
        process.communicate()
        killed_at.append(stored())
    process = started(walker, command, file, *named)
    summary = json.loads(process.communicate(timeout=90)[0])
    assert (process.returncode, summary["records"], summary["refusals"]) == (0, ROWS, 0)
    assert summary["stored_before"] >= killed_at[-1] > killed_at[0]
    assert killed_at[-1] < ROWS
    totals = historian.totals(LOCAL_OPERATOR, "long-1")
    assert (totals.records, totals.lost, totals.duplicated) == (ROWS, 0, 0)
    assert historian.check(LOCAL_OPERATOR).faults == ()
    application.database.close()


def test_ctrl_c_says_how_to_go_on(walker: Walker) -> None:
    file = walker.directory / "slow.csv"
    lines = [
        f"mill/slow,2025-09-01T00:{row // 60:02d}:{row % 60:02d}Z,{row}" for row in range(3_000)
    ]
    file.write_text("\n".join(["signal,ts,value", *lines]) + "\n")
    command = [sys.executable, "-m", "lineshaft.cli"]
    process = started(walker, command, file, "--source", "slow-1", "--rate", "100")
    wait_for((data_of(walker) / "backfill" / "slow-1.json").exists)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 130
    assert out == "stopped; the same command goes on where it was\n"


def test_without_the_programs_it_says_how_to_start_them(
    lineshaft: Callable[..., Outcome], data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "a.csv"
    file.write_text("signal,ts,value\nmill/a,2025-01-01T00:00:00Z,1\n")
    refused = lineshaft("historian", "import", file, "--source", "a-1", "--data", data)
    assert refused.exit_code == 8
    assert "its programs do not run; start them with 'lineshaft up'" in refused.err
    wrong = lineshaft("historian", "import", file, "--source", "A 1", "--data", data)
    assert wrong.exit_code == 2
