"""Where tests write: in memory, where there is plenty of it.

Stores sync every file and its folder. A disk answers that in milliseconds and memory at once, and
what is tested is which files are synced and when, not the disk: a killed process loses nothing
either way, and power cuts are played by leaving out what was not synced.
Whoever sets TMPDIR or `--basetemp` has decided where to write.
"""

import os
import shutil
import tempfile
from pathlib import Path

import psutil
import pytest

MEMORY = Path("/dev/shm")
FREE_BYTES_MIN = 6 * 1024**3
"""A whole session writes less than a third of it, and its processes need memory, too."""
PREFIX = "lineshaft-tests-"
_MADE = pytest.StashKey[str]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Make the folder of a session, before its workers start."""
    if "TMPDIR" in os.environ or not has_room(MEMORY):
        return
    clear(MEMORY)
    folder = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=MEMORY)
    # PostgreSQL's server, of a user of its own where the tests run as root, has its data below it
    Path(folder).chmod(0o755)
    config.stash[_MADE] = folder
    os.environ["TMPDIR"] = folder
    tempfile.tempdir = None


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove it; what failed keeps its files only where TMPDIR or `--basetemp` says so."""
    folder = config.stash.get(_MADE, None)
    if folder is None:
        return
    del os.environ["TMPDIR"]
    tempfile.tempdir = None
    shutil.rmtree(folder, ignore_errors=True)


def has_room(memory: Path) -> bool:
    """Tell whether the folder is there, and it and the machine's memory have enough left."""
    if not memory.is_dir():
        return False
    free = min(shutil.disk_usage(memory).free, psutil.virtual_memory().available)
    return free >= FREE_BYTES_MIN


def clear(memory: Path) -> None:
    """Remove what sessions have left that were killed: memory comes back no other way."""
    for folder in memory.glob(f"{PREFIX}*-*"):
        pid = folder.name.removeprefix(PREFIX).split("-")[0]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)
