"""Everything on PostgreSQL: the whole demo with the hub's database there, and every store's tests.

`make test` runs the contract tests of stores and migrations on both engines; here the programs
themselves run on PostgreSQL: intake commits there, contracts and documents live there.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.records import ROOT, Outcome
from tests.conftest import Postgres

FULL = 1
SLICE_ELSEWHERE = "tests/infrastructure/database/test_migrations.py"

ROOMS = ("infrastructure/database", "platform", "security", "services", "plant", "bootstrap")
DEMO_S_MAX = 300
TESTS_S_MAX = 1_500
EXPECTED = (
    "observations=100179 readings=100158 refused=21 skew_corrected=64 lost=0 duplicated=0 "
    "cut_time_s=12578 active_s=13521.795246"
)


def run(count: int, seed: int) -> Outcome:
    """Run the demo `count` times on fresh databases, then the tests that choose an engine."""
    details = []
    with tempfile.TemporaryDirectory(prefix="lineshaft-postgres-") as directory:
        server = Postgres(Path(directory) / "server")
        try:
            for number in range(count):
                details.append(_demo(server, Path(directory) / f"demo-{number}"))
        finally:
            server.stop()
    tests_said, tests_are_ok = _tests(seed)
    is_ok = tests_are_ok and all(_is_right(detail) for detail in details)
    return Outcome(is_ok=is_ok, detail="; ".join([*details, tests_said]), counts={"demos": count})


def _demo(server: Postgres, data: Path) -> str:
    environment = {**os.environ, "LINESHAFT_DATABASE": server.url(server.create())}
    command = [sys.executable, "-m", "lineshaft.cli", "demo", "--check", "--data", str(data)]
    ended = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=DEMO_S_MAX, check=False
    )
    lines = (ended.stdout or ended.stderr).strip().splitlines()
    return lines[-1] if lines else f"the demo said nothing, exit code {ended.returncode}"


def _is_right(line: str) -> bool:
    return EXPECTED in line and "total=267.54 EUR proof=ok" in line


def _tests(seed: int) -> tuple[str, bool]:
    rooms = [f"tests/{room}" for room in ROOMS if (ROOT / "tests" / room).exists()]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "2",
        "--every-engine",
        "-k",
        "postgresql",
        *rooms,
    ]
    ended = subprocess.run(
        [*command, f"--randomly-seed={seed}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TESTS_S_MAX,
        check=False,
    )
    said = re.findall(r"\d+ (?:passed|failed|errors?)\b", ended.stdout)
    return f"tests on postgresql: {', '.join(said)}", ended.returncode == 0
