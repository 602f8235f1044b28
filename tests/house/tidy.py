"""The rules that no linter knows. Each file is read and parsed once."""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXCEPTIONS = ROOT / "tests" / "house" / "exceptions.toml"

FUNCTION_LINES_MAX = 60
FILE_LINES_MAX = 500

FOLDERS = ("src", "tests", "bench", "docs", "examples", ".ci")
CODE_SUFFIXES = {".py", ".sh", ".css", ".js", ".html", ".svg", ".mako", ".typ", ".cedar"}
TEXT_SUFFIXES = CODE_SUFFIXES | {"", ".md", ".toml", ".txt", ".yml", ".yaml", ".json", ".csv"}
# What is measured or recorded is not prose.
NOT_OURS = re.compile(r"/(__pycache__|[^/]+\.egg-info)/|^LICENSE$")

# A room's folder is listed here when its packages are one level further down.
ROOMS_OF_PACKAGES = (
    "security",
    "network",
    "platform",
    "services",
    "valuechain",
    "network/connectors",
)

BANNED_MODULES = re.compile(r"^(utils?|helpers?|misc|common|mapper)$")
BANNED_WORDS = frozenset({"manager", "handler", "processor"})

# Put together from parts, so that this file does not contain what it looks for.
OPEN_END = re.compile("TO" + "DO" + "|" + "FIX" + "ME")
ISSUE = re.compile(r"#\d+")
DATACLASS = re.compile(r"(dataclasses\.)?dataclass\b")
DECLARES = re.compile(r"option\(|_setting\(|(dataclasses\.)?field\(.*\b(repr|metadata)=")
SKIPS = re.compile("skip|skipif|xfail")
MACHINE = re.compile(
    "|".join(
        (
            r"(?<![\w.])/" + r"(root|work|home/\w+|opt/\w+|usr/local/\w+)/",
            r"pypi" + r"\.org|python" + r"hosted|registry\." + r"npmjs|deb\." + r"debian\.org",
            r"--" + r"(extra-)?index-url|--" + r"find-links",
            r"(?i:"
            + "|".join(("chat" + "gpt", "cla" + "ude", "anthro" + "pic", "co" + "pilot"))
            + ")",
        )
    )
)

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef
# Nothing is defined inside an expression.
HOLDS_STATEMENTS = (ast.stmt, ast.excepthandler, ast.match_case)


@dataclass(frozen=True)
class Finding:
    """One place where a rule does not hold; `size` is set where the rule has a limit."""

    rule: str
    where: str
    size: int | None = None

    def __str__(self) -> str:
        """Write the rule and the place."""
        return f"{self.rule}: {self.where}" + (f" ({self.size})" if self.size is not None else "")


class SourceFile:
    """A text file of the repository."""

    def __init__(self, path: Path, root: Path) -> None:
        """Read it."""
        self.name = path.relative_to(root).as_posix()
        self.text = path.read_text(encoding="utf-8")
        self.lines = self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module | None:
        """The parsed module, or None for another kind of file."""
        return ast.parse(self.text, self.name) if self.name.endswith(".py") else None

    @cached_property
    def definitions(self) -> list[tuple[str, Definition]]:
        """Every class and function with its qualified name."""
        return list(definitions_in(self.tree, "")) if self.tree else []


