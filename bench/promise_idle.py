"""What an installation costs while nothing happens: memory, and how soon it is there.

The demo's plant, everything that `lineshaft up` starts, one machine page open in a real browser;
the browser itself is not counted.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.resources import files
from pathlib import Path

from bench.installation import open_page, prepare, process_tree, pss_mb, running
from bench.records import Promise
from lineshaft.infrastructure.settings import Settings
from lineshaft.network.connectors.service import sample_day

NAMES = ("idle_memory", "up_seconds", "help_seconds")
MEMORY_MB_MAX, UP_S_MAX, HELP_S_MAX = 400, 10, 0.5
IDLE_S = 60.0
STARTS, HELPS = 3, 5


def measure() -> list[Promise]:
    """Measure the memory once, the times as the median of some starts."""
    with tempfile.TemporaryDirectory(prefix="lineshaft-bench-") as name:
        settings = demo_plant(Path(name))
        memory = idle_memory(settings)
        for program, size in memory.items():
            print(f"  {size:6.1f} MB {program}")
        ready = statistics.median(up_seconds(settings) for _ in range(STARTS))
    return [
        Promise.at_most("idle_memory", round(sum(memory.values()), 1), "MB", MEMORY_MB_MAX),
        Promise.at_most("up_seconds", round(ready, 2), "s", UP_S_MAX),
        Promise.at_most("help_seconds", round(help_seconds(), 3), "s", HELP_S_MAX),
    ]


def demo_plant(directory: Path) -> Settings:
    """Apply the demo's plant; its machine does not answer."""
    plant = directory / "plant"
    plant.mkdir()
    shutil.copyfile(sample_day()[1], plant / "Devices.xml")
    text = files("lineshaft.plant").joinpath("demo", "plant.toml").read_text(encoding="utf-8")
    (plant / "plant.toml").write_text(text, encoding="utf-8")
    return prepare(directory / "data", plant)


def idle_memory(settings: Settings, idle_s: float = IDLE_S) -> dict[str, float]:
    """Return the proportional set size of each process, in MB, with one page open."""
    with running(settings) as installation, open_page(installation, "/machines/mazak01") as page:
        page.wait_for_timeout(1_000 * idle_s)
        return {
            f"{' '.join(command.split()[1:4])} ({pid})": pss_mb(pid)
            for pid, command in process_tree(installation.pid).items()
        }


def up_seconds(settings: Settings) -> float:
    """Return how long `up` takes until the pages are served, in seconds."""
    with running(settings) as installation:
        return installation.ready_s


def help_seconds() -> float:
    """Return how long `lineshaft --help` takes, in seconds: the median of some."""
    times = []
    for _ in range(HELPS):
        started_s = time.monotonic()
        command = [sys.executable, "-m", "lineshaft.cli", "--help"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.monotonic() - started_s)
    return statistics.median(times)
