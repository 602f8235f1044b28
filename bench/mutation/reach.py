"""Which tests reach which line, found once for each file of tests."""

import functools
import gc
import hashlib
import itertools
import json
import time
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import coverage
import pytest
from _pytest.runner import runtestprotocol

from bench.mutation.mutants import Mutant, sources
from bench.records import ROOT

TESTS_S_MAX = 4.0
"""CPU time of the tests that one mutant has to survive."""

Lines = dict[str, dict[int, set[str]]]
"""Tests by file and line."""


@dataclass
class Reach:
    """Which tests reach which line, and what each test costs.

    Attributes:
        seconds: CPU time by test.
        files: a hash by file of tests, with its neighbours that are no tests.
    """

    lines: Lines = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def tests(self, mutant: Mutant) -> list[str]:
        """Return the tests that reach the statement of a mutant, the fastest first."""
        lines = self.lines.get(mutant.path, {})
        first, last = mutant.span
        found = set().union(*(lines.get(line, ()) for line in range(first, last + 1)))
        return sorted(found, key=lambda each: (self.seconds[each], each))

    def affordable(self, tests: list[str]) -> list[str]:
        """Return the first of the tests, as many as a mutant has to survive."""
        chosen, total = [], 0.0
        for test in tests:
            total += self.seconds[test]
            if chosen and total > TESTS_S_MAX:
                break
            chosen.append(test)
        return chosen

    def file_of(self, test: str) -> str:
        """Return the hash of the file of a test."""
        return self.files[test.split("::", maxsplit=1)[0]]

    def add(self, name: str, found: "FileReach") -> None:
        """Add what the tests of one file reach."""
        self.files[name] = found.tests
        self.seconds |= found.seconds
        for path, lines in found.lines.items():
            here = self.lines.setdefault(path, {})
            for line, tests in lines.items():
                here.setdefault(int(line), set()).update(tests)


@dataclass(frozen=True)
class FileReach:
    """What the tests of one file reach: `lines` by source and line; `tests` is the file's hash."""

    tests: str
    sources: str
    seconds: dict[str, float]
    lines: dict[str, dict[str, list[str]]]


def reached(items: list[pytest.Item], kept: Path) -> Reach:
    """Run every test once, as it is, and see which lines it reaches; keep it for each file."""
    kept.mkdir(parents=True, exist_ok=True)
    product = _hash(sources())
    reach = Reach()
    by_file = itertools.groupby(items, key=lambda item: item.nodeid.split("::")[0])
    for name, group in [(name, list(group)) for name, group in by_file]:
        path = kept / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.json"
        found = _known(path)
        if found is None or (found.tests, found.sources) != (_hash_of_tests(name), product):
            found = _found(name, group, product)
            path.write_text(json.dumps(asdict(found)), encoding="utf-8")
        else:
            _warm_up(group, found)
        reach.add(name, found)
    return reach


def _known(path: Path) -> FileReach | None:
    return FileReach(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def _warm_up(items: list[pytest.Item], found: FileReach) -> None:
    """Run the fastest test of a file: what is imported and made once is there for the children."""
    known = [item for item in items if item.nodeid in found.seconds]
    if known:
        passes(min(known, key=lambda item: found.seconds[item.nodeid]), None)


def _found(name: str, items: list[pytest.Item], product: str) -> FileReach:
    """Run the tests of a file; one that fails without a mutant finds nothing."""
    measured = coverage.Coverage(
        data_file=None, config_file=False, include=[str(path) for path in sources()]
    )
    measured.set_option("run:disable_warnings", ["no-data-collected"])
    seconds: dict[str, float] = {}
    measured.start()
    for number, item in enumerate(items):
        forget()
        measured.switch_context(item.nodeid)
        before = time.process_time()
        following = items[number + 1] if number + 1 < len(items) else None
        if passes(item, following):
            seconds[item.nodeid] = round(time.process_time() - before, 4)
    measured.stop()
    lines: dict[str, dict[str, list[str]]] = defaultdict(dict)
    data = measured.get_data()
    for source in data.measured_files():
        path = Path(source).relative_to(ROOT).as_posix()
        for line, tests in data.contexts_by_lineno(source).items():
            lines[path][str(line)] = [test for test in tests if test in seconds]
    return FileReach(_hash_of_tests(name), product, seconds, dict(lines))


def _hash_of_tests(name: str) -> str:
    path = ROOT / name
    beside = [each for each in path.parent.glob("*.py") if not each.name.startswith("test_")]
    return _hash([path, *sorted(beside)])


def _hash(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


def passes(item: pytest.Item, following: pytest.Item | None) -> bool:
    """Run a test, and the ends of what the following one does not share with it."""
    reports = runtestprotocol(item, log=False, nextitem=following)
    return not any(report.failed for report in reports)


def forget() -> None:
    """Empty what the product remembers of earlier calls: a mutant would hide behind it."""
    for memory in memories():
        memory.cache_clear()


@functools.cache
def memories() -> list[Any]:
    """Find the caches of the product's functions; ask anew after more has been imported."""
    found = [one for one in gc.get_objects() if isinstance(one, functools._lru_cache_wrapper)]
    return [one for one in found if (one.__module__ or "").startswith("lineshaft.")]
