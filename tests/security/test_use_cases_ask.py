"""Every public use case asks before it acts: looked for in the source of the whole tree."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Calls:
    """What a function calls on something: `x.authorize(…)`, `self._ask(…)`.

    Attributes:
        names: of the methods.
        with_actor: those of them that take the actor first.
    """

    names: frozenset[str]
    with_actor: frozenset[str]

    @classmethod
    def of(cls, function: ast.AST) -> "Calls":
        calls = [
            (node.func.attr, node.args)
            for node in ast.walk(function)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        ]
        with_actor = {
            name
            for name, given in calls
            if given and isinstance(given[0], ast.Name) and given[0].id == "actor"
        }
        return cls(frozenset(name for name, _ in calls), frozenset(with_actor))


def with_private(own: dict[str, Calls], calls: Calls) -> Calls:
    """Add what the private methods of its own module call, which a use case reaches by any way."""
    found: dict[str, Calls] = {}
    waiting = [calls]
    while waiting:
        new = {
            name: own[name]
            for name in waiting.pop().names - found.keys()
            if name.startswith("_") and name in own
        }
        found.update(new)
        waiting += new.values()
    reached = [calls, *found.values()]
    return Calls(
        frozenset().union(*(each.names for each in reached)),
        frozenset().union(*(each.with_actor for each in reached)),
    )


def calls_of_use_cases(path: str, tree: ast.Module) -> Iterator[tuple[str, str, Calls]]:
    """Yield each use case of a module: where it is, its name, and what it calls in the end."""
    listed = list(use_cases(tree))
    if not listed:
        return
    own = {node.name: Calls.of(node) for node in ast.walk(tree) if isinstance(node, FUNCTIONS)}
    for name, method in listed:
        yield f"{path}:{name}", method.name, with_private(own, Calls.of(method))


def silent(trees: dict[str, ast.Module]) -> set[str]:
    """Return the use cases that neither ask nor hand the actor on to one that does in the end.

    They ask themselves or in a private method of their own module, or hand the actor to a use case
    that asks: `self._billing.issue(actor…)`.
    """
    everything = [one for path, tree in trees.items() for one in calls_of_use_cases(path, tree)]
    asking: set[str] = set()
    while True:
        open_ = {
            where
            for where, _, calls in everything
            if not calls.names & QUESTIONS and not calls.with_actor & asking
        }
        names = {name for where, name, _ in everything if where not in open_}
        if names == asking:
            return open_
        asking = names


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
