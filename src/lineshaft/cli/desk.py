"""`desk`: studies of history, recorded costs, accounts of profit."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lineshaft.cli.context import (
    DataOption,
    JsonOption,
    design_of,
    errors_by_kind,
    progress,
    shown_on,
    write_json,
    write_line,
    write_table,
)

if TYPE_CHECKING:
    from lineshaft.services.desk.model import Months, Outcome

app = typer.Typer(help="What tariffs would have earned, and what was earned.", no_args_is_help=True)
FirstArgument = Annotated[str, typer.Argument(help="First month, such as 2026-01.")]
LastArgument = Annotated[str, typer.Argument(help="Last month, such as 2026-12.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="Write CSV, exact amounts.")]
StudyArgument = Annotated[str, typer.Argument(help="Id of the study.")]


@app.command()
def studies(data: DataOption = None, json: JsonOption = False) -> None:
    """List the saved studies."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        found = [each.study for each in design_of(data).studies(LOCAL_OPERATOR)]
        if json:
            write_json([each.to_content() for each in found])
            return
        rows = [
            [each.id, str(each.version), each.name, each.months.first, each.months.last]
            for each in found
        ]
        write_table("studies", ["id", "version", "name", "first", "last"], rows)


@app.command()
def save(
    file: Annotated[Path, typer.Argument(help="JSON of a study (docs/formats/study.md).")],
    data: DataOption = None,
) -> None:
    """Save a version of a study; the same again changes nothing."""
    import json as json_module

    from lineshaft.core.errors import Invalid
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.desk.model import Study

    with errors_by_kind():
        try:
            content = json_module.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            msg = f"cannot read {file} as JSON: {error}"
            raise Invalid(msg) from error
        saved = design_of(data).save(LOCAL_OPERATOR, Study.from_content(content))
        write_line(f"study {saved.study.id} version {saved.study.version} is saved")


@app.command()
def run(
    study: StudyArgument, data: DataOption = None, json: JsonOption = False, csv: CsvOption = False
) -> None:
    """Rate history under each variant of a saved study."""
    from lineshaft.infrastructure.processes import copies_allowed
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.desk.service import outcomes_content, study_csv

    with errors_by_kind():
        design = design_of(data)
        saved = design.study(LOCAL_OPERATOR, study).study
        with progress() as bar, copies_allowed():
            found = design.run(LOCAL_OPERATOR, saved, shown_on(bar))
        if csv:
            sys.stdout.write(study_csv(found))
        elif json:
            write_json(outcomes_content(found))
        else:
            for outcome in found:
                _show(outcome)


@app.command()
def publish(
    study: StudyArgument,
    variant: Annotated[str, typer.Argument(help="Label of the variant.")],
    data: DataOption = None,
) -> None:
    """Record the offering of a variant as its next version."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        made = design_of(data).publish(LOCAL_OPERATOR, study, variant)
        write_line(f"offering {made.id} version {made.version}")


@app.command("import-costs")
def import_costs(
    file: Annotated[Path, typer.Argument(help="CSV: id,kind,start,end,amount,currency,…")],
    data: DataOption = None,
) -> None:
    """Record the costs of a file, all or none; those recorded already are not recorded again."""
    from lineshaft.core.errors import Invalid
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        design = design_of(data)
        try:
            with progress() as bar, file.open(encoding="utf-8", newline="") as lines:
                count = design.import_costs(LOCAL_OPERATOR, lines, shown_on(bar))
        except UnicodeDecodeError as error:
            msg = f"cannot read {file} as UTF-8: {error}"
            raise Invalid(msg) from error
        write_line(f"costs recorded: {count}")


@app.command()
def costs(first: FirstArgument, last: LastArgument, data: DataOption = None) -> None:
    """Write the recorded costs of some months as CSV, as import-costs reads them."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.desk.service import costs_csv

    with errors_by_kind():
        found = design_of(data).costs(LOCAL_OPERATOR, _months(first, last))
        sys.stdout.write(costs_csv(found))


@app.command()
def profit(
    first: FirstArgument,
    last: LastArgument,
    by: Annotated[str, typer.Option(help="contract, machine, offering or month.")] = "contract",
    entries: Annotated[bool, typer.Option(help="Every amount that it is the sum of.")] = False,
    data: DataOption = None,
    csv: CsvOption = False,
    json: JsonOption = False,
) -> None:
    """Show revenue, credits, recorded costs and margin of some months."""
    from lineshaft.core.errors import Invalid
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.desk.model import GroupBy
    from lineshaft.services.desk.service import (
        entries_csv,
        entry_content,
        profit_content,
        profit_csv,
    )

    with errors_by_kind():
        if by not in list(GroupBy):
            msg = f"cannot divide by {by!r}: expected one of {', '.join(GroupBy)}"
            raise Invalid(msg)
        design = design_of(data)
        with progress() as bar:
            shown = shown_on(bar)
            found = design.profit_entries(LOCAL_OPERATOR, _months(first, last), shown)
        rows = design.rows_of(found, GroupBy(by))
        if csv:
            sys.stdout.write(entries_csv(found) if entries else profit_csv(rows, GroupBy(by)))
            return
        listed = [entry_content(e) for e in found] if entries else profit_content(rows)
        if json:
            write_json(listed)
        else:
            _write_rows("entries" if entries else f"profit by {by}", listed)


def _months(first: str, last: str) -> "Months":
    from lineshaft.services.desk.model import Months

    return Months(first, last)


def _show(outcome: "Outcome") -> None:
    from lineshaft.services.desk.service import by_machine, currencies, figures_content

    for currency in currencies(outcome):
        rows = [
            {"machine": machine} | figures_content(figures)
            for machine, figures in by_machine(outcome, currency).items()
        ]
        _write_rows(outcome.variant.label, rows)
    label, alone = outcome.variant.label, sum(outcome.one_by_one.values())
    write_line(f"{label}: {outcome.in_bulk} billed periods rated in bulk, {alone} one by one")
    for reason, count in outcome.one_by_one.items():
        write_line(f"one by one: {count}: {reason}")
    for each in outcome.unrated:
        write_line(f"not rated: {each.contract} {each.period}: {each.reason}")


def _write_rows(title: str, rows: list[dict[str, Any]]) -> None:
    columns = list(rows[0]) if rows else []
    write_table(title, columns, [[str(row[name]) for name in columns] for row in rows])
