"""Skips because something is absent on this machine, said aloud once at the end of the run.

A test that needs what a machine may lack calls `absent(what, how_to_get_it)`. Where the run was
told that the thing must be there (`REQUIRE_BROWSER=1`, `REQUIRE_SHARED=1`), the test fails instead.
"""

import os
import shutil
from collections import Counter
from pathlib import Path
from typing import NoReturn

import pytest

PREFIX = "ABSENT: "
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def absent(what: str, how_to_get_it: str, *, must_be_there: bool = False) -> NoReturn:
    """Skip the calling test with a notice, or fail it where the thing must be there."""
    reason = f"{PREFIX}{what}; {how_to_get_it}"
    if must_be_there:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser of this machine; without one the test is skipped, or fails if it is required."""
    for name in CHROMIUM_NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    absent(
        "no Chromium, so no page was looked at",
        "apt-get install chromium",
        must_be_there=os.environ.get("REQUIRE_BROWSER") == "1",
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one loud line per absent thing how many tests did not run because of it."""
    counts: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        if isinstance(report.longrepr, tuple) and PREFIX in report.longrepr[2]:
            counts[report.longrepr[2].split(PREFIX, 1)[1]] += 1
    for reason, count in sorted(counts.items()):
        terminalreporter.write_line(f"NOT TESTED ({count} tests): {reason}", red=True, bold=True)
