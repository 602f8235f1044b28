"""`valuechain`: what depends on one supplier, and what an outage does."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    from fractions import Fraction

    from lineshaft.bootstrap.guarantee_adapters import ContractExposures
    from lineshaft.valuechain.supplynetwork.service import WhatIf

app = typer.Typer(help="Where the value chain earns, and where it breaks.", no_args_is_help=True)
SourceArgument = Annotated[
    Path, typer.Argument(help="Folder of CSV files, or an Excel workbook (docs/supply-network.md).")
]
ContractsOption = Annotated[
    bool,
    typer.Option(
        "--contracts", help="Take the guarantees from the hub's contracts (table dependencies)."
    ),
]


@app.command()
def register(
    source: SourceArgument,
    before: Annotated[
        Path | None, typer.Option(help="An older folder or workbook: show what changed.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Rank what depends on one supplier by the margin at risk in a week."""
    from lineshaft.valuechain.supplynetwork.service import (
        change_content,
        dependency_content,
        register,
    )

    with errors_by_kind():
        with progress() as bar:
            found = register(source, before, shown_on(bar))
        rows = [dependency_content(each) for each in found.dependencies]
        changed = [change_content(each) for each in found.changes or []]
        if json:
            write_json({"dependencies": rows, "changes": None if before is None else changed})
            return
        unit = found.network.currency
        columns = ["item", "supplier", unit + "/week", "cover days", "requalify", "ends", "owner"]
        write_table(
            f"single sources as of {found.network.as_of}",
            columns,
            [
                [
                    each.item,
                    ", ".join(each.suppliers),
                    _amount(each.margin_per_week),
                    "" if each.cover_days is None else f"{float(each.cover_days):.1f}",
                    "" if each.requalification_days is None else str(each.requalification_days),
                    str(each.contract_end or ""),
                    each.owner,
                ]
                for each in found.dependencies
            ],
        )
        if before is not None:
            write_table(
                "what changed",
                ["item", "kind", "field", "before", "after"],
                [list(each.values()) for each in changed],
            )


@app.command()
def outage(
    source: SourceArgument,
    kind: Annotated[str, typer.Option(help="supplier, part, country, port or sanction.")],
    target: Annotated[list[str], typer.Option(help="What fails; may be given several times.")],
    start: Annotated[str, typer.Option(help="First day, such as 2026-03-01.")],
    days: Annotated[int, typer.Option(help="For how many days.")],
    horizon: Annotated[int, typer.Option(help="Days that are looked at.")] = 180,
    keep_line: Annotated[
        list[str] | None, typer.Option(help="Find cures so that this line does all its plan.")
    ] = None,
    lost_margin_max: Annotated[
        str | None, typer.Option(help="Find cures so that no more margin is lost.")
    ] = None,
    credits_max: Annotated[
        str | None, typer.Option(help="Find cures so that no more is credited.")
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Write the scenario here.")] = None,
    contracts: ContractsOption = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show day by day what an outage stops and costs, and the cheapest cures for a goal."""
    from lineshaft.valuechain.supplynetwork.service import question_of, what_if

    with errors_by_kind():
        goal = (keep_line or [], lost_margin_max, credits_max)
        asked = question_of((kind, target), (start, days, horizon), goal)
        with progress() as bar:
            exposures = _exposures(source, data) if contracts else None
            found = what_if(source, asked, exposures, shown_on(bar))
        if save is not None:
            save.write_bytes(found.scenario)
        _show(found, is_json=json)


@app.command("outage-again")
def outage_again(
    source: SourceArgument,
    scenario: Annotated[Path, typer.Argument(help="A scenario that `outage --save` wrote.")],
    contracts: ContractsOption = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Ask a saved scenario again, and say whether the answer is the same to the byte."""
    from lineshaft.core.errors import Conflict
    from lineshaft.valuechain.supplynetwork.service import again

    with errors_by_kind():
        before = scenario.read_bytes()
        found = again(source, before, _exposures(source, data) if contracts else None)
        if found.scenario != before:
            msg = f"{scenario}: the same files give another answer; expected the same bytes"
            raise Conflict(msg)
        _show(found, is_json=json)


@app.command()
def systemic(
    source: Annotated[
        Path, typer.Argument(help="Folder or workbook with firms, supplies and inputs.")
    ],
    threads: Annotated[int, typer.Option(min=1, max=64, help="That share the work.")] = 1,
    top: Annotated[int, typer.Option(min=1, help="Firms that are shown.")] = 20,
    json: JsonOption = False,
) -> None:
    """Rank firms by the share of all output that is lost when one fails (ESRI)."""
    from lineshaft.valuechain.supplynetwork.service import systemic_risk_of

    with errors_by_kind():
        with progress() as bar:
            found = systemic_risk_of(source, threads, shown_on(bar))
        if json:
            risks = {firm: figure.value for firm, figure in found.figures}
            write_json({"coverage": str(found.coverage), "systemic_risk": risks})
            return
        write_line(f"coverage of purchases {float(found.coverage):.1%}")
        rows = [[firm, f"{figure.value:.6f}"] for firm, figure in found.figures[:top]]
        write_table("systemic risk", ["firm", "share of output"], rows)


@app.command("import")
def import_(
    source: SourceArgument,
    note: Annotated[str, typer.Option(help="Why, for people.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Check a supply network and keep it in the hub as its next version, all of it or nothing."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        networks = application_of(data).networks
        with progress() as bar:
            made = networks.import_files(LOCAL_OPERATOR, source, None, note, shown_on(bar))
        if json:
            write_json(made.to_content())
            return
        rows = ", ".join(f"{name} {count}" for name, count in made.rows.items())
        write_line(f"version {made.version} of the supply network: {rows}")


@app.command()
def picture(source: SourceArgument) -> None:
    """Write the network as nodes with places, links and places of a map, as JSON."""
    from lineshaft.valuechain.supplynetwork.service import picture_of

    with errors_by_kind():
        with progress() as bar:
            found = picture_of(source, shown_on(bar))
        write_json(found)


def _exposures(source: Path, data: Path | None) -> "ContractExposures":
    from lineshaft.bootstrap.guarantee_adapters import ContractExposures
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    return ContractExposures(application_of(data).contracts, LOCAL_OPERATOR, source)


def _amount(value: "Fraction") -> str:
    from lineshaft.core.money import round_half_away

    return f"{round_half_away(value, 2):,f}"


def _show(found: "WhatIf", *, is_json: bool) -> None:
    if is_json:
        sys.stdout.write(found.scenario.decode() + "\n")
        return
    from fractions import Fraction

    content = found.answer.to_content()
    for title, key in (("lines", "lines"), ("late", "late_orders"), ("broken", "guarantees")):
        rows = [
            {
                name: _amount(Fraction(value)) if name == "lost_margin" else value
                for name, value in row.items()
            }
            for row in content[key]
        ]
        columns = list(rows[0]) if rows else []
        write_table(title, columns, [[str(row[name]) for name in columns] for row in rows])
    currency = content["currency"]
    write_line(f"lost margin {content['lost_margin_rounded']} {currency}")
    write_line(f"credits {content['credits']} {currency}")
    if "cures" in content:
        cost = ", ".join(f"{amount} {code}" for code, amount in content["cost"].items()) or "0"
        write_line(f"cheapest cures: {', '.join(content['cures']) or 'none needed'}; cost {cost}")
        cured = content["cured"]
        left = f"{cured['lost_margin_rounded']} {currency}, credits {cured['credits']} {currency}"
        write_line(f"with them: lost margin {left}")
