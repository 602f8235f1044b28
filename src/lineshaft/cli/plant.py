"""`init`, `plan`, `apply`: plant as code."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from lineshaft.cli.context import (
    ERR,
    OUT,
    DataOption,
    JsonOption,
    errors_by_kind,
    settings_of,
    write_json,
)

if TYPE_CHECKING:
    from lineshaft.plant.model import Plan

Directory = Annotated[Path, typer.Argument(help="Directory with the plant's .toml files.")]
_SIGNS = {"create": "[green]+[/]", "update": "[yellow]~[/]", "keep": " "}


def init(directory: Annotated[Path, typer.Argument(help="Where to write the starter.")]) -> None:
    """Write a commented plant to begin with."""
    from lineshaft.plant.service import write_starter

    with errors_by_kind():
        for path in write_starter(directory):
            OUT.print(f"wrote {path}", markup=False)
        OUT.print(f"\nChange it, then: lineshaft plan {directory}", markup=False)


def plan(directory: Directory, data: DataOption = None, json: JsonOption = False) -> None:
    """Show what `apply` would change; changes nothing."""
    from lineshaft.bootstrap.application import build
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        planned = build(settings_of(data)).plant.plan(LOCAL_OPERATOR, directory)
        _show(planned, json=json)


def apply(directory: Directory, data: DataOption = None, json: JsonOption = False) -> None:
    """Make the plant as the files say; again changes nothing."""
    from lineshaft.bootstrap.application import build
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind(), Progress(console=ERR, transient=True) as progress:
        task = progress.add_task("applying", total=None)
        applied = build(settings_of(data)).plant.apply(
            LOCAL_OPERATOR, directory, lambda _change: progress.advance(task)
        )
        progress.stop()
        _show(applied, json=json)


def _show(planned: "Plan", *, json: bool) -> None:
    if json:
        write_json(
            [
                {
                    "kind": change.kind,
                    "id": change.id,
                    "action": change.action,
                    "declared_at": change.declared_at,
                    "differences": [
                        {"path": d.path, "before": d.before, "after": d.after}
                        for d in change.differences
                    ],
                }
                for change in planned.changes
            ]
        )
        return
    counts: dict[str, int] = {}
    for change in planned.changes:
        counts[change.action] = counts.get(change.action, 0) + 1
        OUT.print(f"{_SIGNS[change.action]} {change.kind} ", end="")
        OUT.print(change.id, markup=False)
        for difference in change.differences:
            before, after = difference.before, difference.after
            OUT.print(f"    {difference.path}: {before!r} -> {after!r}", markup=False)
    OUT.print(
        f"{counts.get('create', 0)} to create, {counts.get('update', 0)} to update, "
        f"{counts.get('keep', 0)} as they should be"
    )