def definitions_in(node: ast.AST, prefix: str) -> Iterator[tuple[str, Definition]]:
    """Yield what is defined below a node; a nested one is named after what it stands in."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition):
            yield f"{prefix}{child.name}", child
            yield from definitions_in(child, f"{prefix}{child.name}.")
        elif isinstance(child, HOLDS_STATEMENTS):
            yield from definitions_in(child, prefix)


def source_files(root: Path = ROOT) -> Iterator[SourceFile]:
    """Read every text file that is ours, one after the other: a parsed tree is large."""
    paths = [path for path in root.iterdir() if path.is_file()]
    for folder in FOLDERS:
        paths += [path for path in (root / folder).rglob("*") if path.is_file()]
    for path in sorted(paths):
        is_text = path.suffix in TEXT_SUFFIXES and not path.name.startswith(".coverage")
        if is_text and not NOT_OURS.search(path.relative_to(root).as_posix()):
            yield SourceFile(path, root)


def long_functions(file: SourceFile) -> Iterator[Finding]:
    """A function fits on a screen."""
    for name, node in file.definitions:
        if not isinstance(node, Function):
            continue
        size = (node.end_lineno or node.lineno) - node.lineno + 1
        if size > FUNCTION_LINES_MAX:
            yield Finding("function lines", f"{file.name}:{name}", size)


def long_files(file: SourceFile) -> Iterator[Finding]:
    """A module can be read in one sitting."""
    if file.tree is not None and len(file.lines) > FILE_LINES_MAX:
        yield Finding("file lines", file.name, len(file.lines))


def words(name: str) -> set[str]:
    """Return the words of a name in snake_case or CamelCase, in lower case and singular."""
    return {word.lower().removesuffix("s") for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)}


def empty_names(file: SourceFile) -> Iterator[Finding]:
    """A name says what a thing is, not that it does something with something."""
    if file.tree is None:
        return
    path = Path(file.name)
    if any(BANNED_MODULES.match(part) for part in (*path.parent.parts, path.stem)):
        yield Finding("name", file.name)
    defined = [*(node.name for _, node in file.definitions), path.stem]
    yield from (
        Finding("name", f"{file.name}:{name}") for name in defined if words(name) & BANNED_WORDS
    )


def lines_with(pattern: re.Pattern[str], file: SourceFile) -> Iterator[tuple[int, str]]:
    """Yield number and text of each line in which a pattern is found; most files have none."""
    if pattern.search(file.text):
        yield from (
            (number, line) for number, line in enumerate(file.lines, 1) if pattern.search(line)
        )


def open_ends(file: SourceFile) -> Iterator[Finding]:
    """What is left to do stands in an issue, and the line says which."""
    for number, line in lines_with(OPEN_END, file):
        if not ISSUE.search(line):
            yield Finding("open end without an issue", f"{file.name}:{number}")


def machine_words(file: SourceFile) -> Iterator[Finding]:
    """Nothing names the machine that it was written on, or where packages come from."""
    for number, _line in lines_with(MACHINE, file):
        yield Finding("names a machine or a registry", f"{file.name}:{number}")


def silent_skips(file: SourceFile) -> Iterator[Finding]:
    """A test that does not run says why."""
    if file.tree is None or not SKIPS.search(file.text):
        return
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Attribute) and SKIPS.fullmatch(node.attr):
            call = getattr(node, "called_by", None)
            if ast.unparse(node).startswith("pytest.") and not says_why(node.attr, call):
                yield Finding("skip without a reason", f"{file.name}:{node.lineno}")
        elif isinstance(node, ast.Call):
            node.func.called_by = node  # type: ignore[attr-defined]


def says_why(kind: str, call: ast.Call | None) -> bool:
    """Tell whether a skip carries a reason, by position or by name."""
    if call is None:
        return False
    position = 1 if kind == "skipif" else 0
    values = [keyword.value for keyword in call.keywords if keyword.arg in {"reason", "msg"}]
    if kind != "xfail" or "mark" not in ast.unparse(call.func):
        values += call.args[position : position + 1]
    return any(not isinstance(value, ast.Constant) or value.value for value in values)


def slow_values(file: SourceFile) -> Iterator[Finding]:
    """A value is a struct; a dataclass is for fields that are hidden or described."""
    if file.tree is None or not file.name.startswith("src/") or "dataclass" not in file.text:
        return
    made = [(name, node) for name, node in file.definitions if is_dataclass(node)]
    bases = {ast.unparse(base) for _, node in made for base in getattr(node, "bases", ())}
    for name, node in made:
        if name not in bases and not any(map(is_declared, node.body)):
            yield Finding("dataclass without a declared field", f"{file.name}:{name}")


def is_dataclass(node: Definition) -> bool:
    """Tell whether a class is decorated as one."""
    return any(DATACLASS.match(ast.unparse(one)) for one in node.decorator_list)


def is_declared(statement: ast.stmt) -> bool:
    """Tell whether a field is declared with more than what it is where nothing is given."""
    value = statement.value if isinstance(statement, ast.AnnAssign) else None
    if not isinstance(value, ast.Call):
        return False
    return DECLARES.match(ast.unparse(value)) is not None


RULES = (
    long_functions,
    long_files,
    empty_names,
    open_ends,
    machine_words,
    silent_skips,
    slow_values,
)


def missing_readmes(root: Path = ROOT) -> Iterator[Finding]:
    """Each package says its terms, its invariants and what it does not do."""
    house = root / "src" / "lineshaft"
    inner = [house / room for room in ROOMS_OF_PACKAGES]
    for folder in (house, *inner):
        for package in sorted(folder.iterdir()) if folder.is_dir() else ():
            is_package = (package / "__init__.py").is_file() and package not in inner
            if is_package and not (package / "README.md").is_file():
                yield Finding("README.md is missing", package.relative_to(root).as_posix())


def findings(root: Path = ROOT) -> list[Finding]:
    """Return every place where a rule does not hold, without regard to exceptions."""
    found = [finding for file in source_files(root) for rule in RULES for finding in rule(file)]
    return found + list(missing_readmes(root))


@dataclass(frozen=True)
class Verdict:
    """What is wrong, and which exceptions are no longer needed."""

    wrong: list[str]
    needless: list[str]


def judged(found: list[Finding], exceptions: list[dict[str, object]]) -> Verdict:
    """Weigh the findings against the exceptions, which may only shrink."""
    allowed = {(entry["rule"], entry["where"]): entry for entry in exceptions}
    wrong = []
    for finding in found:
        entry = allowed.pop((finding.rule, finding.where), None)
        if entry is None:
            wrong.append(str(finding))
        elif finding.size is not None and finding.size != entry.get("now"):
            wrong.append(f"{finding}: the exception says now = {entry.get('now')}")
    return Verdict(wrong, [f"{rule}: {where}" for rule, where in allowed])


def listed_exceptions(path: Path = EXCEPTIONS) -> list[dict[str, object]]:
    """Read the exceptions."""
    entries: list[dict[str, object]] = tomllib.loads(path.read_text()).get("exception", [])
    return entries
