"""`valuechain report`: what a board reads of the value chain, as HTML, PDF or Excel."""

import json as json_module
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lineshaft.cli.context import (
    DataOption,
    application_of,
    errors_by_kind,
    progress,
    shown_on,
    write_line,
)

if TYPE_CHECKING:
    from lineshaft.core.period import Instant
    from lineshaft.valuechain.report.model import ReportLanguage
    from lineshaft.valuechain.report.service import NationalTable, ReportFormat
    from lineshaft.valuechain.supplynetwork.versions.model import AskedOutage

HORIZON_DAYS = 180
_PAIR = re.compile(r"([a-z_]+)=(\S+)")
_ONE = ("kind", "start", "days", "horizon", "lost_margin_max", "credits_max")
_MANY = ("target", "keep_line")


BooksOption = Annotated[
    Path | None, typer.Option(help="Folder or workbook of the books (docs/servitization.md).")
]
NetworkOption = Annotated[
    Path | None, typer.Option(help="Folder or workbook of the supply network.")
]
BeforeOption = Annotated[
    Path | None, typer.Option(help="An older network, such as last week's: what changed.")
]
OutageOption = Annotated[
    str,
    typer.Option(
        help="A scenario that `outage --save` wrote (with --hub the id of a kept one), or such "
        "as 'kind=supplier target=havelin start=2018-01-01 days=60 keep_line=mill-turn'."
    ),
]
TableOption = Annotated[
    Path | None, typer.Option(help="National table, for a benchmark (docs/input-output.md).")
]
TableFormatOption = Annotated[str, typer.Option(help="icio, figaro, wiod, exiobase or csv.")]
FormatOption = Annotated[str, typer.Option("--format", help="html, pdf or xlsx.")]
AtOption = Annotated[str, typer.Option(help="Instant that stands in the title; empty: now.")]
HubOption = Annotated[
    bool, typer.Option("--hub", help="Of what this installation keeps and has billed.")
]


def report(
    out: Annotated[Path, typer.Option(help="File to write.")],
    books: BooksOption = None,
    network: NetworkOption = None,
    network_before: BeforeOption = None,
    outage: OutageOption = "",
    table: TableOption = None,
    table_format: TableFormatOption = "csv",
    country: Annotated[str, typer.Option(help="Of the benchmark.")] = "",
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
    format_name: FormatOption = "html",
    at: AtOption = "",
    hub: HubOption = False,
    data: DataOption = None,
) -> None:
    """Write what a board reads: register, outage, servitization, channels, smile, quadrant."""
    from lineshaft.core.errors import Invalid
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.valuechain.report.service import ReportSources, written
    from lineshaft.valuechain.report.service import report as report_of

    with errors_by_kind():
        shape, told = _shape(format_name), _language(language)
        given = [each for each in (books, network, network_before, table) if each is not None]
        if hub is bool(given):
            msg = "a report of nothing, or of two things: expected --hub, or some of --books, "
            raise Invalid(msg + "--network, --network-before and --table")
        with progress() as bar:
            if hub:
                reports = application_of(data).reports
                found = reports.report(LOCAL_OPERATOR, told, outage, shown_on(bar))
            else:
                sources = ReportSources(
                    books=books,
                    network=network,
                    network_before=network_before,
                    outage=asked_outage(outage),
                    table=_national(table, table_format, country),
                )
                found = report_of(sources, told, _instant(at), shown_on(bar))
        out.write_bytes(written(found, shape))
        write_line(f"{out}: {found.title}, {found.as_of}")
        for section in found.sections[1:]:
            for line in section.missing:
                write_line(f"missing: {section.title}: {line}")


def asked_outage(text: str) -> "AskedOutage | None":
    """Read a question: of a file, or as `name=value` one after the other; nothing is none.

    Raises:
        Invalid: for anything else.
    """
    from lineshaft.core.errors import Invalid
    from lineshaft.valuechain.supplynetwork.versions.model import AskedOutage

    if not text:
        return None
    if "=" not in text:
        try:
            content = json_module.loads(Path(text).read_bytes())
        except ValueError as error:
            msg = f"{text} is no scenario: expected a file that `outage --save` wrote"
            raise Invalid(msg) from error
        return AskedOutage.from_content(content.get("question") if content else None)
    pairs = _pairs(text)
    one = {name: values[-1] for name, values in pairs.items()}
    return AskedOutage.from_content(
        {
            "kind": one.get("kind"),
            "targets": pairs.get("target", []),
            "start_on": one.get("start"),
            "days": one.get("days", ""),
            "horizon_days": one.get("horizon", HORIZON_DAYS),
            "goal": {
                "lines": pairs.get("keep_line", []),
                "lost_margin_max": one.get("lost_margin_max"),
                "credits_max": one.get("credits_max"),
            },
        }
    )


def _pairs(text: str) -> dict[str, list[str]]:
    from lineshaft.core.errors import Invalid

    found: dict[str, list[str]] = {}
    for part in text.split():
        match = _PAIR.fullmatch(part)
        if match is None or match[1] not in (*_ONE, *_MANY):
            msg = f"an outage of {part!r}: expected name=value with a name of "
            raise Invalid(msg + ", ".join((*_ONE, *_MANY)))
        found.setdefault(match[1], []).append(match[2])
    missing = [name for name in ("kind", "target", "start", "days") if name not in found]
    if missing:
        msg = f"an outage without {', '.join(missing)}: expected such as kind=supplier "
        raise Invalid(msg + "target=havelin start=2018-01-01 days=60")
    return found


def _shape(name: str) -> "ReportFormat":
    from lineshaft.valuechain.report.service import ReportFormat

    return ReportFormat(_one_of(name, list(ReportFormat), "a report as"))


def _language(name: str) -> "ReportLanguage":
    from lineshaft.valuechain.report.model import ReportLanguage

    return ReportLanguage(_one_of(name, list(ReportLanguage), "a report in"))


def _one_of(name: str, known: Sequence[str], what: str) -> str:
    from lineshaft.core.errors import Invalid

    if name not in known:
        msg = f"{what} {name!r}: expected one of {', '.join(known)}"
        raise Invalid(msg)
    return name


def _national(path: Path | None, format_name: str, country: str) -> "NationalTable | None":
    from lineshaft.core.errors import Invalid
    from lineshaft.valuechain.report.service import NationalTable

    if path is None:
        return None
    if not country:
        msg = "a national table without a country: expected --country, such as DEU"
        raise Invalid(msg)
    return NationalTable(path, format_name, country)


def _instant(text: str) -> "Instant":
    from lineshaft.core.period import parse_instant
    from lineshaft.infrastructure.clock import SystemClock

    return parse_instant(text) if text else SystemClock().now()
