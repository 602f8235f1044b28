"""`valuechain dependence`, `quadrant`, `closure`, `upgrading`: strength beside dependence."""

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec.structs import asdict

from lineshaft.cli.context import (
    JsonOption,
    errors_by_kind,
    progress,
    shown_on,
    write_json,
    write_line,
    write_table,
)

if TYPE_CHECKING:
    from lineshaft.valuechain.indicator import Figure

SourceArgument = Annotated[
    Path, typer.Argument(help="Folder of CSV files, or an Excel workbook (docs/dependence.md).")
]


def dependence(
    files: Annotated[
        list[Path], typer.Argument(help="A file of BACI for each year, CSV or CSV.gz.")
    ],
    importer: Annotated[
        list[int], typer.Option(help="Numeric code of BACI; of a bloc each member.")
    ],
    bloc: Annotated[
        bool, typer.Option("--bloc", help="The European Commission's three indicators.")
    ] = False,
    unverified: Annotated[
        bool, typer.Option("--unverified", help="Also what was not checked against its source.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write the list as CSV.")] = False,
    json: JsonOption = False,
) -> None:
    """List the products that a country depends on, with vintage and persistence of the list."""
    from lineshaft.valuechain.paradox.service import DependenceQuestion
    from lineshaft.valuechain.paradox.service import dependence as listed

    with errors_by_kind():
        question = DependenceQuestion(tuple(importer), bloc, unverified)
        with progress() as bar:
            found = listed(files, question, shown_on(bar))
        lines: list[dict[str, Any]] = [
            {
                "product": each.product,
                "years": " ".join(map(str, each.years)),
                "imports_usd": f"{each.imports:.0f}",
                **{one.indicator.name: repr(one.value) for one in each.figures},
                "table": found.table,
                "vintage": found.vintage,
                "coverage": str(each.figures[0].coverage),
                "verified": "yes" if each.figures[0].indicator.is_verified else "no",
            }
            for each in found.products
        ]
        kept = [_content(each) for each in found.persistence]
        if json:
            head = {"table": found.table, "vintage": found.vintage, "traded": found.traded}
            write_json({**head, "persistence": kept, "products": lines})
            return
        if as_csv:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerows([list(lines[0]) if lines else [], *(each.values() for each in lines)])
            return
        write_line(f"{found.table}, {found.vintage}: {len(lines)} of {found.traded} products")
        for years, figure in enumerate(found.persistence, 1):
            said = figure.missing if figure.value is None else f"{float(figure.value):.1%}"
            write_line(f"still listed after {years} years: {said}")
        columns = list(lines[0])[:6] if lines else []
        write_table("depended on", columns, [[str(one[name]) for name in columns] for one in lines])
        if bloc:
            write_line("not verified: the thresholds were not checked against SWD(2021)352")


