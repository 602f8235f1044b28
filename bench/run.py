"""Measure the promises: `make bench`, or one of them with `make bench ONLY=name`.

A module `bench/promise_<topic>.py` has `NAMES`, the promises that it measures, and
`measure() -> list[Promise]`. Each promise is printed and appended to `bench/results.jsonl`.
The exit code is 1 when a limit is not kept.
"""

import argparse
import importlib
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from bench.records import Promise, append, beside, now

HERE = Path(__file__).parent


def promise_modules() -> list[ModuleType]:
    """Import every `promise_*.py` beside this file, in the order of their names."""
    return [
        importlib.import_module(f"bench.{path.stem}") for path in sorted(HERE.glob("promise_*.py"))
    ]


def chosen(modules: Iterable[ModuleType], only: str | None) -> list[ModuleType]:
    """Return the modules that measure the promise `only`, or all of them.

    Raises:
        SystemExit: when nobody measures it.
    """
    every = list(modules)
    known = [name for module in every for name in module.NAMES]
    if only is None:
        return every
    if only not in known:
        sys.exit(f"no promise is called {only!r}; there are: {', '.join(sorted(known)) or 'none'}")
    return [module for module in every if only in module.NAMES]


def measured(module: ModuleType, only: str | None) -> list[Promise]:
    """Measure a module's promises; it must measure exactly the names that it declares."""
    promises: list[Promise] = module.measure()
    names = sorted(promise.name for promise in promises)
    if names != sorted(module.NAMES):
        sys.exit(f"{module.__name__} declares {sorted(module.NAMES)} and measured {names}")
    return [promise for promise in promises if only in {None, promise.name}]


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and remember; return 1 when a limit is not kept."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", help="one promise")
    options = parser.parse_args(arguments)
    is_kept = True
    for module in chosen(promise_modules(), options.only):
        state = beside()
        for promise in measured(module, options.only):
            print(promise.line(), flush=True)
            append({**promise.record(), "at": now(), **state})
            is_kept = is_kept and promise.is_kept
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
