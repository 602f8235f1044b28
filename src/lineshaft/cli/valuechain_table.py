"""`valuechain table`: a national input-output table, its balance and its indicators."""

import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import asdict

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
from lineshaft.cli.terminal import ERR

if TYPE_CHECKING:
    from lineshaft.valuechain.inputoutput.kept.model import KeptTable
    from lineshaft.valuechain.inputoutput.model import Balance, Table, Tell
    from lineshaft.valuechain.inputoutput.service import Reported

STREAM = Path("-")
COLUMNS = (
    "indicator",
    "symbol",
    "country",
    "industry",
    "value",
    "unit",
    "table",
    "vintage",
    "coverage",
    "formula",
    "source",
    "verified",
    "missing",
)
EXIT_OUT_OF_BALANCE = 1

app = typer.Typer(help="Input-output tables between countries.", no_args_is_help=True)
FileArgument = Annotated[
    Path, typer.Argument(help="File of the table, as published, or our CSV (docs/input-output.md).")
]
FormatOption = Annotated[str, typer.Option("--format", help="icio, figaro, wiod, exiobase or csv.")]
NameOption = Annotated[str, typer.Option(help="Name of the table, where the file's is not right.")]
VintageOption = Annotated[str, typer.Option(help="Year that it describes; else of the file name.")]
CacheOption = Annotated[Path | None, typer.Option(help="Directory in which the inverse is kept.")]
CurrencyOption = Annotated[str, typer.Option(help="ISO 4217; else the publisher's.")]


@app.command()
def check(
    file: FileArgument,
    format_name: FormatOption,
    tolerance: Annotated[
        float, typer.Option(help="Part of its output that a row may be off.")
    ] = 0.001,
    json: JsonOption = False,
) -> None:
    """Say which rows and columns do not sum to the output; exit code 1 when there are some."""
    from lineshaft.valuechain.inputoutput import service
    from lineshaft.valuechain.inputoutput.model import TableFile

    with errors_by_kind():
        with progress() as bar:
            table = service.open_table(TableFile(path=file), format_name, shown_on(bar))
        balance = service.check(table, tolerance)
        _show_balance(table, balance, as_json=json)
        if balance.count:
            raise typer.Exit(EXIT_OUT_OF_BALANCE)


def _show_balance(table: "Table", balance: "Balance", *, as_json: bool) -> None:
    found = [asdict(one) for one in balance.imbalances]
    if as_json:
        write_json(
            {
                "table": table.name,
                "vintage": table.vintage,
                "countries": len(table.countries),
                "industries": len(table.industries),
                "tolerance": balance.tolerance,
                "out_of_balance": balance.count,
                "coverage": float(balance.coverage),
                "imbalances": found,
            }
        )
        return
    size = f"{len(table.countries)} countries, {len(table.industries)} industries"
    write_line(f"{table.name} {table.vintage}: {size}")
    covered = f"{float(balance.coverage):.2%} of output balances within {balance.tolerance:g}"
    write_line(f"{covered}; {balance.count} rows and columns do not")
    rows = [[str(value) for value in one.values()] for one in found]
    if rows:
        write_table("the largest", ["side", "of", "output", "off by"], rows)


@app.command()
def indicators(
    file: FileArgument,
    format_name: FormatOption,
    to: Annotated[Path, typer.Option("--csv", help="A file, or - for the output.")] = STREAM,
    country: Annotated[
        list[str] | None, typer.Option(help="Only this country; may be repeated.")
    ] = None,
    indicator: Annotated[
        list[str] | None, typer.Option(help="Only this indicator; may be repeated.")
    ] = None,
    services: Annotated[
        list[str] | None, typer.Option(help="Industry that is a service; may be repeated.")
    ] = None,
    manufacturing: Annotated[
        list[str] | None, typer.Option(help="Industry that is manufacturing; may be repeated.")
    ] = None,
    name: NameOption = "",
    vintage: VintageOption = "",
    currency: CurrencyOption = "",
    cache: CacheOption = None,
    unverified: Annotated[
        bool, typer.Option("--unverified", help="Also what no published figure confirms, and toys.")
    ] = False,
) -> None:
    """Write the indicators of countries and their industries, with all that a figure carries."""
    from lineshaft.infrastructure.files import durable_file
    from lineshaft.valuechain.inputoutput import service
    from lineshaft.valuechain.inputoutput.model import TableFile

    said = TableFile(
        path=file,
        name=name,
        vintage=vintage,
        currency=currency,
        services=frozenset(services or ()),
        manufacturing=frozenset(manufacturing or ()),
    )
    wanted = service.Wanted(frozenset(country or ()), frozenset(indicator or ()), unverified)
    with errors_by_kind():
        with progress() as bar:
            tell: Tell = shown_on(bar)
            table = service.open_table(said, format_name, tell)
            found = list(service.report(service.open_kernel(table, cache, tell), wanted))
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows([COLUMNS, *map(_line, found)])
        if to == STREAM:
            sys.stdout.write(text.getvalue())
            return
        with durable_file(to) as out:
            out.write(text.getvalue().encode())
        ERR.print(f"{len(found)} figures in {to}", markup=False)


