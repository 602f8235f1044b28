"""A whole installation, started as a person would: `lineshaft up` on a directory of its own."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from lineshaft.bootstrap.application import build
from lineshaft.infrastructure.settings import Settings, load_settings
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, Role
from lineshaft.security.identity.service import NewPerson

USER, PASSWORD = "bench", "a password of the bench"
READY_S_MAX = 60.0
STOP_S_MAX = 10.0
POLL_S = 0.02
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Installation:
    """Programs that run.

    Attributes:
        address: of the pages.
        pid: of the supervisor.
        ready_s: from its start to the first page that can be asked for.
    """

    address: str
    pid: int
    ready_s: float


def prepare(directory: Path, plant: Path) -> Settings:
    """Apply the plant and make a person, as `apply` and `user add` do."""
    settings = load_settings({}, data_dir=directory)
    application = build(settings)
    application.plant.apply(LOCAL_OPERATOR, plant)
    person = NewPerson(USER, "Bench", Role.ADMINISTRATOR, None)
    application.identity.create_user(LOCAL_OPERATOR, person, PASSWORD)
    application.database.close()
    return settings


@contextmanager
def running(settings: Settings) -> Iterator[Installation]:
    """Run everything that `up` starts; ends with the block."""
    port_file = settings.run_dir / "api.port"
    port_file.unlink(missing_ok=True)
    started_s = time.monotonic()
    command = [sys.executable, "-m", "lineshaft.cli", "up", "--data", str(settings.data_dir)]
    with (settings.data_dir / "up.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env={**os.environ, **settings.to_environment()}
        )
    try:
        port = wait_for_text(port_file, process)
        ready_s = time.monotonic() - started_s
        yield Installation(f"http://127.0.0.1:{port}", process.pid, ready_s)
    finally:
        process.terminate()
        process.wait(STOP_S_MAX)


def wait_for_text(path: Path, process: "subprocess.Popen[bytes]") -> str:
    """Return what a program writes into a file once it is ready."""
    deadline_s = time.monotonic() + READY_S_MAX
    while time.monotonic() < deadline_s:
        if process.poll() is not None:
            raise AssertionError(f"the program ended with exit code {process.returncode}")
        if path.exists() and (text := path.read_text().strip()):
            return text
        time.sleep(POLL_S)
    raise AssertionError(f"waited {READY_S_MAX:.0f} s for {path.name}")


@contextmanager
def open_page(installation: Installation, path: str) -> Iterator[Page]:
    """Open a page of it in a real browser, signed in, and wait until it is connected."""
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        sys.exit(
            "no Chromium on this machine, so no page can be measured: apt-get install chromium"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        try:
            page = browser.new_page()
            page.goto(f"{installation.address}/sign-in")
            page.fill("[name=user_name]", USER)
            page.fill("[name=password]", PASSWORD)
            with page.expect_navigation():
                page.press("[name=password]", "Enter")
            page.goto(f"{installation.address}{path}")
            page.wait_for_function("() => window.socket?.connected || window.lineshaft")
            yield page
        finally:
            browser.close()


def process_tree(pid: int) -> dict[int, str]:
    """Return the processes below `pid`, itself included, with their command lines."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(fields[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return {one: _command(one) for one in sorted(found)}


def _command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    return ""


def pss_mb(pid: int) -> float:
    """Return the proportional set size of a process, in MB (10^6 bytes)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1_000_000
    raise AssertionError(f"no Pss of process {pid}")
