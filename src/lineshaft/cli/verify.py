"""`verify`: check a document offline, with public keys alone."""

from pathlib import Path
from typing import Annotated

import typer

from lineshaft.cli.context import (
    JsonOption,
    errors_by_kind,
    progress,
    write_json,
    write_line,
)
from lineshaft.cli.terminal import OUT

_STYLES = {"passed": "green", "failed": "bold red", "unchecked": "yellow", "limit": "dim"}


def verify(
    file: Annotated[Path, typer.Argument(help="The document: .json, .html or .pdf.")],
    keys: Annotated[Path, typer.Option(help="The supplier's key file.")],
    evidence: Annotated[Path | None, typer.Option(help="The evidence bundle.")] = None,
    rendering: Annotated[
        Path | None, typer.Option(help="The rendering record of a .html or .pdf.")
    ] = None,
    corrected: Annotated[
        list[Path] | None, typer.Option(help="A document that it corrects; give each of them.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check a document against its evidence; needs neither network nor installation.

    Exit code 0: proven; 3: authentic, but not everything could be recomputed; 1: wrong.
    """
    from lineshaft.services.evidence.verify import media_type_of
    from lineshaft.services.evidence.verify import verify as check

    with errors_by_kind():
        with progress() as bar:
            bar.add_task("checking", total=None)
            report = check(
                _read(file),
                media_type_of(file.name),
                _read(keys),
                bundle=None if evidence is None else _read(evidence),
                rendering=None if rendering is None else _read(rendering),
                corrected=[_read(path) for path in corrected or ()],
            )
        if json:
            checks = [
                {"name": c.name, "outcome": c.outcome, "detail": c.detail} for c in report.checks
            ]
            write_json({"verdict": report.verdict, "checks": checks})
        else:
            for one in report.checks:
                OUT.print(f"[{_STYLES[one.outcome]}]{one.outcome:<9}[/] ", end="")
                write_line(f"{one.name}: {one.detail}")
            write_line(f"\nverdict: {report.verdict}")
        raise typer.Exit(report.exit_code)


def _read(path: Path) -> bytes:
    from lineshaft.core.errors import Invalid

    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"cannot read {path}: {error.strerror}"
        raise Invalid(msg) from error
