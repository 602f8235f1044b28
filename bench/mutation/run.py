"""Judge the mutants of the code that bills."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

from bench.mutation.mutants import Mutant, all_mutants, shuffled
from bench.mutation.verdicts import Plan, Verdict, verdicts_in
from bench.records import ROOT

TESTS = (
    Path("tests/services/metering"),
    Path("tests/services/billing"),
    Path("tests/services/contracts"),
    Path("tests/services/test_cases.py"),
    Path("tests/services/test_records_api.py"),
    Path("tests/services/desk/test_bulk.py"),
)
KEPT = ROOT / ".cache" / "mutation"
RESULTS = KEPT / "verdicts.jsonl"
SURVIVORS = KEPT / "survivors.txt"
PYTEST = (
    "-q", "--mutation-plan", "{plan}", "-p", "bench.mutation.plugin", "-p", "no:randomly",
    "-p", "no:cacheprovider", "-p", "no:xdist", "--capture=sys",
)  # fmt: skip


def judge(
    parts: Collection[str] = (),
    *,
    seed: int,
    count: int | None = None,
    seconds_max: float | None = None,
    tests: Sequence[Path] | None = None,
) -> list[Verdict]:
    """Judge `count` mutants chosen by the seed, or those of them with such a part in their path.

    Returns:
        The verdicts, also those that an earlier run has found and that still hold.

    Raises:
        RuntimeError: when the tests could not be collected.
    """
    mutants = shuffled(all_mutants(KEPT / "mutants"), seed)
    chosen = mutants[:count]
    if parts:
        chosen = [each for each in chosen if any(part in each.path for part in parts)]
    print(f"  {len(chosen)} of {len(mutants)} mutants, seed {seed}", flush=True)
    return tried(chosen, RESULTS, seconds_max=seconds_max, tests=tests or TESTS)


def tried(
    mutants: Sequence[Mutant],
    results: Path,
    *,
    tests: Sequence[Path],
    seconds_max: float | None = None,
) -> list[Verdict]:
    """Plant mutants one after the other, and run the tests that reach them.

    Args:
        mutants: in the order in which they are judged.
        results: where verdicts are kept.
        tests: files and folders that are collected.
        seconds_max: after so long no other one is begun.

    Raises:
        RuntimeError: when the tests could not be collected.
    """
    with tempfile.TemporaryDirectory(prefix="lineshaft-mutation-") as folder:
        plan, said = Path(folder) / "plan.json", Path(folder) / "verdicts.jsonl"
        Plan(list(mutants), results, said, seconds_max).write(plan)
        options = [each.format(plan=plan) for each in PYTEST]
        command = [sys.executable, "-m", "pytest", *options, "--basetemp", f"{folder}/tests"]
        command += map(str, tests)
        # what is measured is this tree, also where another one is installed
        own = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        result = subprocess.run(command, cwd=ROOT, env=own, check=False)
        if result.returncode:
            msg = f"pytest ended with {result.returncode}"
            raise RuntimeError(msg)
        return verdicts_in(said)
