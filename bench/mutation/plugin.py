"""A plugin of pytest that judges mutants in the process that has collected the tests.

First all tests run once, so that each line knows the tests that reach it. Then the process forks
for each mutant: the child swaps the code of one function, runs the tests that reach the line, the
likeliest first, and ends at the first that fails. Nothing is written to the source, nothing is
imported twice, and what a mutant spoils ends with its process.
"""

import ctypes
import functools
import gc
import hashlib
import os
import resource
import select
import shutil
import signal
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType

import pytest
from hypothesis import HealthCheck, Phase, settings

from bench.mutation.mutants import Mutant
from bench.mutation.reach import Reach, forget, memories, passes, reached
from bench.mutation.verdicts import Plan, Verdict, judged
from bench.records import ROOT

EXAMPLES_MAX = 25
"""Of a property: what does not show in so many is for the examples beside it."""
HANG_CPU_FACTOR, HANG_CPU_S = 10, 5
"""A child that needs so many times the CPU time of its tests, and so much more, hangs."""
HANG_WALL_S = 300
"""And so does one that waits for so long."""
LEFT_OUT = {"browser", "crash"}
_PASSED, _FAILED, _UNCHANGED = 0, 11, 12
"""How a child ends: all tests passed, one failed, no function took the mistake."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mutation-plan", type=Path, help="what to judge, from bench.mutation")


def pytest_collection(session: pytest.Session) -> None:
    """Properties try the same few examples each time, and do not make a failure small."""
    settings.register_profile(
        "mutation",
        deadline=None,
        derandomize=True,
        database=None,
        max_examples=EXAMPLES_MAX,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("mutation")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out browsers, kills and the second database engine."""
    items[:] = [item for item in items if not _is_left_out(item)]
    for item in items:
        _have_few_examples(item)
        _open_no_query_engine(item)


