"""`valuechain channels`: what the capital, the technology and the digital channel did."""

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    from lineshaft.valuechain.channels.service import ChannelFigure


def channels(
    books: Annotated[
        Path | None,
        typer.Argument(help="Folder of CSV files, or an Excel workbook (docs/channels.md)."),
    ] = None,
    hub: Annotated[
        bool,
        typer.Option("--hub", help="The books that the hub keeps, and what it has billed."),
    ] = False,
    data: DataOption = None,
    channel: Annotated[
        str | None, typer.Option(help="capital, technology, digital or attribution; else all.")
    ] = None,
    site: Annotated[str | None, typer.Option(help="Only this site; '' is the firm.")] = None,
    line: Annotated[str | None, typer.Option(help="Only this line; '' is the whole site.")] = None,
    outcome: Annotated[
        str, typer.Option(help="labour_productivity or quality_ratio: what the roll-out moved.")
    ] = "labour_productivity",
    json: JsonOption = False,
) -> None:
    """Show what the capital, the technology and the digital channel did, quarter by quarter."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.valuechain.channels import service

    with errors_by_kind():
        wanted = service.channel_named(channel)
        with progress() as bar:
            if books is None or hub:
                folder_or_hub(books, hub=hub)
                found = application_of(data).firm.channels(LOCAL_OPERATOR, outcome)
            else:
                found = service.channels(books, outcome=outcome, show=shown_on(bar))
        chosen = found.chosen(wanted, site, line)
        content = service.ledger_content(found, chosen)
        if json:
            write_json(content)
            return
        columns = ["indicator", "place", "quarter", "of", "value", "interval"]
        for name in service.Channel:
            rows = [_row(each) for each in chosen if each.channel is name]
            if rows:
                write_table(f"{name}, {found.books.name}", columns, rows)
        for quarter, method in found.methods.items():
            write_line(f"{quarter} technology by {method}")
        write_line(f"roll-out, {found.outcome}: {content['attribution']['words']}")


def _row(each: "ChannelFigure") -> list[str]:
    figure = each.figure
    unit = " ".join(filter(None, (each.site, each.line))) or "firm"
    place = [figure.indicator.name, unit, each.quarter, each.of]
    if figure.value is None:
        return [*place, "not measured", figure.missing]
    value, code = figure.value, figure.indicator.unit
    decimals = 2 if code == "HUR" else 4
    shown = f"{value}" if isinstance(value, Decimal) else f"{float(value):,.{decimals}f}"
    has_interval = figure.low is not None and figure.high is not None
    interval = f"{figure.low:.4f} to {figure.high:.4f}" if has_interval else ""
    return [*place, shown if code == "C62" else f"{shown} {code}", interval]
