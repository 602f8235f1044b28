"""Write the reference pages from the registries: `make docs`; a test fails when they are old.

Settings come from `describe_settings`, commands from the command line itself, events from each
`events.py`, errors from the classes. `--check` writes nothing and fails when a page is out of date.
"""

import argparse
import ast
import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import lineshaft
from lineshaft.core.errors import KINDS, Refusal

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "lineshaft"
REFERENCE = ROOT / "docs" / "reference"
NOTE = "<!-- Made by docs/generate.py: change the code, then run `make docs`. -->\n\n"


def first_line(documentation: str | None) -> str:
    """Return the first paragraph of a docstring on one line."""
    return " ".join((documentation or "").strip().split("\n\n")[0].split())


def table(head: list[str], rows: list[list[str]]) -> str:
    """Write a Markdown table; a bar inside a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    cells = [[" ".join(cell.split()).replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in cells) + "\n"


def code(text: object) -> str:
    """Write a value in code type; nothing for an empty one."""
    return f"`{text}`" if str(text) else ""


def settings_page() -> str:
    """Describe every setting, its default, its unit and its environment variable."""
    settings = importlib.import_module("lineshaft.infrastructure.settings")
    rows = [
        [code(s.name), s.kind, code(s.default), s.unit, s.help, code(s.environment)]
        for s in settings.describe_settings()
    ]
    intro = (
        "Later sources win: the default, `lineshaft.toml` in the data directory, the environment "
        "variable, the option of the command line.\n\n"
    )
    head = ["setting", "kind", "default", "unit", "meaning", "environment variable"]
    return "# Settings\n\n" + intro + table(head, rows)


def commands() -> dict[str, Any]:
    """Return every command of the command line by its full name, such as `source accept`."""
    if importlib.util.find_spec("lineshaft.cli") is None:
        return {}
    if importlib.util.find_spec("lineshaft.cli.main") is None:
        return {}
    typer = importlib.import_module("typer.main")
    app = importlib.import_module("lineshaft.cli.main").app
    return dict(commands_below("", typer.get_command(app)))


def commands_below(prefix: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Yield the leaves of a group of commands in the order of their names."""
    if not hasattr(command, "commands"):
        yield prefix, command
        return
    for name in sorted(command.commands):
        yield from commands_below(f"{prefix} {name}".strip(), command.commands[name])


def commands_page() -> str:
    """Describe every command of the command line with its arguments and options."""
    text = "# Commands\n\nExit codes follow the kind of the refusal: see [errors](errors.md).\n"
    for name, command in commands().items():
        text += f"\n## `lineshaft {name}`\n\n{first_line(command.help)}\n"
        shown = [p for p in command.params if not getattr(p, "hidden", False) and p.name != "help"]
        rows = [[code(spelling(p)), code(default(p)), getattr(p, "help", "") or ""] for p in shown]
        if rows:
            text += "\n" + table(["argument or option", "default", "meaning"], rows)
    return text


def spelling(parameter: Any) -> str:
    """Return how an argument or an option is written."""
    if parameter.param_type_name == "argument":
        return str(parameter.name).upper()
    return ", ".join([*parameter.opts, *parameter.secondary_opts])


def default(parameter: Any) -> str:
    """Return the default of an option, where it says something."""
    value = parameter.default
    return "" if value in (None, False, (), "") or callable(value) else str(value)


def events_page() -> str:
    """Describe every event that a package declares in its `events.py`."""
    text = "# Events\n\nEvents leave in the envelope of CloudEvents 1.0.2; each is counted once.\n"
    for path in sorted(SOURCE.rglob("events.py")):
        package = path.parent.relative_to(SOURCE).as_posix()
        rows = [] if package == "core" else list(declared_events(ast.parse(path.read_text())))
        if rows:
            text += f"\n## {package}\n\n" + table(["event", "fields", "meaning"], rows)
    return text


def declared_events(tree: ast.Module) -> Iterator[list[str]]:
    """Yield a row for each public class, and each constant or function that names an event type."""
    for node, following in zip(tree.body, [*tree.body[1:], None], strict=True):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            fields = [
                f"`{field.target.id}`"
                for field in node.body
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
            ]
            yield [code(node.name), ", ".join(fields), first_line(ast.get_docstring(node))]
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            meaning = first_line(ast.get_docstring(node))
            yield from ([code(name), "", meaning] for name in made_events(node))
        elif (name := event_type(node)) is not None:
            is_text = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
            yield [code(name), "", first_line(str(following.value.value)) if is_text else ""]


def made_events(function: ast.FunctionDef) -> Iterator[str]:
    """Yield the types that a function writes into the events it makes, word for word."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Event":
            for given in node.args:
                if isinstance(given, ast.Constant) and isinstance(given.value, str):
                    yield given.value


def event_type(node: ast.stmt) -> str | None:
    """Return the type that a constant such as `ISSUED = "InvoiceIssued"` names."""
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    text = value.value if isinstance(value, ast.Constant) else None
    is_type = isinstance(text, str) and text.isalnum() and text[:1].isupper()
    return str(text) if is_type else None


def import_everything() -> None:
    """Import every module, so that every class of an error is known."""
    for module in pkgutil.walk_packages(lineshaft.__path__, "lineshaft."):
        if "migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def errors_page() -> str:
    """Describe the kinds of refusal, and every refusal of every package by its kind."""
    import_everything()
    head = ["kind", "HTTP status", "exit code", "worth a retry", "meaning"]
    kinds = [
        [code(k.__name__), str(k.http_status), str(k.exit_code), yes(k.is_retryable), summary(k)]
        for k in KINDS
    ]
    text = "# Errors\n\nEvery refusal is of one kind; the kind decides what a caller sees.\n\n"
    text += table(head, kinds)
    for kind in KINDS:
        rows = [[code(e.__name__), code(home(e)), summary(e)] for e in refusals(kind)]
        if rows:
            text += f"\n## {kind.__name__}\n\n" + table(["error", "package", "meaning"], rows)
    return text


def yes(value: bool) -> str:  # noqa: FBT001 - a cell
    """Write a truth for a reader."""
    return "yes" if value else "no"


def summary(error: type[Refusal]) -> str:
    """Return what the class says of itself, not what it inherits."""
    return first_line(error.__dict__.get("__doc__"))


def home(error: type[Refusal]) -> str:
    """Return the package that declares an error."""
    return error.__module__.removeprefix("lineshaft.").rpartition(".")[0] or "lineshaft"


def refusals(kind: type[Refusal]) -> list[type[Refusal]]:
    """Return the public refusals of a kind, at any depth, in the order of package and name."""
    found: set[type[Refusal]] = set()
    waiting = list(kind.__subclasses__())
    while waiting:
        error = waiting.pop()
        waiting += error.__subclasses__()
        if error.__module__.startswith("lineshaft.") and not error.__name__.startswith("_"):
            found.add(error)
    return sorted(found, key=lambda error: (home(error), error.__name__))


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "commands.md": commands_page,
    "events.md": events_page,
    "errors.md": errors_page,
}


def outdated() -> dict[Path, str]:
    """Return the pages that differ from what the code says, with their new text."""
    pages = {REFERENCE / name: NOTE + make() for name, make in PAGES.items()}
    return {
        path: text for path, text in pages.items() if not path.is_file() or path.read_text() != text
    }


def main() -> int:
    """Write the pages, or only check them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail when one is old")
    options = parser.parse_args()
    old = outdated()
    for path, text in old.items():
        print(f"{'out of date' if options.check else 'written'}: {path.relative_to(ROOT)}")
        if not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return 1 if old and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
