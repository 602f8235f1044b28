"""Every public use case asks before it acts: looked for in the source of the whole tree."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import lineshaft

SOURCE = Path(lineshaft.__file__).parent

QUESTIONS = frozenset(
    {"authorize", "decide", "is_allowed", "permitted", "visible_machines", "visible_organisations"}
)

# Use cases that take an actor and ask nothing, each with its reason.
ALLOWED: dict[str, str] = {
    "security/authorisation/service.py:Authorizer.decide": "it is the question",
    "security/authorisation/service.py:Authorizer.permitted": "it is the question, of a list",
    "security/authorisation/policybook.py:PolicyBook.decide": "it is the answer",
}
# The skins hold no use cases: they call those of the rooms with the actor that they were given.
SKINS = frozenset({"web", "cli", "bootstrap"})


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def use_cases(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for owner in tree.body:
        if not isinstance(owner, ast.ClassDef) or is_port(owner):
            continue
        for method in owner.body:
            if isinstance(method, FUNCTIONS):
                names = [argument.arg for argument in method.args.args]
                if names[1:2] == ["actor"] and not method.name.startswith("_"):
                    yield f"{owner.name}.{method.name}", method


def is_port(owner: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id == "Protocol" for base in owner.bases)


def called(node: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls of methods on something: `x.authorize(…)`, `self._ask(…)`."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
            yield inner


def name_of(call: ast.Call) -> str:
    assert isinstance(call.func, ast.Attribute)
    return call.func.attr


def puts_a_question(node: ast.AST) -> bool:
    return any(name_of(call) in QUESTIONS for call in called(node))


def with_private(tree: ast.Module, method: ast.AST) -> list[ast.AST]:
    """Return a use case, and the private methods of its own module that it calls, by any way."""
    own = {node.name: node for node in ast.walk(tree) if isinstance(node, FUNCTIONS)}
    found: dict[str, ast.AST] = {}
    waiting: list[ast.AST] = [method]
    while waiting:
        names = {name_of(call) for call in called(waiting.pop())} - found.keys()
        new = {name: own[name] for name in names if name.startswith("_") and name in own}
        found.update(new)
        waiting += new.values()
    return [method, *found.values()]


def asks(tree: ast.Module, method: ast.AST) -> bool:
    """Whether a use case asks, itself or in a private method of its own module."""
    return any(puts_a_question(inner) for inner in with_private(tree, method))


def passes_on(tree: ast.Module, method: ast.AST, asking: set[str]) -> bool:
    """Whether a use case hands its actor to a use case that asks: `self._billing.issue(actor…)`."""
    return any(
        name_of(call) in asking
        and call.args
        and isinstance(call.args[0], ast.Name)
        and call.args[0].id == "actor"
        for inner in with_private(tree, method)
        for call in called(inner)
    )


def silent(trees: dict[str, ast.Module]) -> set[str]:
    """Return the use cases that neither ask nor hand the actor on to one that does in the end."""
    everything = [
        (f"{path}:{name}", tree, method)
        for path, tree in trees.items()
        for name, method in use_cases(tree)
    ]
    asking: set[str] = set()
    while True:
        open_ = [one for one in everything if not _ends_in(asking, *one[1:])]
        names = {one[2].name for one in everything if one not in open_}
        if names == asking:
            return {name for name, _, _ in open_}
        asking = names


def _ends_in(asking: set[str], tree: ast.Module, method: ast.AST) -> bool:
    return asks(tree, method) or passes_on(tree, method, asking)


def test_every_use_case_that_takes_an_actor_asks() -> None:
    trees = {
        str(path.relative_to(SOURCE)): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(SOURCE.rglob("*.py"))
        if path.relative_to(SOURCE).parts[0] not in SKINS
    }
    found = silent(trees)
    assert found - ALLOWED.keys() == set(), "these use cases never ask authorize()"
    assert ALLOWED.keys() - found == set(), "these exceptions are not needed"


@pytest.mark.parametrize(
    ("body", "is_found"),
    [
        ("self._store.read()", True),
        ("self._authorizer.authorize(actor, 'a', r)", False),
        ("self._ask(actor)", False),
        ("self._authorizer.visible_machines(actor)", False),
        ("self._other.turn(actor, machine)", False),
        ("self._other.turn(machine)", True),
        ("self._other.melt(actor)", True),
    ],
)
def test_a_use_case_that_does_not_ask_is_found(body: str, *, is_found: bool) -> None:
    text = (
        "class Press:\n"
        f"    def stop(self, actor, machine):\n        {body}\n"
        "    def turn(self, actor):\n        self._ask(actor)\n"
        "    def _ask(self, actor):\n        self._authorizer.authorize(actor, 'a', r)\n"
        "class Port(Protocol):\n    def stop(self, actor): ...\n"
    )
    assert silent({"press": ast.parse(text)}) == ({"press:Press.stop"} if is_found else set())
