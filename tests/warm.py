"""What every worker reads is made once, before the first one starts.

In a fresh clone each worker would compile the product and the tests, and look through the product
for the constants that Hypothesis tries: all at the same time, each for itself. Nothing depends on
this: what a worker does not find it makes itself.
"""

import compileall
import multiprocessing
import sys
import types
from collections.abc import Sequence
from pathlib import Path

import pytest
from _pytest.assertion import rewrite
from hypothesis.internal.constants_ast import constants_from_module

ROOT = Path(__file__).parents[1]
FOLDERS = ("src", "bench", "tests")
REWRITTEN = ("conftest.py", "test_*.py")
"""Of these pytest keeps its own compiled form, with asserts that say what they saw."""
PROCESSES = 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """Make it, on all cores. The processes are forked: starting anew costs what this saves."""
    if sys.dont_write_bytecode:
        return
    sources = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    context = multiprocessing.get_context("fork")
    processes = [
        context.Process(target=prepare, args=(sources[number::PROCESSES], config))
        for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


def prepare(sources: Sequence[Path], config: pytest.Config) -> None:
    """Compile files as their importers do, and keep the constants of those that are no tests."""
    for path in sources:
        if any(path.match(pattern) for pattern in REWRITTEN):
            _rewrite(path, config)
            continue
        compileall.compile_file(path, quiet=2)
        if "tests" not in path.parts:
            module = types.ModuleType(path.stem)
            module.__file__ = str(path)
            constants_from_module(module)


def _rewrite(path: Path, config: pytest.Config) -> None:
    compiled = rewrite.get_cache_dir(path) / (path.name.removesuffix(".py") + rewrite.PYC_TAIL)
    if rewrite._read_pyc(path, compiled) is not None:
        return
    compiled.parent.mkdir(exist_ok=True)
    source_hash, code = rewrite._rewrite_test(path, config)
    rewrite._write_pyc(config.stash[rewrite.assertstate_key], code, source_hash, compiled)
