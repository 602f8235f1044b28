"""Every property with examples that no run before has drawn, in another order of the tests.

In `make test` each property draws the same examples each time (`tests/conftest.py`), so that what
fails there has been changed. Here they are drawn anew, round after round: what is rare is found
where nobody waits for a landing, and becomes an example in the test.
"""

import random
import re
import subprocess
import sys

from bench.records import ROOT, Outcome, told

FULL = 20
SLICE_ELSEWHERE = "tests/conftest.py"
"""`make test` runs each property: one round of 20."""

ROUND_S_MAX = 1_800
_SEED_MAX = 2**32 - 1
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
_PASSED = re.compile(r"(\d+) passed")


def run(count: int, seed: int) -> Outcome:
    """Run all properties `count` times, each time with a seed of its own."""
    seeds = random.Random(seed)
    passed, failed = 0, []
    for _ in told(range(count), count):
        mine = seeds.randint(1, _SEED_MAX)
        ended = _round(mine)
        found = _PASSED.search(ended.stdout)
        passed += int(found[1]) if found else 0
        names = _FAILED.findall(ended.stdout)
        if ended.returncode and not names:
            names = [f"no tests: {ended.stderr.strip() or ended.stdout.strip()[-200:]}"]
        if names:
            print(ended.stdout)  # with the example that fails
        failed += [f"{name} (seed {mine})" for name in names]
    counts = {"rounds": count, "properties": passed, "failed": len(failed)}
    return Outcome(is_ok=not failed and passed > 0, detail="; ".join(failed), counts=counts)


def _round(seed: int) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--quiet",
        "--numprocesses=2",
        "-m",
        "hypothesis",
        "--hypothesis-profile=search",
        f"--hypothesis-seed={seed}",
        f"--randomly-seed={seed}",
        "tests",
    ]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=ROUND_S_MAX, check=False
    )