@app.command()
def extract(
    file: FileArgument,
    format_name: FormatOption,
    supplier: Annotated[str, typer.Option(help="Country whose deliveries stop.")],
    industry: Annotated[
        list[str] | None, typer.Option(help="Only of this industry; may be repeated.")
    ] = None,
    user: Annotated[
        list[str] | None, typer.Option(help="Only to this country; may be repeated.")
    ] = None,
    replaced: Annotated[
        float, typer.Option(help="Part that other countries deliver instead, 0 to 1.")
    ] = 0.0,
    cache: CacheOption = None,
    json: JsonOption = False,
) -> None:
    """Say what countries lose when deliveries stop, with or without substitutes."""
    from lineshaft.valuechain.inputoutput import service
    from lineshaft.valuechain.inputoutput.model import Stoppage, TableFile

    stoppage = Stoppage(
        supplier=supplier,
        industries=frozenset(industry or ()),
        users=frozenset(user or ()),
        replaced=replaced,
    )
    with errors_by_kind():
        with progress() as bar:
            tell: Tell = shown_on(bar)
            table = service.open_table(TableFile(path=file), format_name, tell)
            loss = service.extract(service.open_kernel(table, cache, tell), stoppage)
        lines = [dict(zip(COLUMNS, _line(one), strict=True)) for one in loss.countries]
        if json:
            said = {"label": loss.label, "world": loss.world}
            write_json(said | {"not_replaceable": loss.not_replaceable, "countries": lines})
            return
        write_line(f"{table.name} {table.vintage}; {loss.label}")
        write_line(f"the world loses {loss.world:.3%} of its value added")
        if loss.not_replaceable:
            write_line(f"{loss.not_replaceable:.1%} of what was to be replaced has no other origin")
        rows = [[one["country"], f"{float(one['value']):,.1f}"] for one in lines]
        write_table("lost value added", ["country", table.currency], rows)


@app.command()
def keep(
    file: FileArgument,
    format_name: FormatOption,
    name: Annotated[str, typer.Option(help="Under which it is kept, such as icio-2020.")],
    title: NameOption = "",
    vintage: VintageOption = "",
    currency: CurrencyOption = "",
    services: Annotated[
        list[str] | None, typer.Option(help="Industry that is a service; may be repeated.")
    ] = None,
    manufacturing: Annotated[
        list[str] | None, typer.Option(help="Industry that is manufacturing; may be repeated.")
    ] = None,
    licence: Annotated[str, typer.Option(help="What to note of its licence.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Check a table and keep it in the hub with its inverse, all of it or nothing."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.valuechain.inputoutput.kept.service import KeepWish
    from lineshaft.valuechain.inputoutput.model import TableFile

    source = TableFile(
        path=file,
        name=title,
        vintage=vintage,
        currency=currency,
        services=frozenset(services or ()),
        manufacturing=frozenset(manufacturing or ()),
    )
    wish = KeepWish(name=name, format_name=format_name, source=source, licence=licence)
    with errors_by_kind():
        tables = application_of(data).tables
        with progress() as bar:
            made = tables.keep(LOCAL_OPERATOR, wish, shown_on(bar))
        _show_kept([made], as_json=json)


@app.command("keep-sample")
def keep_sample(data: DataOption = None, json: JsonOption = False) -> None:
    """Keep the synthetic sample of 3 countries and 4 industries, to see what a table answers."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        _show_kept([application_of(data).tables.keep_sample(LOCAL_OPERATOR)], as_json=json)


@app.command("list")
def list_(data: DataOption = None, json: JsonOption = False) -> None:
    """List the tables that the hub keeps."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        _show_kept(application_of(data).tables.tables(LOCAL_OPERATOR), as_json=json)


@app.command()
def drop(
    name: Annotated[str, typer.Argument(help="Of a table that the hub keeps.")],
    data: DataOption = None,
) -> None:
    """Drop a kept table and its files."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        gone = application_of(data).tables.drop(LOCAL_OPERATOR, name)
        write_line(f"dropped {gone.name}: {gone.title} {gone.vintage}")


def _show_kept(found: "list[KeptTable]", *, as_json: bool) -> None:
    if as_json:
        write_json({"tables": [each.to_content() for each in found]})
        return
    rows = [
        [
            each.name,
            f"{each.title} {each.vintage}",
            each.format,
            f"{each.countries} x {each.industries}",
            f"{float(each.coverage):.2%}",
            f"{each.size_bytes:,}",
            each.sha256[:12],
        ]
        for each in found
    ]
    columns = ["name", "table", "format", "size", "balances", "bytes", "sha256"]
    write_table("kept tables", columns, rows)


def _line(one: "Reported") -> list[str]:
    figure = one.figure
    said = figure.indicator
    return [
        said.name,
        said.symbol,
        one.country,
        one.industry,
        "" if figure.value is None else repr(figure.value),
        said.unit or one.currency,
        figure.table,
        figure.vintage,
        f"{float(figure.coverage):.4f}",
        said.formula,
        said.source,
        "yes" if said.is_verified else "no",
        figure.missing,
    ]
