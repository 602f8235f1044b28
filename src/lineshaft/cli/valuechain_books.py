"""`valuechain books`: the firm's own books that the hub keeps."""

from pathlib import Path
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
    write_table,
)

app = typer.Typer(help="The firm's own books that the hub keeps.", no_args_is_help=True)


@app.command("import")
def import_(
    source: Annotated[
        Path,
        typer.Argument(help="Folder of CSV files, zip or Excel workbook (docs/servitization.md)."),
    ],
    note: Annotated[str, typer.Option(help="Why, for people.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Check books and keep them in the hub as their next version, all of them or nothing."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        books = application_of(data).books
        with progress() as bar:
            if source.suffix.lower() == ".zip":
                upload = source.read_bytes()
                made = books.import_upload(LOCAL_OPERATOR, upload, None, note, shown_on(bar))
            else:
                made = books.import_files(LOCAL_OPERATOR, source, None, note, shown_on(bar))
        if json:
            write_json(made.to_content())
            return
        rows = ", ".join(f"{name} {count}" for name, count in made.rows.items())
        write_line(f"version {made.version} of the books: {rows}")


@app.command("list")
def list_(data: DataOption = None, json: JsonOption = False) -> None:
    """List the versions of the books, the last one first."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        known = application_of(data).books.versions(LOCAL_OPERATOR)
        contents = [each.to_content() for each in known]
        if json:
            write_json({"books": contents})
            return
        columns = ["version", "until", "imported", "by", "note", "tables"]
        rows = [
            [
                str(each["version"]),
                each["as_of"],
                each["imported_at"],
                each["imported_by"],
                each["note"],
                ", ".join(f"{name} {count}" for name, count in each["rows"].items()),
            ]
            for each in contents
        ]
        write_table("books", columns, rows)
