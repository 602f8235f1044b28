"""`valuechain servitization` and `valuechain smile`: how far a firm has moved to services."""

import csv as csv_module
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from lineshaft.cli.context import (
    DataOption,
    JsonOption,
    application_of,
    errors_by_kind,
    folder_or_hub,
    progress,
    shown_on,
    write_json,
    write_line,
    write_table,
)

if TYPE_CHECKING:
    from decimal import Decimal
    from fractions import Fraction

    from lineshaft.valuechain.indicator import Figure
    from lineshaft.valuechain.servitization.model import Books, RevenueLine
    from lineshaft.valuechain.servitization.service import (
        Curve,
        Dashboard,
        Reported,
        RevenueColumns,
        Servitization,
        Show,
    )

app = typer.Typer(
    help="How far the firm has moved from products to services.", no_args_is_help=True
)
BooksOption = Annotated[
    Path | None,
    typer.Option(help="Folder of CSV files, or an Excel workbook (docs/servitization.md)."),
]
LinesOption = Annotated[
    Path | None, typer.Option(help="Column file that `keep` wrote, in place of reading it all.")
]
HubOption = Annotated[
    bool,
    typer.Option(
        "--hub",
        help="What this installation has billed, and its contracts; without --books the books that "
        "it keeps, too.",
    ),
]
CurrencyOption = Annotated[str, typer.Option(help="Currency to count in, where there are several.")]
RateOption = Annotated[
    list[str] | None, typer.Option(help="Such as USD=0.92; may be given several times.")
]
WhereOption = Annotated[
    list[str] | None,
    typer.Option(help="Only lines such as site=Chemnitz; may be given several times."),
]


class _Given(msgspec.Struct, frozen=True):
    """Where revenue comes from: books, a column file, the hub."""

    books: Path | None
    lines: Path | None
    hub: "Servitization | None"

    def read_books(self, tell: "Show") -> "Books":
        from lineshaft.valuechain.servitization.model import Books
        from lineshaft.valuechain.servitization.service import read_books

        return Books() if self.books is None else read_books(self.books, tell)

    def revenue(self, books: "Books", tell: "Show") -> "list[RevenueLine]":
        """Return the lines of books and hub."""
        from lineshaft.core.errors import Invalid
        from lineshaft.security.authorisation.model import LOCAL_OPERATOR

        if self.books is None and self.hub is None:
            msg = "no revenue: expected --books, --lines or --hub"
            raise Invalid(msg)
        billed = [] if self.hub is None else self.hub.billed(LOCAL_OPERATOR, tell)
        return [*books.revenue, *billed]

    def columns(self, books: "Books", tell: "Show") -> "RevenueColumns":
        from lineshaft.valuechain.servitization.service import RevenueColumns

        if self.lines is not None:
            return RevenueColumns.open(self.lines)
        names = [] if self.books is None else [self.books.name]
        names += [] if self.hub is None else ["documents of Lineshaft"]
        return RevenueColumns.of(self.revenue(books, tell), " and ".join(names))


def _given(books: Path | None, lines: Path | None, data: Path | None, *, hub: bool) -> _Given:
    if not hub:
        return _Given(books, lines, None)
    return _Given(books, lines, application_of(data).servitization)


@app.command()
def show(
    books: BooksOption = None,
    lines: LinesOption = None,
    hub: HubOption = False,
    data: DataOption = None,
    first: Annotated[str, typer.Option(help="First month, such as 2026-01.")] = "",
    last: Annotated[str, typer.Option(help="Last month, such as 2026-12.")] = "",
    by: Annotated[str, typer.Option(help="Periods of the trend: month or quarter.")] = "quarter",
    where: WhereOption = None,
    currency: CurrencyOption = "",
    rate: RateOption = None,
    table: Annotated[
        Path | None, typer.Option(help="National table, for a benchmark (docs/input-output.md).")
    ] = None,
    table_format: Annotated[str, typer.Option(help="icio, figaro, wiod, exiobase or csv.")] = "csv",
    country: Annotated[str, typer.Option(help="Of the benchmark.")] = "",
    json: JsonOption = False,
    csv: Annotated[bool, typer.Option("--csv", help="Write CSV, exact numbers.")] = False,
) -> None:
    """Show every figure of servitization, its trend, and where each service line stands."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.valuechain.servitization.service import (
        Asked,
        benchmarks_of,
        dashboard,
        dashboard_content,
        days_of,
        grain_named,
        rates_named,
        where_named,
    )

    with errors_by_kind():
        asked = Asked(
            first=first,
            last=last,
            grain=grain_named(by),
            where=where_named(where or []),
            rates=rates_named(currency, rate or []),
        )
        given = _given(books, lines, data, hub=hub)
        with progress() as bar:
            tell = shown_on(bar)
            if hub and books is None and lines is None:
                found = application_of(data).firm.servitization(LOCAL_OPERATOR, asked)
            else:
                read = given.read_books(tell)
                columns = given.columns(read, tell)
                days = [] if given.hub is None else days_of(columns, asked)
                served = {} if given.hub is None else given.hub.served(LOCAL_OPERATOR, days)
                found = dashboard(columns, read, asked, served)
            benchmark = () if table is None else benchmarks_of(table, table_format, country, tell)
        if json:
            write_json(dashboard_content(found, benchmark))
        elif csv:
            sys.stdout.write(_csv(found))
        else:
            _show(found, benchmark)


@app.command("lines")
def lines_command(
    books: BooksOption = None,
    lines: LinesOption = None,
    hub: HubOption = False,
    data: DataOption = None,
    where: WhereOption = None,
    after: Annotated[str, typer.Option(help="Where the page before ended.")] = "",
    limit: Annotated[int, typer.Option(help="Lines of the page.")] = 100,
    json: JsonOption = False,
) -> None:
    """Show the document lines behind a figure: what it says under `lines` is asked as --where."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.valuechain.servitization.service import where_named

    with errors_by_kind():
        given = _given(books, lines, data, hub=hub)
        chosen = where_named(where or [])
        with progress() as bar:
            tell = shown_on(bar)
            if hub and books is None and lines is None:
                firm = application_of(data).firm
                page = firm.lines(LOCAL_OPERATOR, chosen, after, limit)
            else:
                page = given.columns(given.read_books(tell), tell).page(chosen, after, limit)
        if json:
            write_json({"lines": page.lines, "after": page.after})
            return
        names = ["date", "document", "line", "item", "machine", "amount", "currency", "cost"]
        write_table("lines", names, [[each[name] for name in names] for each in page.lines])
        if page.after is not None:
            write_line(f"more: --after {page.after}")