def quadrant(
    source: SourceArgument,
    horizon: Annotated[int, typer.Option(min=1, help="Days looked at for requalifying.")] = 180,
    books: Annotated[
        Path | None, typer.Option(help="Folder or workbook that has `competitiveness`.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Place what is sold by competitiveness and vulnerability; top right is the dual paradox."""
    from lineshaft.valuechain.paradox.service import firm_quadrant

    with errors_by_kind():
        with progress() as bar:
            found = firm_quadrant(source, horizon, shown_on(bar), books)
        if json:
            write_json(
                [
                    {
                        "item": each.point.item,
                        "weakest": each.point.weakest,
                        "quadrant": each.point.quadrant,
                        "figures": [_content(one) for one in each.figures],
                    }
                    for each in found
                ]
            )
            return
        rows = [
            [
                each.point.item,
                each.point.weakest,
                *(f"{float(one.value or 0):.3f}" for one in each.figures),
                each.point.quadrant,
            ]
            for each in found
        ]
        columns = ["item", "weakest part", "competitive", "vulnerable", "vulnerability"]
        write_table("quadrant", [*columns, "controllability", "where"], rows)
        if found:
            write_line(_said(found[0].figures[0]))


def industries(
    file: Annotated[
        Path, typer.Argument(help="File of an input-output table (docs/input-output.md).")
    ],
    format_name: Annotated[
        str, typer.Option("--format", help="icio, figaro, wiod, exiobase or csv.")
    ],
    country: Annotated[str, typer.Option(help="Whose industries.")],
    json: JsonOption = False,
) -> None:
    """Place a country's industries by advantage in value added and by foreign value."""
    from lineshaft.valuechain.inputoutput.model import TableFile
    from lineshaft.valuechain.paradox.model import INDUSTRIES_LIMIT
    from lineshaft.valuechain.paradox.service import industry_quadrant

    with errors_by_kind():
        with progress() as bar:
            found = industry_quadrant(TableFile(path=file), format_name, country, shown_on(bar))
        if json:
            write_json(
                [
                    {
                        "industry": each.industry,
                        "quadrant": each.quadrant,
                        "advantage_percentile": str(each.advantage_percentile),
                        "foreign_percentile": str(each.foreign_percentile),
                        "figures": [_content(each.advantage), _content(each.foreign)],
                    }
                    for each in found
                ]
            )
            return
        rows = [
            [
                each.industry,
                f"{float(each.advantage.value or 0):.3f}",
                f"{float(each.foreign.value or 0):.3f}",
                each.quadrant,
            ]
            for each in found
        ]
        write_table("industries", ["industry", "VA-RCA", "foreign part", "where"], rows)
        write_line(_said(found[0].advantage))
        write_line(INDUSTRIES_LIMIT)


def closure(
    source: SourceArgument,
    item: Annotated[str, typer.Option(help="What is to be made.")],
    country: Annotated[
        list[str], typer.Option(help="Inside the perimeter; ISO 3166-1 alpha-2, may be repeated.")
    ],
    json: JsonOption = False,
) -> None:
    """Say what part of an item's bought value can be made inside some countries."""
    from lineshaft.valuechain.paradox.service import closure_of

    with errors_by_kind():
        with progress() as bar:
            found, figures = closure_of(source, item, country, shown_on(bar))
        if json:
            content = {name: _plain(value) for name, value in asdict(found).items()}
            write_json(content | {"figures": [_content(each) for each in figures]})
            return
        for figure in figures:
            value = figure.missing if figure.value is None else f"{float(figure.value):.1%}"
            write_line(f"{figure.indicator.name}: {value}")
        write_line(f"largest closed part: {found.largest_closed or 'none'}")
        write_line(f"of unknown origin: {', '.join(found.unknown) or 'none'}")
        write_line(_said(figures[0]))


def upgrading(source: SourceArgument, json: JsonOption = False) -> None:
    """Show the way up through the years, by scale and by control, and where it is locked in."""
    from lineshaft.valuechain.paradox.service import upgrading as way

    with errors_by_kind():
        found = way(source)
        if json:
            write_json(
                [
                    {
                        "year": step.year,
                        "move": step.move,
                        "locked_in": step.is_locked_in,
                        "figures": [_content(each) for each in figures],
                    }
                    for step, figures in found
                ]
            )
            return
        rows = [
            [
                str(step.year),
                f"{step.horizontal:.4f}",
                f"{step.vertical:.4f}",
                step.move,
                "locked in" if step.is_locked_in else "",
            ]
            for step, _ in found
        ]
        write_table("way up", ["year", "H", "V", "move", "alarm"], rows)


def _said(figure: "Figure") -> str:
    return f"{figure.table}, {figure.vintage}, coverage {float(figure.coverage):.0%}"


def _plain(value: object) -> object:
    if value is None or isinstance(value, str):
        return value
    return list(value) if isinstance(value, tuple) else str(value)


def _content(figure: "Figure") -> dict[str, object]:
    said = figure.indicator
    value = figure.value if isinstance(figure.value, float) else _plain(figure.value)
    return {
        "indicator": said.name,
        "symbol": said.symbol,
        "value": value,
        "unit": said.unit,
        "formula": said.formula,
        "source": said.source,
        "is_verified": said.is_verified,
        "table": figure.table,
        "vintage": figure.vintage,
        "coverage": str(figure.coverage),
        "missing": figure.missing,
    }
