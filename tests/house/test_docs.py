"""The documentation is true: it builds, names what exists, and what it says can be run, runs."""

import importlib
import inspect
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "lineshaft"
DOCS = ROOT / "docs"
BIN = Path(sys.executable).parent

FAMILIES = (
    "network/connectors",
    "services/metering/meters",
    "services/billing/pricing",
    "web/pages",
)
"""Folders of look-alikes: each member must be named where a reader looks for it."""

ROOT_PAGES = [
    ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
]
PAGES = sorted([*ROOT_PAGES, *DOCS.rglob("*.md"), *SOURCE.rglob("README.md")])
FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
RUNNABLE = re.compile(r"^<!-- run -->\n```(python|sh)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def python(*arguments: str, timeout_s: int = 100) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_s,
    )


@pytest.mark.timeout(120)
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    result = python("-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr
    assert (tmp_path / "index.html").is_file()
    readmes = [readme.parent.relative_to(SOURCE) for readme in SOURCE.rglob("README.md")]
    for package in readmes:
        assert (tmp_path / "packages" / f"{'-'.join(package.parts)}.html").is_file()


@pytest.mark.timeout(60)
def test_the_reference_pages_are_up_to_date() -> None:
    result = python("docs/generate.py", "--check")
    assert result.returncode == 0, f"run `make docs`:\n{result.stdout}{result.stderr}"


def glossary_rows() -> list[list[str]]:
    lines = (DOCS / "glossary.md").read_text().splitlines()
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines if line[:1] == "|"
    ]
    return [row for row in rows if row[0] != "English" and set(row[0]) != {"-"}]


def public_classes() -> Iterator[tuple[str, type]]:
    """Yield each public class of core and of every model, but no error: those have a page."""
    modules = [*(SOURCE / "core").rglob("*.py"), *SOURCE.rglob("model.py")]
    for path in sorted(set(modules)):
        dotted = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
        module = importlib.import_module(dotted.removesuffix(".__init__"))
        for name, value in inspect.getmembers(module, inspect.isclass):
            is_ours = value.__module__ == module.__name__ and not name.startswith("_")
            if is_ours and not issubclass(value, BaseException):
                yield f"{module.__name__}.{name}", value


def test_the_glossary_is_complete_and_filled() -> None:
    rows = glossary_rows()
    assert all(len(row) == 3 and all(row) for row in rows), "a row has an empty cell"
    english = " ".join(row[0] for row in rows)
    terms = {term.strip().lower() for row in rows for term in INLINE.sub("", row[0]).split(",")}
    named = set(INLINE.findall(english))
    missing = []
    for place, value in public_classes():
        words = re.sub(r"(?<!^)(?=[A-Z])", " ", value.__name__).lower()
        if value.__name__ not in named and words not in terms:
            missing.append(place)
    assert not missing, "not in docs/glossary.md:\n" + "\n".join(missing)


def test_the_glossary_names_no_class_that_is_gone() -> None:
    sources = "\n".join(path.read_text() for path in SOURCE.rglob("*.py"))
    classes = set(re.findall(r"^class (\w+)", sources, re.MULTILINE))
    named = {name for row in glossary_rows() for name in INLINE.findall(row[0])}
    assert not named - classes


def test_the_glossary_has_each_term_once() -> None:
    terms = [row[0] for row in glossary_rows()]
    assert len(terms) == len(set(terms))


def family_members() -> Iterator[tuple[str, Path]]:
    """Yield family and place of every connector, meter, price model and page."""
    for family in FAMILIES:
        folder = SOURCE / family
        packages = [path.parent for path in folder.glob("*/__init__.py")]
        modules = [path for path in folder.rglob("*.py") if not path.name.startswith("_")]
        members = packages if family.endswith("connectors") else modules
        yield from ((family, path) for path in sorted(members))


def test_every_member_of_a_family_is_documented() -> None:
    docs = [page for page in DOCS.rglob("*.md") if "reference" not in page.parts]
    missing = []
    for family, path in family_members():
        readmes = [folder / "README.md" for folder in path.parents if SOURCE in folder.parents]
        texts = [page.read_text() for page in (*docs, *readmes) if page.is_file()]
        has_own_page = (path / "README.md").is_file()
        if not has_own_page and not any(f"`{path.stem}`" in text for text in texts):
            missing.append(f"{family}: `{path.stem}` has no page and is in no README.md above it")
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text())
    targets = [target.split("#")[0] for target in LINK.findall(text) if "://" not in target]
    broken = [target for target in targets if target and not (page.parent / target).exists()]
    assert not broken, f"{name_of(page)}: {broken}"


