"""The tree is tidy, and each rule of `tidy.py` finds what it is meant to find."""

from pathlib import Path

import pytest

from tests.house import tidy

NO = "TO" + "DO"
DATACLASS = "dataclass without a declared field: src/a.py"


def test_the_tree_is_tidy() -> None:
    verdict = tidy.judged(tidy.findings(), tidy.listed_exceptions())
    assert not verdict.wrong, "\n".join(verdict.wrong)
    assert not verdict.needless, "remove these exceptions:\n" + "\n".join(verdict.needless)


def test_exceptions_give_a_reason() -> None:
    for entry in tidy.listed_exceptions():
        assert entry["reason"], entry


LONG_FUNCTION = "def f():\n" + "    pass\n" * 60
CASES = [
    (LONG_FUNCTION, ["function lines: src/a.py:f (61)"]),
    (LONG_FUNCTION.replace("    pass\n", "", 1), []),
    ("class C:\n    def f(self):\n" + "        pass\n" * 60, ["function lines: src/a.py:C.f (61)"]),
    ("x = 1\n" * 500, []),
    ("x = 1\n" * 501, ["file lines: src/a.py (501)"]),
    ("class OrderManager: ...", ["name: src/a.py:OrderManager"]),
    ("def message_handler(): ...", ["name: src/a.py:message_handler"]),
    ("def handle(): ...\nclass Handled: ...", []),
    (f"# {NO}: later", ["open end without an issue: src/a.py:1"]),
    (f"# {NO}(#12): later", []),
    ("x = '/ro" + "ot/x'", ["names a machine or a registry: src/a.py:1"]),
    ("# as in wo" + "rk/ and /works/", []),
    ("y = 'py" + "pi.org'", ["names a machine or a registry: src/a.py:1"]),
    ("import pytest\npytest.skip()", ["skip without a reason: src/a.py:2"]),
    ("import pytest\npytest.skip('no disk')", []),
    ("import pytest\n@pytest.mark.skip\ndef f(): ...", ["skip without a reason: src/a.py:2"]),
    (
        "import pytest\n@pytest.mark.skipif(True)\ndef f(): ...",
        ["skip without a reason: src/a.py:2"],
    ),
    ("import pytest\n@pytest.mark.skipif(True, reason='why')\ndef f(): ...", []),
    ("@dataclass(frozen=True)\nclass A:\n    a: int", [f"{DATACLASS}:A"]),
    (
        "@dataclasses.dataclass\nclass A:\n    a: list = field(default_factory=list)",
        [f"{DATACLASS}:A"],
    ),
    (
        "@dataclass\nclass A:\n    a: int\n@dataclass\nclass B(A):\n    b: str = field(repr=False)",
        [],
    ),
    ("@dataclass\nclass A:\n    a: int = option('How many.')", []),
    (
        "import pytest\n@pytest.mark.xfail(strict=True)\ndef f(): ...",
        ["skip without a reason: src/a.py:2"],
    ),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_a_rule_bites(text: str, expected: list[str], tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text(text)
    assert [str(finding) for finding in tidy.findings(tmp_path)] == expected


def test_a_module_has_a_name_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "src" / "helpers").mkdir(parents=True)
    (tmp_path / "src" / "helpers" / "a.py").touch()
    (tmp_path / "src" / "utils.py").touch()
    found = [str(finding) for finding in tidy.findings(tmp_path)]
    assert found == ["name: src/helpers/a.py", "name: src/utils.py"]


@pytest.mark.parametrize("package", ["plant", "services/billing", "network/connectors/mtconnect"])
def test_a_package_needs_a_readme(package: str, tmp_path: Path) -> None:
    folder = tmp_path / "src" / "lineshaft" / package
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    assert [str(finding) for finding in tidy.findings(tmp_path)] == [
        f"README.md is missing: src/lineshaft/{package}"
    ]
    (folder / "README.md").touch()
    assert tidy.findings(tmp_path) == []


def test_exceptions_may_only_shrink() -> None:
    found = [tidy.Finding("function lines", "a.py:f", 71)]
    entry: dict[str, object] = {"rule": "function lines", "where": "a.py:f", "now": 71}
    assert tidy.judged(found, [entry]) == tidy.Verdict([], [])
    assert tidy.judged(found, [entry | {"now": 70}]).wrong
    assert tidy.judged(found, [entry | {"now": 72}]).wrong
    assert tidy.judged([], [entry]) == tidy.Verdict([], ["function lines: a.py:f"])
    assert tidy.judged(found, []).wrong == ["function lines: a.py:f (71)"]
