"""Every small mistake that mutmut's operators plant in the functions of a source file."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

from bench.records import ROOT

SERVICES = ROOT / "src" / "lineshaft" / "services"
SCOPE = (
    "metering/**/*.py",
    "billing/**/*.py",
    "contracts/guarantee.py",
    "contracts/credits.py",
    "contracts/calendars.py",
    "contracts/indicators/*.py",
)
"""Metering, billing and the formulas of the guarantees."""
WITHOUT_NAMES = {"api", "store", "tables", "ports", "errors", "events", "words", "__init__"}
"""The edges, which have tests of their own kind, declarations, and texts."""
WITHOUT_FOLDERS = {"rendering", "einvoice"}
"""Layout and XML: judged by official rules and by golden files."""
NEVER_CALLED = {"len", "isinstance"}
"""As in mutmut: their arguments only make what is no program."""


@dataclass(frozen=True)
class Mutant:
    """One mistake in one function.

    Attributes:
        path: of the file, from the root of the repository.
        function: its name with its class, such as `Money.rounded`.
        number: counts the mutants of the file, from 0.
        identity: the same as long as the text of the function and the mistake are.
        span: first and last line of the statement with the mistake.
        was, becomes: the code at the spot, one line each.
        start, end: the spot in the file, in characters.
    """

    path: str
    function: str
    number: int
    identity: str
    span: tuple[int, int]
    was: str
    becomes: str
    start: int
    end: int

    @property
    def name(self) -> str:
        """What a person says of it; it stays the same while the function does."""
        return f"{self.path}:{self.function}: {one_line(self.was)} -> {one_line(self.becomes)}"

    def planted(self, source: str) -> str:
        """Return the file with the mistake in it."""
        return source[: self.start] + self.becomes + source[self.end :]


def one_line(code: str) -> str:
    """Write code without its line breaks and indentation."""
    return " ".join(code.split())


def sources() -> list[Path]:
    """Return the files that are measured, in order."""
    found = {path for pattern in SCOPE for path in SERVICES.glob(pattern)}
    return sorted(
        path
        for path in found
        if path.stem not in WITHOUT_NAMES
        and not WITHOUT_FOLDERS & set(path.relative_to(SERVICES).parts)
    )


def mutants_of(path: Path) -> list[Mutant]:
    """Return all mutants of a file, in the order of its text."""
    visitor = _Planter(path)
    MetadataWrapper(cst.parse_module(path.read_text(encoding="utf-8"))).visit(visitor)
    return visitor.mutants


def shuffled(mutants: Iterable[Mutant], seed: int) -> list[Mutant]:
    """Put mutants in an order of the seed, each at a place of its own.

    So the first of them are a sample, and another mutant does not move them.
    """

    def place(mutant: Mutant) -> bytes:
        return hashlib.sha256(f"{seed} {mutant.identity}".encode()).digest()

    return sorted(mutants, key=place)


class _Planter(cst.CSTVisitor):
    """Apply each operator to each node within functions; texts of refusals are left alone."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.mutants: list[Mutant] = []
        self._path = path.relative_to(ROOT).as_posix()
        source = path.read_text(encoding="utf-8")
        self._source = source
        self._line_starts = [0]
        for line in source.splitlines(keepends=True):
            self._line_starts.append(self._line_starts[-1] + len(line))
        self._names: list[str] = []
        self._functions: list[cst.FunctionDef] = []
        self._statements: list[cst.CSTNode] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if _is_left_alone(node):
            return False
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            self._names.append(node.name.value)
        if isinstance(node, cst.FunctionDef):
            self._functions.append(node)
        if isinstance(node, (cst.BaseCompoundStatement, cst.SimpleStatementLine)):
            self._statements.append(node)
        if self._functions and not isinstance(node, cst.FunctionDef):
            self._plant(node)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if _is_left_alone(original_node):
            return
        if isinstance(original_node, (cst.FunctionDef, cst.ClassDef)):
            self._names.pop()
        if isinstance(original_node, cst.FunctionDef):
            self._functions.pop()
        if isinstance(original_node, (cst.BaseCompoundStatement, cst.SimpleStatementLine)):
            self._statements.pop()

    def _plant(self, node: cst.CSTNode) -> None:
        for kind, operator in mutation_operators:
            if not isinstance(node, kind):
                continue
            for mutated in operator(node):
                place: CodeRange = self.get_metadata(PositionProvider, node)
                becomes = cst.Module([]).code_for_node(mutated)
                if isinstance(node, cst.Match):  # the only block among them
                    becomes = becomes.rstrip("\n").replace("\n", "\n" + " " * place.start.column)
                self._add(place, becomes)

    def _add(self, place: CodeRange, becomes: str) -> None:
        start, end = self._offset(place.start), self._offset(place.end)
        outermost: CodeRange = self.get_metadata(PositionProvider, self._functions[0])
        first, last = self._offset(outermost.start), self._offset(outermost.end)
        function = ".".join(self._names)
        spot = (self._path, function, self._source[first:last], start - first, end - first, becomes)
        self.mutants.append(
            Mutant(
                path=self._path,
                function=function,
                number=len(self.mutants),
                identity=hashlib.sha256(repr(spot).encode()).hexdigest()[:32],
                span=self._span(place),
                was=self._source[start:end],
                becomes=becomes,
                start=start,
                end=end,
            )
        )

    def _offset(self, at: "cst.metadata.CodePosition") -> int:
        return self._line_starts[at.line - 1] + at.column

    def _span(self, place: CodeRange) -> tuple[int, int]:
        statement = self._statements[-1]
        whole: CodeRange = self.get_metadata(PositionProvider, statement)
        if isinstance(statement, cst.SimpleStatementLine):
            return whole.start.line, whole.end.line
        return min(whole.start.line, place.start.line), place.end.line


def _is_left_alone(node: cst.CSTNode) -> bool:
    if isinstance(node, (cst.Annotation, cst.Decorator, cst.Parameters)):
        return True  # they are evaluated once, when the file is imported
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name):
        return node.func.value in NEVER_CALLED
    return _is_text_of_a_refusal(node)


def _is_text_of_a_refusal(node: cst.CSTNode) -> bool:
    """Whether it is `msg = …`, `msg += …` or `raise Refusal(msg)`."""
    if isinstance(node, cst.Assign):
        return _is_message(node.targets[0].target)
    if isinstance(node, cst.AugAssign):
        return _is_message(node.target)
    if isinstance(node, cst.Raise) and isinstance(node.exc, cst.Call):
        return all(_is_message(argument.value) for argument in node.exc.args)
    return False


def _is_message(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Name) and node.value == "msg"


def all_mutants(kept: Path) -> Iterator[Mutant]:
    """Yield the mutants of every file that is measured; those of a text are made once."""
    kept.mkdir(parents=True, exist_ok=True)
    for path in sources():
        text = path.relative_to(ROOT).as_posix() + path.read_text(encoding="utf-8")
        known = kept / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
        if not known.is_file():
            made = [asdict(mutant) for mutant in mutants_of(path)]
            known.write_text(json.dumps(made), encoding="utf-8")
        for each in json.loads(known.read_text(encoding="utf-8")):
            yield Mutant(**each | {"span": tuple(each["span"])})