def _is_left_out(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    is_on_postgresql = callspec is not None and "postgresql" in callspec.params.values()
    return is_on_postgresql or any(item.get_closest_marker(name) for name in LEFT_OUT)


def _open_no_query_engine(item: pytest.Item) -> None:
    """Leave out what keeps a query engine for all tests: most children ask it nothing."""
    names = getattr(item, "fixturenames", [])
    if "query_engine" in names:
        names.remove("query_engine")


def _have_few_examples(item: pytest.Item) -> None:
    test = getattr(item, "obj", None)
    test = getattr(test, "__func__", test)
    own = getattr(test, "_hypothesis_internal_use_settings", None)
    if own is not None and own.max_examples > EXAMPLES_MAX:
        test._hypothesis_internal_use_settings = settings(own, max_examples=EXAMPLES_MAX)


_TEMPLATES: list[Path] = []


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Path], request: pytest.FixtureRequest):
    """Migrate one empty database for all: it is no part of what is measured."""
    if fixturedef.argname != "sqlite_template":
        return (yield)
    if not _TEMPLATES:
        _TEMPLATES.append((yield))
    else:
        fixturedef.func = lambda: _TEMPLATES[0]
        fixturedef.argnames = ()
        yield
    return _TEMPLATES[0]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Judge all mutants of the plan instead of running the tests once."""
    path = session.config.getoption("mutation_plan")
    if path is None:
        return None
    if session.testsfailed:
        raise session.Interrupted(f"{session.testsfailed} errors during collection")
    plan = Plan.read(path)
    gc.unfreeze()  # the collector does not name what is frozen, and functions are found by it
    kept = plan.results.parent / "reach"
    _find_apart(session.items, kept)
    reach = reached(session.items, kept)
    plan.say(f"{len(reach.seconds)} tests of together {sum(reach.seconds.values()):.0f} s")
    Judge(session, plan, reach).judge_all()
    return True


def _find_apart(items: list[pytest.Item], kept: Path) -> None:
    """Find in a child what the tests reach, and keep it.

    Some tests start threads of libraries, such as those that set type for PDF files. After a fork
    these are gone, and whoever waits for one waits for ever: so this process starts none.
    """
    pid = os.fork()
    if pid == 0:
        code = _FAILED
        try:
            reached(items, kept)
            code = _PASSED
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"the tests could not be run once: {status}")


class Judge:
    """Judge mutants, each in a child of its own."""

    def __init__(self, session: pytest.Session, plan: Plan, reach: Reach) -> None:
        self._plan, self._reach = plan, reach
        self._items = {item.nodeid: item for item in session.items}
        self._killers: dict[str, Counter[str]] = defaultdict(Counter)
        self._functions = _functions_of({mutant.path for mutant in plan.mutants})
        for path in self._functions:
            _codes_of_file(ROOT / path)  # once, for all children
        self._temporary = session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]

    def judge_all(self) -> None:
        """Judge what is not known yet, in the order of the plan; say how far it is."""
        gc.collect()
        memories.cache_clear()  # most modules have been imported since
        memories()
        gc.freeze()
        kept = {path.name for path in self._temporary.iterdir()}
        for mutant in self._plan.due():
            self._plan.add(self._known(mutant) or self._judged(mutant))
            for path in self._temporary.iterdir():
                if path.name not in kept:
                    shutil.rmtree(path, ignore_errors=True)
        gc.unfreeze()
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        self._plan.say(f"the children took {spent.ru_utime + spent.ru_stime:.0f} s of CPU")

    def _known(self, mutant: Mutant) -> Verdict | None:
        """Return an earlier verdict, while the tests that it rests on are the same."""
        known = self._plan.known.get(mutant.identity)
        if known is None:
            return None
        if known.is_killed:
            name = (known.by or "").split("::")[0]
            is_same = known.tests == self._reach.files.get(name)
        else:
            is_same = known.tests == self._hash(self._reach.tests(mutant))
        return known if is_same else None

    def _hash(self, tests: list[str]) -> str:
        shown = sorted((test, self._reach.file_of(test)) for test in tests)
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:32]

    def _judged(self, mutant: Mutant) -> Verdict:
        tests = self._reach.tests(mutant)
        if not tests:
            return judged(mutant, "unreached", tests=self._hash([]))
        here = self._killers[f"{mutant.path}:{mutant.function}"]
        nearby = self._killers[mutant.path]
        # stable: the fastest of equals stays first
        tests.sort(key=lambda test: (-here[test], -nearby[test]))
        result, by = self._tried(mutant, self._reach.affordable(tests))
        if result in {"survived", "broken"}:
            return judged(mutant, result, tests=self._hash(tests))
        here[by] += 1
        nearby[by] += 1
        return judged(mutant, result, by=by, tests=self._reach.file_of(by))

    def _tried(self, mutant: Mutant, tests: list[str]) -> tuple[str, str]:
        """Fork, and return how it went and the last test that was begun."""
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            self._be_the_child(mutant, tests, writing)
        os.close(writing)
        with os.fdopen(os.pidfd_open(pid), "rb") as ended:
            if not select.select([ended], [], [], HANG_WALL_S)[0]:
                os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        with os.fdopen(reading, "rb") as told:
            begun = told.read().split()
        by = tests[int(begun[-1])] if begun else tests[0]
        if os.WIFSIGNALED(status):
            is_hung = os.WTERMSIG(status) in {signal.SIGXCPU, signal.SIGKILL}
            return "hung" if is_hung else "killed", by
        code = os.WEXITSTATUS(status)
        return {_PASSED: "survived", _UNCHANGED: "broken"}.get(code, "killed"), by

    def _be_the_child(self, mutant: Mutant, tests: list[str], writing: int) -> None:
        code = _FAILED
        try:
            gc.disable()  # it ends soon, and to look at every object would copy them all
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # it ends with its parent
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            seconds = sum(self._reach.seconds[test] for test in tests)
            limit = int(HANG_CPU_FACTOR * seconds) + HANG_CPU_S
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
            forget()
            if plant(mutant, self._functions[mutant.path]):
                code = self._run(tests, writing)
            else:
                code = _UNCHANGED
        finally:
            os._exit(code)

    def _run(self, tests: list[str], writing: int) -> int:
        items = [self._items[test] for test in tests]
        for number, item in enumerate(items):
            os.write(writing, b"%d " % number)
            following = items[number + 1] if number + 1 < len(items) else item
            if not passes(item, following):
                return _FAILED
        return _PASSED


def _functions_of(paths: set[str]) -> dict[str, list[FunctionType]]:
    """Find every function that lives in this process, by the file of its code."""
    found: dict[str, list[FunctionType]] = defaultdict(list)
    names = {str(ROOT / path): path for path in paths}
    for one in gc.get_objects():
        if isinstance(one, FunctionType) and one.__code__.co_filename in names:
            found[names[one.__code__.co_filename]].append(one)
    return found


def plant(mutant: Mutant, functions: list[FunctionType]) -> bool:
    """Swap the code of the functions that the mutant changes; return whether there is any."""
    path = ROOT / mutant.path
    source = path.read_text(encoding="utf-8")
    before = _codes_of_file(path)
    after = _codes(compile(mutant.planted(source), str(path), "exec"))
    is_planted = False
    for function in functions:
        code = function.__code__
        places = [each.co_firstlineno for each in before.get(code.co_qualname, [])]
        if code.co_firstlineno not in places:
            continue
        place = places.index(code.co_firstlineno)
        changed = after.get(code.co_qualname, [])
        if len(changed) == len(places) and changed[place] != code:
            function.__code__ = changed[place]
            is_planted = True
    return is_planted


@functools.cache
def _codes_of_file(path: Path) -> dict[str, list[CodeType]]:
    return _codes(compile(path.read_text(encoding="utf-8"), str(path), "exec"))


def _codes(module: CodeType) -> dict[str, list[CodeType]]:
    """Return the code of each function by its qualified name, in the order of the file."""
    found: dict[str, list[CodeType]] = defaultdict(list)
    for code in _nested(module):
        found[code.co_qualname].append(code)
    return found


def _nested(code: CodeType) -> Iterator[CodeType]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one
            yield from _nested(one)
