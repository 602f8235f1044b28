"""`historian check`: everything that is stored against what was signed."""

import typer

from lineshaft.cli.context import (
    DataOption,
    JsonOption,
    application_of,
    errors_by_kind,
    progress,
    write_json,
    write_line,
)


def check(data: DataOption = None, json: JsonOption = False) -> None:
    """Read every stored file and prove every segment again; exits 1 when something is wrong."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        historian = application_of(data).historian
        with progress() as bar:
            bar.add_task("checking every stored file", total=None)
            report = historian.check(LOCAL_OPERATOR)
        if json:
            write_json(
                {
                    "files": report.files,
                    "segments": report.segments,
                    "records": report.records,
                    "faults": list(report.faults),
                }
            )
        else:
            write_line(
                f"{report.files:,} store files, {report.segments:,} segments, "
                f"{report.records:,} records read"
            )
            for fault in report.faults:
                write_line(f"fault     {fault}")
            if report.is_ok:
                write_line("every record is as its source has signed it")
        raise typer.Exit(0 if report.is_ok else 1)