def code_in(page: Path) -> str:
    """Return everything that a page shows in code type, one piece a line."""
    text = page.read_text()
    return "\n".join([*FENCE.findall(text), *INLINE.findall(FENCE.sub("", text))])


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_every_make_target_that_is_named_exists() -> None:
    named = {
        (name_of(page), target)
        for page in PAGES
        for target in re.findall(r"(?:^|\s|\$ )make ([a-z]+)", code_in(page))
    }
    assert ("README.md", "demo") in named
    assert not [found for found in named if found[1] not in make_targets()]


def test_every_command_that_is_named_exists() -> None:
    sys.path.insert(0, str(DOCS))
    try:
        commands = importlib.import_module("generate").commands()
    finally:
        sys.path.remove(str(DOCS))
    if not commands:
        pytest.skip("there is no command line yet")
    first_words = {name.split()[0] for name in commands}
    named = {
        (name_of(page), word)
        for page in PAGES
        for word in re.findall(r"^(?:\$ )?lineshaft ([a-z]+)", code_in(page), re.MULTILINE)
    }
    assert not [found for found in named if found[1] not in first_words]


def paths_named_in(page: Path) -> Iterator[str]:
    """Yield the paths of the tree in code type; one with a placeholder `<…>` is a pattern."""
    for text in INLINE.findall(FENCE.sub("", page.read_text())):
        if re.fullmatch(r"(src|tests|docs|bench|examples|\.ci)/[\w./-]*", text):
            yield text


@pytest.mark.parametrize("page", ROOT_PAGES, ids=name_of)
def test_every_path_that_is_named_exists(page: Path) -> None:
    missing = [path for path in paths_named_in(page) if not (ROOT / path).exists()]
    assert not missing, f"{name_of(page)}: {missing}"


def test_a_recipe_names_a_neighbour_that_exists() -> None:
    recipes = re.findall(
        r"`([\w/]+)/<\w+>[^|]*copy `(\w+)`", (ROOT / "CONTRIBUTING.md").read_text()
    )
    assert recipes
    for family, neighbour in recipes:
        folder = SOURCE / family
        if folder.is_dir():
            assert (folder / neighbour).is_dir() or (folder / f"{neighbour}.py").is_file(), family


EXAMPLES = [
    pytest.param(page, language, text, id=f"{name_of(page)}-{number}")
    for page in PAGES
    for number, (language, text) in enumerate(RUNNABLE.findall(page.read_text()), 1)
]


@pytest.mark.engine
@pytest.mark.timeout(60)
@pytest.mark.parametrize(("page", "language", "text"), EXAMPLES)
def test_an_example_that_can_be_run_runs(
    page: Path, language: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(BIN), prepend=":")
    program = [sys.executable, "-c"] if language == "python" else ["bash", "-euo", "pipefail", "-c"]
    result = subprocess.run(
        [*program, text], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, f"{name_of(page)}:\n{text}\n{result.stdout}{result.stderr}"


def declared_dependencies() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lists = [project["project"]["dependencies"]]
    lists += project["project"]["optional-dependencies"].values()
    lists += project["dependency-groups"].values()
    return {re.split(r"[\[<>=~! ]", entry)[0] for entries in lists for entry in entries}


def test_every_dependency_has_its_reason() -> None:
    lines = (DOCS / "dependencies.md").read_text().splitlines()
    explained = [line.split("`")[1] for line in lines if line.startswith("| `")]
    assert len(explained) == len(set(explained))
    assert set(explained) == declared_dependencies()


def test_every_dependency_has_an_exact_version() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines), "name==version only"
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines}
    assert declared_dependencies() <= pinned


def test_every_decision_has_its_four_parts_and_is_listed() -> None:
    index = (DOCS / "decisions" / "index.md").read_text()
    pages = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    assert len(pages) >= 12
    for page in pages:
        heads = re.findall(r"^## (.+)$", page.read_text(), re.MULTILINE)
        assert heads == ["Context", "Decision", "Measured and other reasons", "Consequences"], page
        assert f"({page.name})" in index
