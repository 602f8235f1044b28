"""Run the long runs with their full counts: `make soak`, or one with `make soak ONLY=name`.

A long run is a module `tests/long_runs/<name>.py` with

    FULL = 40       how many kills, periods, files … `make soak` does
    SLICE = 3       how many `make test` does: at least 5 % of FULL
    def run(count: int, seed: int) -> Outcome

`run` is deterministic in (count, seed) as far as real processes allow. A run that `make test`
covers in another way says so in `SLICE_ELSEWHERE = "<test file>"` in place of SLICE.
Each result is printed with its seed and appended to `bench/results.jsonl`.
"""

import argparse
import importlib
import secrets
import sys
import time
from pathlib import Path
from types import ModuleType

from bench.records import ROOT, Outcome, append, commit, load, now

LONG_RUNS = ROOT / "tests" / "long_runs"
SLICE_PERCENT_MIN = 5


def long_run_names(folder: Path = LONG_RUNS) -> list[str]:
    """Return the names of the long runs, in order; files that start with `_` are their helpers."""
    return sorted(path.stem for path in folder.glob("[!_]*.py"))


def long_run(name: str) -> ModuleType:
    """Import one long run.

    Raises:
        ValueError: when its slice is smaller than 5 %, or it has none and does not say why.
    """
    module = importlib.import_module(f"tests.long_runs.{name}")
    if hasattr(module, "SLICE_ELSEWHERE"):
        if not (ROOT / module.SLICE_ELSEWHERE).is_file():
            msg = f"{name}: SLICE_ELSEWHERE names {module.SLICE_ELSEWHERE}, which is not there"
            raise ValueError(msg)
    elif not SLICE_PERCENT_MIN * module.FULL <= 100 * module.SLICE <= 100 * module.FULL:
        msg = f"{name}: SLICE is {module.SLICE} of {module.FULL}: expected at least 5 %"
        raise ValueError(msg)
    return module


def executed(module: ModuleType, count: int, seed: int) -> Outcome:
    """Run, and turn a failed assertion into an outcome: the other runs go on."""
    try:
        outcome: Outcome = module.run(count, seed)
    except Exception as error:  # noqa: BLE001 - the edge of an isolated unit: it is reported
        return Outcome(is_ok=False, detail=f"{type(error).__name__}: {error}")
    return outcome


def report(name: str, count: int, seed: int, *, is_slice: bool = False) -> bool:
    """Execute one long run, print the result, remember a full one; return whether it held."""
    started = time.monotonic()
    outcome = executed(long_run(name), count, seed)
    seconds = round(time.monotonic() - started, 1)
    result = "ok" if outcome.is_ok else "FAILED"
    counts = " ".join(f"{key}={value}" for key, value in outcome.counts.items())
    head = f"soak {name} {result} count={count} seed={seed} seconds={seconds}"
    print(" ".join(filter(None, (head, counts, outcome.detail))), flush=True)
    if not outcome.is_ok:
        print(
            f"  again: make soak ONLY={name} SEED={seed}, shorter: make sim ONLY={name} SEED={seed}"
        )
    if not is_slice:
        record = {"name": name, "count": count, "seed": seed, "commit": commit(), "result": result}
        more = {"detail": outcome.detail, "counts": outcome.counts, "seconds": seconds}
        append({**record, **more, "at": now(), "load": load()})
    return outcome.is_ok


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for; return 1 when something did not hold."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--only", help="one long run")
    parser.add_argument("--seed", type=int, help="the seed of an earlier run")
    parser.add_argument("--slice", action="store_true", help="the short form, as in make test")
    options = parser.parse_args(arguments)
    names = long_run_names()
    if options.only is not None and options.only not in names:
        sys.exit(f"no long run is called {options.only!r}; there are: {', '.join(names) or 'none'}")
    held = []
    for name in names if options.only is None else [options.only]:
        module = long_run(name)
        if options.slice and not hasattr(module, "SLICE"):
            continue
        count = module.SLICE if options.slice else module.FULL
        seed = secrets.randbelow(2**31) if options.seed is None else options.seed
        held.append(report(name, count, seed, is_slice=options.slice))
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
