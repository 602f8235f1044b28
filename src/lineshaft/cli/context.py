"""What every command shares: settings, the use cases, output, and errors by their kind."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from lineshaft.core.errors import (
    Invalid,
    LineshaftError,
    PreconditionFailed,
    Refusal,
    Unavailable,
)
from lineshaft.infrastructure.settings import Settings, load_settings

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from lineshaft.bootstrap.application import Application
    from lineshaft.services.desk.service import DesignDesk

EXIT_BUG = 70
"""A broken promise of the code itself (sysexits: EX_SOFTWARE)."""

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Data directory of the installation.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON, for a script.")]


def settings_of(data: Path | None, **explicit: object) -> Settings:
    """Return the settings: defaults, file, environment, options."""
    return load_settings(os.environ, data_dir=data, **explicit)


def is_there(settings: Settings) -> bool:
    """Tell whether there is an installation to open."""
    return bool(settings.database) or (settings.data_dir / "hub.sqlite").exists()


def application_of(data: Path | None) -> "Application":
    """Build the use cases on a data directory that is there already.

    Raises:
        Refusal: when the installation cannot be opened.
    """
    from lineshaft.bootstrap.application import build

    return build(_settings_of_installation(data))


def design_of(data: Path | None) -> "DesignDesk":
    """Build the design desk alone on a data directory that is there already.

    Raises:
        Refusal: when the installation cannot be opened.
    """
    from lineshaft.bootstrap.selling import open_selling

    return open_selling(_settings_of_installation(data)).design


def _settings_of_installation(data: Path | None) -> Settings:
    settings = settings_of(data)
    if not is_there(settings):
        msg = f"there is no installation in {settings.data_dir}: run 'lineshaft up' or "
        msg += "'lineshaft apply' first, or name another directory with --data"
        raise PreconditionFailed(msg)
    return settings


@contextmanager
def errors_by_kind() -> Iterator[None]:
    """End the command with the message and the exit code of the error's kind, without a trace."""
    try:
        yield
    except Refusal as error:
        _write_error(type(error).__name__, str(error))
        raise typer.Exit(error.exit_code) from error
    except LineshaftError as error:
        _write_error("bug", str(error), f" {type(error).__name__}")
        raise typer.Exit(EXIT_BUG) from error
    except BrokenPipeError as error:
        # Whoever read our output has gone, such as `head`.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
        raise typer.Exit(0) from error
    except OSError as error:
        why = f"cannot use {error.filename or 'a file'}: {error.strerror}"
        _write_error(Unavailable.__name__, why)
        raise typer.Exit(Unavailable.exit_code) from error


def _write_error(kind: str, why: str, what: str = "") -> None:
    from lineshaft.cli.terminal import ERR

    ERR.print(f"[bold red]{kind}[/]{what}: ", end="")
    ERR.print(why, markup=False)


class NoProgress:
    """Takes the place of a bar where nobody would see one."""

    def __enter__(self) -> "NoProgress":
        """Begin; nothing is shown."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """End."""

    def start(self) -> None:
        """Begin; nothing is shown."""

    def stop(self) -> None:
        """End."""

    def add_task(self, _description: str, **_told: object) -> "TaskID":
        """Return the number of a kind of work, of which nothing is shown."""
        return cast("TaskID", 0)

    def update(self, _task: "TaskID", **_told: object) -> None:
        """Show nothing."""

    def advance(self, _task: "TaskID") -> None:
        """Show nothing."""


def progress() -> "Progress | NoProgress":
    """Return a progress bar for long work; on stderr, and nowhere where that is no terminal."""
    if not sys.stderr.isatty():
        return NoProgress()
    from lineshaft.cli.terminal import progress_bar

    return progress_bar()


def shown_on(bar: "Progress | NoProgress") -> Callable[[str, int, int], None]:
    """Return what shows each kind of work on a bar: what, how much is done, of how much."""
    tasks: dict[str, TaskID] = {}

    def show(what: str, done: int, total: int) -> None:
        if what not in tasks:
            tasks[what] = bar.add_task(what, total=total)
        bar.update(tasks[what], completed=done, total=total)

    return show


def write_line(text: str = "") -> None:
    """Write a line of output as it is: what a square bracket encloses is text, too."""
    from lineshaft.cli.terminal import OUT

    OUT.print(text, markup=False)


def write_json(content: Any) -> None:
    """Write content as one JSON document; ten thousand lines take no longer than one."""
    import msgspec

    found = msgspec.json.format(msgspec.json.encode(content), indent=1)
    sys.stdout.write(found.decode() + "\n")


def write_table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """Write rows as a table, or say that there are none."""
    if not rows:
        write_line(f"{title}: none")
        return
    from lineshaft.cli.terminal import OUT, table_of

    OUT.print(table_of(title, columns, rows))


def folder_or_hub(books: Path | None, *, hub: bool) -> None:
    """Pass one of both: books in a folder, or those that the hub keeps.

    Raises:
        Invalid: for none of them, or for both.
    """
    if (books is None) != hub:
        msg = "expected a folder or a workbook of books, or --hub for those that the hub keeps"
        raise Invalid(msg)
