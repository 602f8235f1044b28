"""`valuechain paths`: three national paths beside each other, along time, and their actors."""

import csv
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lineshaft.cli.context import (
    JsonOption,
    errors_by_kind,
    write_json,
    write_table,
)
from lineshaft.cli.terminal import ERR

if TYPE_CHECKING:
    from lineshaft.valuechain.paths.model import PathFilter
    from lineshaft.valuechain.paths.service import Row

STREAM = Path("-")

app = typer.Typer(
    help="How the United States, Germany and China went; none is the best.", no_args_is_help=True
)
AxisOption = Annotated[
    list[str] | None,
    typer.Option(
        help="base, governance, actor, policy, platform, standard or instrument; may be repeated."
    ),
]
PathOption = Annotated[
    list[str] | None, typer.Option(help="united_states, germany or china; may be repeated.")
]
TypeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--type",
        help="Of actors: firm, alliance, association, government, research, council, bank or "
        "union; may be repeated.",
    ),
]
LanguageOption = Annotated[str, typer.Option(help="en or zh-Hans.")]
CsvOption = Annotated[Path | None, typer.Option("--csv", help="A file, or - for the output.")]


@app.command()
def compare(
    axis: AxisOption = None,
    path: PathOption = None,
    type_: TypeOption = None,
    language: LanguageOption = "en",
    to: CsvOption = None,
    json: JsonOption = False,
) -> None:
    """Show the paths beside each other: an axis in each row, a path in each column."""
    from lineshaft.valuechain.paths import service

    wanted = _wanted(path, axis, type_)
    with errors_by_kind():
        rows = service.compare(wanted)
        told = service.comparison_rows(rows, language)
        fixed = service.correction_rows(service.corrections(wanted), language)
        if _is_written({"records": told, "corrections": fixed}, told, to, as_json=json):
            return
        axes = service.labels("axis", language)
        write_table(
            "national paths",
            ["", *service.labels("path", language).values()],
            [
                [
                    axes[row.axis],
                    *("; ".join(each.name.of(language) for each in cell) for cell in row.cells),
                ]
                for row in rows
            ],
        )
        _table("the papers' words, and what others say", fixed)


@app.command()
def timeline(
    axis: AxisOption = None,
    path: PathOption = None,
    type_: TypeOption = None,
    language: LanguageOption = "en",
    to: CsvOption = None,
    json: JsonOption = False,
) -> None:
    """Show what happened when; where sources differ, both years."""
    from lineshaft.valuechain.paths import service

    wanted = _wanted(path, axis, type_)
    with errors_by_kind():
        rows = service.timeline_rows(service.timeline(wanted), language)
        if _is_written({"events": rows}, rows, to, as_json=json):
            return
        _table("time line", rows, ("year", "path", "axis", "name", "event", "source"))


@app.command()
def actors(
    axis: AxisOption = None,
    path: PathOption = None,
    type_: TypeOption = None,
    language: LanguageOption = "en",
    to: CsvOption = None,
    json: JsonOption = False,
) -> None:
    """Show who founded, funds, standardises or joined what; --csv writes the links."""
    from lineshaft.valuechain.paths import service

    wanted = _wanted(path, axis, type_)
    with errors_by_kind():
        graph = service.actors(wanted)
        nodes, links = service.actor_rows(graph, language), service.link_rows(graph, language)
        if _is_written({"nodes": nodes, "links": links}, links, to, as_json=json):
            return
        _table("actors", nodes, ("path", "type", "name", "founded", "reorganised", "role"))
        _table("links", links, ("from", "link", "to", "source", "contradicted_by"))


def _wanted(
    paths: list[str] | None, axes: list[str] | None, types: list[str] | None
) -> "PathFilter":
    from lineshaft.valuechain.paths.model import PathFilter

    return PathFilter(tuple(paths or ()), tuple(axes or ()), tuple(types or ()))


def _is_written(
    content: dict[str, "list[Row]"], rows: "list[Row]", to: Path | None, *, as_json: bool
) -> bool:
    """Write JSON or CSV, when one of them was asked for."""
    from lineshaft.infrastructure.files import durable_file

    if as_json:
        write_json(content)
        return True
    if to is None:
        return False
    text = io.StringIO(newline="")
    columns = list(rows[0]) if rows else []
    csv.writer(text, lineterminator="\n").writerows([columns, *(row.values() for row in rows)])
    if to == STREAM:
        sys.stdout.write(text.getvalue())
    else:
        with durable_file(to) as out:
            out.write(text.getvalue().encode())
        ERR.print(f"{len(rows)} rows in {to}", markup=False)
    return True


def _table(title: str, rows: "list[Row]", columns: Sequence[str] = ()) -> None:
    shown = list(columns or (rows[0] if rows else ()))
    write_table(title, shown, [[row[name] for name in shown] for row in rows])
