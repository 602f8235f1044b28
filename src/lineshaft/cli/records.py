"""`records`: clock offsets, exchanges, estimates, incidents, exclusions, cores, stocks."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lineshaft.cli.context import (
    DataOption,
    JsonOption,
    application_of,
    errors_by_kind,
    write_json,
    write_line,
    write_table,
)

if TYPE_CHECKING:
    from lineshaft.bootstrap.application import Application

app = typer.Typer(help="What metering and guarantees read beside readings.", no_args_is_help=True)
TABLES = ("clock_offset", "exchange", "estimate", "incident", "exclusion", "core", "stock")
ENTRIES_MAX = 10_000
"""Entries of one file."""


@app.command("clocks")
def list_clocks(
    source: Annotated[str, typer.Option(help="Of this source only.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """List how wrong the clocks of sources are, in the order in which it was known."""
    from lineshaft.core.reading import SourceId
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        clocks = application_of(data).clocks
        found = clocks.offsets(LOCAL_OPERATOR, SourceId(source) if source else None)
        _write("clock offsets", [each.to_content() for each in found], json=json)


@app.command("list")
def list_records(
    machine: Annotated[str, typer.Argument(help="Whose records.")],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """List every version of what is recorded of a machine: exchanges, incidents, stocks, ...."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        hub = application_of(data)
        found: list[dict[str, Any]] = [
            {"kind": kind} | each.to_content()
            for kind, versions in (
                ("exchange", hub.exchanges.exchanges(LOCAL_OPERATOR, machine)),
                ("estimate", hub.estimates.estimates(LOCAL_OPERATOR, machine)),
                ("incident", hub.incidents.incidents(LOCAL_OPERATOR, machine)),
                ("exclusion", hub.incidents.exclusions(LOCAL_OPERATOR, machine)),
                ("core", hub.cores.versions(LOCAL_OPERATOR, machine)),
                ("stock", hub.stocks.versions(LOCAL_OPERATOR, machine)),
            )
            for each in versions
        ]
        _write("records", found, json=json)


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help=f"TOML with tables {', '.join(TABLES)}.")],
    data: DataOption = None,
) -> None:
    """Record what a file says; what is recorded already is not recorded again."""
    with errors_by_kind():
        entries = _entries(file)
        hub = application_of(data)
        for kind, content in entries:
            write_line(f"{kind} {_record(hub, kind, content)} is recorded")


@app.command()
def approve(
    kind: Annotated[str, typer.Argument(help="exchange, estimate, incident or exclusion.")],
    name: Annotated[str, typer.Argument(help="Its id.")],
    version: Annotated[int, typer.Argument(help="The last version.")] = 1,
    data: DataOption = None,
) -> None:
    """Approve a version as the operator of this machine, for the provider.

    An exchange or an estimate of the operator needs another person, over the API.
    """
    from lineshaft.core.errors import Invalid
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.incidents.model import SubjectKind

    with errors_by_kind():
        hub = application_of(data)
        if kind == "exchange":
            hub.exchanges.approve(LOCAL_OPERATOR, name, version)
        elif kind == "estimate":
            hub.estimates.approve(LOCAL_OPERATOR, name)
        elif kind in list(SubjectKind):
            hub.incidents.approve(LOCAL_OPERATOR, SubjectKind(kind), name, version)
        else:
            msg = f"cannot approve a {kind}: expected one of {', '.join(TABLES[1:-2])}"
            raise Invalid(msg)
        write_line(f"{kind} {name} version {version} is approved")


@app.command()
def withdraw(
    name: Annotated[str, typer.Argument(help="Id of the estimate.")], data: DataOption = None
) -> None:
    """Take an estimate back: usage is measured from now on as if there were none."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        application_of(data).estimates.withdraw(LOCAL_OPERATOR, name)
        write_line(f"estimate {name} is withdrawn")


def _entries(file: Path) -> list[tuple[str, dict[str, Any]]]:
    """Read the entries of a file, in the order of `TABLES`; numbers stay exact.

    Raises:
        Invalid: when the file is no TOML, or holds what nobody knows.
    """
    import tomllib
    from decimal import Decimal

    from lineshaft.core.errors import Invalid

    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"cannot read {file} as TOML: {error}"
        raise Invalid(msg) from error
    unknown = sorted(content.keys() - set(TABLES))
    tables: dict[str, Any] = {kind: content.get(kind, []) for kind in TABLES}
    is_sound = not unknown and all(
        isinstance(table, list) and all(isinstance(entry, dict) for entry in table)
        for table in tables.values()
    )
    if not is_sound or sum(map(len, tables.values())) > ENTRIES_MAX:
        msg = f"cannot read {file}: expected at most {ENTRIES_MAX} tables {', '.join(TABLES)}"
        raise Invalid(f"{msg}; unknown: {', '.join(unknown)}" if unknown else msg)
    return [(kind, entry) for kind in TABLES for entry in tables[kind]]


def _record(hub: "Application", kind: str, content: dict[str, Any]) -> str:
    from lineshaft.core.errors import Invalid
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.facts.model import Core, StockRecord
    from lineshaft.services.incidents.model import AgreedExclusion, ServiceIncident
    from lineshaft.services.metering.clocks.model import ClockEntry
    from lineshaft.services.metering.estimates.model import Estimate
    from lineshaft.services.metering.exchanges.model import MeterExchange

    if kind == "clock_offset":
        return hub.clocks.record(LOCAL_OPERATOR, ClockEntry.from_content(content)).entry.id
    if kind == "estimate":
        own = Estimate.from_content({**content, "author": LOCAL_OPERATOR.id})
        return hub.estimates.record(LOCAL_OPERATOR, own).estimate.id
    version = content.get("version", 1)
    if not isinstance(version, int):
        msg = f"version = {version!r} of an {kind}: expected a whole number"
        raise Invalid(msg)
    rest = {name: value for name, value in content.items() if name != "version"}
    if kind == "exchange":
        exchange = MeterExchange.from_content(rest)
        return hub.exchanges.record(LOCAL_OPERATOR, exchange, version).exchange.id
    if kind == "core":
        return hub.cores.record(LOCAL_OPERATOR, Core.from_content(rest), version).fact.id
    if kind == "stock":
        return hub.stocks.record(LOCAL_OPERATOR, StockRecord.from_content(rest), version).fact.id
    is_incident = kind == "incident"
    subject = (ServiceIncident if is_incident else AgreedExclusion).from_content(rest)
    return hub.incidents.record(LOCAL_OPERATOR, subject, version).subject.id


def _write(title: str, found: list[dict[str, Any]], *, json: bool) -> None:
    if json:
        write_json(found)
        return
    names = ("kind", "id", "version", "source", "valid_from", "offset_us", "at", "reported_at")
    more = (
        "item",
        "model",
        "delivered_at",
        "quantity",
        "unit",
        "start",
        "end",
        "approved_by",
        "agreed_at",
        "known_at",
        "reason",
    )
    columns = [name for name in (*names, *more) if any(name in each for each in found)]
    rows = [["" if each.get(n) is None else str(each[n]) for n in columns] for each in found]
    write_table(title, columns, rows)