@app.command()
def keep(
    file: Annotated[Path, typer.Argument(help="Column file to write, such as lines.parquet.")],
    books: BooksOption = None,
    hub: Annotated[
        bool, typer.Option("--hub", help="Also what this installation has billed.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Write all lines of revenue as columns: a dashboard of a million lines then takes a second."""
    from lineshaft.valuechain.servitization.service import write_columns

    with errors_by_kind():
        given = _given(books, None, data, hub=hub)
        with progress() as bar:
            tell = shown_on(bar)
            revenue = given.revenue(given.read_books(tell), tell)
            count = write_columns(revenue, file)
        write_line(f"lines kept: {count}")


def smile(
    books: Annotated[
        Path | None,
        typer.Argument(help="Folder or workbook with `activities` (docs/servitization.md)."),
    ] = None,
    hub: Annotated[bool, typer.Option("--hub", help="The books that the hub keeps.")] = False,
    data: DataOption = None,
    currency: CurrencyOption = "",
    rate: RateOption = None,
    json: JsonOption = False,
) -> None:
    """Show the margin per hour along the value chain, and whether it is a smile."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.valuechain.servitization.service import (
        curve_content,
        curves,
        rates_named,
        read_books,
    )

    with errors_by_kind():
        if books is None or hub:
            folder_or_hub(books, hub=hub)
            firm = application_of(data).firm
            found = firm.smile(LOCAL_OPERATOR, currency, rate or [])
        else:
            with progress() as bar:
                read = read_books(books, shown_on(bar))
            found = curves(read.activities, rates_named(currency, rate or []))
        if json:
            write_json([curve_content(each) for each in found])
            return
        unit = f"{found[0].currency}/hour"
        rows = [
            [str(activity.position), activity.value, f"{float(figure.value or 0):.2f}"]
            for activity, figure in found[0].margins
        ]
        write_table(f"margin, {found[0].depth.vintage}", ["place", "activity", unit], rows)
        columns = ["period", "depth", "low", "high", "says"]
        write_table("curve", columns, [_curve_row(each) for each in found])


def _curve_row(curve: "Curve") -> list[str]:
    from lineshaft.valuechain.servitization.service import Shape

    numbers = (curve.depth.value, curve.depth.low, curve.depth.high)
    said = ["" if number is None else f"{float(number):.4f}" for number in numbers]
    words = {
        None: curve.depth.missing,
        Shape.SMILE: "smile",
        Shape.INVERTED: "the middle earns more than the ends",
        Shape.NOT_SHOWN: "the interval holds zero: no curve is shown by these data",
    }
    return [curve.period or "all", *said, words[curve.shape]]


def _csv(found: "Dashboard") -> str:
    from lineshaft.valuechain.servitization.service import figure_row

    rows = [figure_row(each) for each in (*found.whole, *found.trend)]
    for row in rows:
        row["lines"] = " ".join(f"--where {name}={said}" for name, said in row["lines"].items())
    text = io.StringIO()
    writer = csv_module.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _show(found: "Dashboard", benchmark: "tuple[Figure, ...]") -> None:
    from lineshaft.valuechain.servitization.service import BAND

    write_line(f"{found.vintage}, {found.line_count} lines, amounts in {found.currency}")
    columns = ["indicator", "of", "value", "coverage", "missing"]
    write_table("figures", columns, [_row(each) for each in found.whole])
    trend = [each for each in found.trend if not each.key]
    write_table("trend", ["period", *columns], [[each.period, *_row(each)] for each in trend])
    write_line(f"context: {float(BAND.low):.0%} to {float(BAND.high):.0%}, {BAND.source}")
    write_line(BAND.says)
    if benchmark:
        rows = [[f.indicator.name, _percent(f.value), f"{f.table} {f.vintage}"] for f in benchmark]
        write_table("benchmark: a country's manufacturing", ["definition", "value", "table"], rows)
    names = ["service line", "stage", "stand-alone", "margin", "missing"]
    stages = [
        [
            each.service_line,
            "" if each.stage is None else each.stage.value,
            _percent(each.stand_alone_share),
            _percent(each.margin),
            each.missing,
        ]
        for each in found.stages
    ]
    write_table("where service lines stand (advice)", names, stages)
    alarms = [[each.service_line, each.reason] for each in found.alarms]
    write_table("alarms", ["service line", "why"], alarms)


def _row(each: "Reported") -> list[str]:
    figure = each.figure
    coverage = _percent(figure.coverage)
    return [figure.indicator.name, each.key, _percent(figure.value), coverage, figure.missing]


def _percent(value: "Decimal | Fraction | float | None") -> str:
    return "" if value is None else f"{float(value):.1%}"
