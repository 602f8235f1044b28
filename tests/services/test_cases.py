"""The page that says where each stated case is tested names tests that are there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
CASES, EXTRA_CASES, INVARIANTS = PAGE.split("\n## ")[1:]
NUMBERS = [str(number) for number in range(1, 31)]
EXTRAS = ["business calendar", "telemetry gap", "price change", "energy saving", "core"]
EXTRAS += ["power by the hour", "OEE"]
PROPERTIES_MIN = 25


def rows(section: str) -> dict[str, list[str]]:
    """Return the tests of each row of a table by what its first cell says."""
    found = {}
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and not re.fullmatch("-+|case|invariant", cells[0]):
            found[cells[0]] = re.findall(r"`(\S+::\w+)`", cells[2])
    return found


@cache
def functions(path: str) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name: node for node in ast.walk(tree) if isinstance(node, kinds)}


@pytest.mark.parametrize(
    ("section", "names"),
    [
        (CASES, NUMBERS),
        (EXTRA_CASES, EXTRAS),
        (INVARIANTS, [f"I{number}" for number in range(1, 11)]),
    ],
    ids=["cases", "extra cases", "invariants"],
)
def test_every_case_names_tests_that_are_there(section: str, names: list[str]) -> None:
    table = rows(section)
    assert list(table) == names
    for name, tests in table.items():
        assert tests, f"{name} has no test"
        for test in tests:
            path, _, function = test.partition("::")
            assert function in functions(path), f"{name}: there is no {test}"


def test_every_invariant_has_properties_and_there_are_enough() -> None:
    properties = {test for tests in rows(INVARIANTS).values() for test in tests}
    for test in properties:
        path, _, function = test.partition("::")
        decorators = map(ast.unparse, functions(path)[function].decorator_list)
        assert any(each.startswith("given(") for each in decorators), f"{test} is no property"
    assert len(properties) >= PROPERTIES_MIN
