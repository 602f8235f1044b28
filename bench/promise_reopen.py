"""After a crash, and at rest: how soon the historian answers, and what it costs while it waits.

`reopen`: a store of a hundred million readings, compacted, takes commits in a process of its own,
which is killed (SIGKILL) in the midst of them. The time is that of a new process, from its start to
the answers of a machine's last values and of an hour of readings, after all that intake does before
its first commit. Nothing that was committed may be missing.

`historian_rest`: the resident memory of the intake process of an installation that has taken an
import of two million readings and then had nothing to do for five minutes.
"""

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.crashing import open_house
from bench.fleet import SECOND_US, SIGNALS, START_US, Fleet, Machine
from bench.installation import process_tree, running
from bench.promise_idle import demo_plant
from bench.records import ROOT, Promise
from tests.platform.historian.house import ACTOR, House

NAMES = ("reopen", "historian_rest")
REOPEN_S_MAX, REST_MB_MAX = 2.0, 200.0
COMMIT_READINGS = 100_000
KILL_AFTER_COMMITS = 20
DAY_S = 86_400
IMPORT_S_MAX = 600


@dataclass(frozen=True)
class Scale:
    """How much is stored, how much is imported before the rest, and how long that is."""

    machines: int = 58
    seconds: int = DAY_S
    imported: int = 2_000_000
    rest_s: float = 300.0


FULL = Scale()
QUICK = Scale(machines=2, seconds=600, imported=20_000, rest_s=1.0)


def measure(scale: Scale = FULL) -> list[Promise]:
    """Measure both."""
    return [
        Promise.at_most("reopen", round(reopened(scale), 3), "s", REOPEN_S_MAX),
        Promise.at_most("historian_rest", round(rested(scale), 1), "MB", REST_MB_MAX),
    ]


# ---- reopen


def reopened(scale: Scale) -> float:
    """Return the seconds from the start of a new process to its answers, after a kill."""
    with tempfile.TemporaryDirectory(prefix="lineshaft-bench-") as name:
        directory = Path(name)
        fill(directory, Fleet(scale.machines, scale.seconds))
        committed = killed(directory)
        started_s = time.monotonic()
        with child("open", directory) as process:
            answer = json.loads(line_of(process))
            elapsed_s = time.monotonic() - started_s
        if answer["marks"] < committed or answer["hour"] == 0 or answer["last"] == 0:
            raise AssertionError(f"committed {committed}, found {answer}")
        house = open_house(directory)
        totals = house.historian.totals(ACTOR)
        if totals.lost or totals.duplicated:
            raise AssertionError(f"the store lost or doubled: {totals}")
        print(f"  {totals.records} readings; inside the process {answer['seconds']:.3f} s")
        house.database.close()
    return elapsed_s


def fill(directory: Path, fleet: Fleet) -> None:
    """Store and compact the readings of a fleet."""
    house = House(directory)
    for segments in fleet.commits(COMMIT_READINGS):
        house.clock.advance(SECOND_US)
        house.committer.commit(segments)
    house.compact()
    house.database.close()


def killed(directory: Path) -> int:
    """Let a process commit, kill it, and return how many records it said to have committed."""
    committed = 0
    with child("commit", directory) as process:
        for _ in range(KILL_AFTER_COMMITS):
            committed = int(line_of(process))
        process.kill()
    return committed


def child(what: str, directory: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "bench.crashing", what, str(directory)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def line_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise AssertionError(f"the process ended with exit code {process.wait()}")
    return line


# ---- at rest


def rested(scale: Scale) -> float:
    """Return the resident memory in MB of intake, after work and then nothing to do."""
    with tempfile.TemporaryDirectory(prefix="lineshaft-bench-") as name:
        file = Path(name) / "history.parquet"
        write_history(file, scale.imported)
        with running(demo_plant(Path(name))) as installation:
            data = Path(name) / "data"
            imported(file, data)
            intake = intake_of(installation.pid)
            busy_mb = rss_mb(intake)
            time.sleep(scale.rest_s)
            rest_mb = rss_mb(intake)
    print(f"  intake after {scale.imported} readings {busy_mb:.1f} MB, at rest {rest_mb:.1f} MB")
    return rest_mb


def write_history(path: Path, readings: int) -> None:
    """Write readings of the signals of a machine, as a file to be imported."""
    machine = Machine(0, Fleet(1, 0), START_US)
    row = np.arange(readings)
    names = np.array(machine.signals)[row % SIGNALS]
    ts = pa.array(START_US + row // SIGNALS * SECOND_US, pa.timestamp("us", "UTC"))
    columns = {"signal": pa.array(names), "ts": ts, "value": pa.array(row * 7_919 % 100_000)}
    pq.write_table(pa.table(columns), path)


def imported(file: Path, data: Path) -> None:
    """Import a file into a running installation and wait for its end."""
    command = [sys.executable, "-m", "lineshaft.cli", "historian", "import", str(file)]
    command += ["--source", "history-1", "--data", str(data), "--json"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=IMPORT_S_MAX)


def intake_of(pid: int) -> int:
    """Return the process id of intake among the programs of an installation."""
    found = [one for one, command in process_tree(pid).items() if " intake" in command]
    if len(found) != 1:
        raise AssertionError(f"expected one intake below process {pid}, found {found}")
    return found[0]


def rss_mb(pid: int) -> float:
    """Return the resident set size of a process, in MB (10^6 bytes)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1_000_000
    raise AssertionError(f"no VmRSS of process {pid}")
