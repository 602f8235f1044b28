"""`init`, `plan`, `apply`: plant as code."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lineshaft.cli.context import (
    DataOption,
    JsonOption,
    errors_by_kind,
    is_there,
    progress,
    settings_of,
    write_json,
    write_line,
)
from lineshaft.cli.terminal import ERR, OUT

if TYPE_CHECKING:
    from lineshaft.bootstrap.application import Application
    from lineshaft.plant.model import Plan

Directory = Annotated[Path, typer.Argument(help="Directory with the plant's .toml files.")]
_SIGNS = {"create": "[green]+[/]", "update": "[yellow]~[/]", "keep": " "}


def init(directory: Annotated[Path, typer.Argument(help="Where to write the starter.")]) -> None:
    """Write a commented plant to begin with."""
    from lineshaft.plant.service import write_starter

    with errors_by_kind():
        for path in write_starter(directory):
            write_line(f"wrote {path}")
        write_line(f"\nChange it, then: lineshaft plan {directory}")


def plan(directory: Directory, data: DataOption = None, json: JsonOption = False) -> None:
    """Show what `apply` would change; changes nothing."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind(), _installation_to_plan(data) as application:
        _show(application.plant.plan(LOCAL_OPERATOR, directory), json=json)
        _tell_left_alone(directory)
        settings = settings_of(data)
        if not is_there(settings):
            msg = f"there is no installation in {settings.data_dir} yet: apply makes it"
            ERR.print(msg, markup=False)


@contextmanager
def _installation_to_plan(data: Path | None) -> Iterator["Application"]:
    """Open the installation; where there is none yet, an empty one that leaves nothing behind."""
    from lineshaft.bootstrap.application import build

    settings = settings_of(data)
    if is_there(settings):
        yield build(settings)
        return
    with tempfile.TemporaryDirectory(prefix="lineshaft-plan-") as empty:
        application = build(replace(settings, data_dir=Path(empty), files=""))
        yield application
        application.database.close()


def apply(directory: Directory, data: DataOption = None, json: JsonOption = False) -> None:
    """Make the plant as the files say; again changes nothing."""
    from lineshaft.bootstrap.application import build
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        # Read before an installation is made: a wrong file must leave nothing behind.
        with _installation_to_plan(data) as application:
            planned = application.plant.plan(LOCAL_OPERATOR, directory)
        total = sum(change.action != "keep" for change in planned.changes)
        with progress() as bar:
            task = bar.add_task("applying", total=total)
            applied = build(settings_of(data)).plant.apply(
                LOCAL_OPERATOR, directory, lambda _change: bar.advance(task)
            )
        _show(applied, json=json)
        _tell_left_alone(directory)


def _tell_left_alone(directory: Path) -> None:
    """Say which files are none of the plant's, so that a plant file with a slip is found."""
    from lineshaft.plant.service import files_left_alone

    for file in files_left_alone(directory):
        ERR.print(f"left alone, without a [[table]] of a plant: {file}", markup=False)


def _show(planned: "Plan", *, json: bool) -> None:
    if json:
        write_json(
            [
                {
                    "kind": change.kind,
                    "id": change.id,
                    "version": change.version,
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
        version = "" if change.version is None else f" version {change.version}"
        OUT.print(f"{_SIGNS[change.action]} ", end="")
        write_line(f"{change.kind} {change.id}{version}")
        for difference in change.differences:
            before, after = difference.before, difference.after
            write_line(f"    {difference.path}: {before!r} -> {after!r}")
    write_line(
        f"{counts.get('create', 0)} to create, {counts.get('update', 0)} to update, "
        f"{counts.get('keep', 0)} as they should be"
    )
