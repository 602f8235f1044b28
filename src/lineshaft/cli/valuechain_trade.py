"""`valuechain trade`: world trade that the hub keeps, and where the products of a country stand."""

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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

if TYPE_CHECKING:
    from lineshaft.valuechain.indicator import Figure
    from lineshaft.valuechain.paradox.service import CountryQuadrant

app = typer.Typer(help="World trade by product and year.", no_args_is_help=True)
ROWS_SHOWN = 50


@app.command()
def keep(
    files: Annotated[
        list[Path], typer.Argument(help="A file of BACI for each year, CSV or CSV.gz.")
    ],
    countries: Annotated[
        Path | None, typer.Option(help="Published list of names, country_codes_V….csv.")
    ] = None,
    products: Annotated[
        Path | None, typer.Option(help="Published list of products, product_codes_HS….csv.")
    ] = None,
    note: Annotated[str, typer.Option(help="Why, for people.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Keep what follows from years of trade in the hub, for the page and the API of dependence."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.valuechain.paradox.kept.service import TradeFiles

    with errors_by_kind():
        trade = application_of(data).trade
        given = TradeFiles(years=files, countries=countries, products=products)
        with progress() as bar:
            made = trade.keep(LOCAL_OPERATOR, given, note, shown_on(bar))
        if json:
            write_json(made.to_content())
            return
        write_line(f"version {made.version} of the world trade: {made.as_of}")


@app.command("list")
def list_(data: DataOption = None, json: JsonOption = False) -> None:
    """List the versions that are kept, the last one first."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        found = application_of(data).trade.versions(LOCAL_OPERATOR)
        if json:
            write_json([each.to_content() for each in found])
            return
        rows = [[str(each.version), each.as_of, each.imported_by, each.note] for each in found]
        write_table("world trade", ["version", "years", "kept by", "note"], rows)


@app.command()
def products(
    country: Annotated[int, typer.Option(help="Numeric code of BACI.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="A file of BACI for each year; without any, what the hub keeps."),
    ] = None,
    version: Annotated[
        int | None, typer.Option(help="Of the kept trade; without it the last one.")
    ] = None,
    data: DataOption = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write all products as CSV.")] = False,
    json: JsonOption = False,
) -> None:
    """Place a country's products by comparative advantage and dependence: the dual paradox."""
    from lineshaft.valuechain.paradox.service import point_content, quadrant_content

    with errors_by_kind():
        found = _found(files or [], country, version, data)
        if json:
            rows = [point_content(each) for each in found.points]
            write_json(quadrant_content(found) | {"products": rows})
            return
        if as_csv:
            rows = [_plain(point_content(each)) for each in found.points]
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerows([list(rows[0]), *(each.values() for each in rows)])
            return
        _show(found)


def _found(
    files: list[Path], country: int, version: int | None, data: Path | None
) -> "CountryQuadrant":
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.valuechain.paradox.service import country_products

    if not files:
        return application_of(data).trade.country(LOCAL_OPERATOR, country, version).quadrant
    with progress() as bar:
        return country_products(files, country, shown_on(bar))


def _show(found: "CountryQuadrant") -> None:
    from lineshaft.valuechain.paradox.service import DUAL_PARADOX

    listed = found.listed
    dual = sum(each.quadrant == DUAL_PARADOX for each in found.points)
    write_line(
        f"{listed.table}, {listed.vintage}: {len(listed.products)} of {listed.traded} imported "
        f"products depended on, {dual} of them strong"
    )
    for name, figures in (
        ("list", listed.persistence),
        ("dual paradox", found.dual_persistence),
    ):
        for years, figure in enumerate(figures, 1):
            write_line(f"{name}, still there after {years} years: {_part(figure)}")
    shown = [each for each in found.points if each.is_listed][:ROWS_SHOWN]
    rows = [
        [
            each.product,
            f"{each.advantage.value:.3f}",
            f"{each.margin.value:.3f}",
            f"{each.imports:,.0f}",
            each.quadrant,
        ]
        for each in shown
    ]
    write_table("depended on", ["product", "RCA", "margin", "imports USD", "where"], rows)


def _part(figure: "Figure") -> str:
    return figure.missing if figure.value is None else f"{float(figure.value):.1%}"


def _plain(content: dict[str, Any]) -> dict[str, Any]:
    return content | {"years": " ".join(map(str, content["years"]))}
