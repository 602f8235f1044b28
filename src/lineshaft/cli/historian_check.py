"""`historian check`: everything that is stored against what was signed."""

from typing import Annotated

import typer

from lineshaft.cli.context import (
    DataOption,
    JsonOption,
    application_of,
    errors_by_kind,
    progress,
    shown_on,
    write_json,
    write_line,
)


def check(
    quick: Annotated[
        bool,
        typer.Option("--quick", help="The database and the bytes of files; nothing is proven."),
    ] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Read every stored file and prove every segment again; exits 1 when something is wrong."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        historian = application_of(data).historian
        with progress() as bar:
            report = historian.check(LOCAL_OPERATOR, is_quick=quick, progress=shown_on(bar))
        if json:
            write_json(
                {
                    "files": report.files,
                    "segments": report.segments,
                    "records": report.records,
                    "is_quick": quick,
                    "faults": list(report.faults),
                }
            )
        else:
            what = "records" if quick else "records read"
            write_line(
                f"{report.files:,} store files, {report.segments:,} segments, "
                f"{report.records:,} {what}"
            )
            for fault in report.faults:
                write_line(f"fault     {fault}")
            if report.is_ok:
                write_line(
                    "every file is as it was written"
                    if quick
                    else "every record is as its source has signed it"
                )
        raise typer.Exit(0 if report.is_ok else 1)
