"""`invoice`: preview, issue, list, files."""

import json as json_module
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
    write_json,
    write_line,
    write_table,
)

if TYPE_CHECKING:
    from lineshaft.bootstrap.application import Application
    from lineshaft.core.period import Period
    from lineshaft.services.billing.model import LatePeriod

app = typer.Typer(help="Documents: preview, issue, files.", no_args_is_help=True)
KINDS = {"380": "invoice", "381": "credit note", "384": "corrected invoice"}
"""What documents are called; the amounts of a credit note are positive, as on the document."""
ContractArgument = Annotated[str, typer.Argument(help="Id of the contract.")]
AtOption = Annotated[
    str, typer.Option("--at", help="An instant in the billed period, such as 2027-01-01T00:00:00Z.")
]


ReasonOption = Annotated[
    str, typer.Option(help="Why to bill although less is known than the contract asks for.")
]


@app.command("list")
def list_documents(data: DataOption = None, json: JsonOption = False) -> None:
    """List the documents, the newest first."""
    from lineshaft.core.period import format_instant
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.billing.model import DocumentQuery

    with errors_by_kind():
        heads = application_of(data).billing.documents(LOCAL_OPERATOR, DocumentQuery())
        rows = [
            {
                "number": head.number,
                "kind": KINDS[head.type],
                "contract": head.contract,
                "period": str(head.period),
                "issued": format_instant(head.issued_at),
                "total": str(head.gross),
            }
            for head in heads
        ]
        if json:
            write_json(rows)
        else:
            columns = ["number", "kind", "contract", "period", "issued", "total"]
            write_table("documents", columns, [[row[name] for name in columns] for row in rows])


@app.command()
def preview(
    contract: ContractArgument, at: AtOption, data: DataOption = None, json: JsonOption = False
) -> None:
    """Show what the document of a period would say now; nothing is kept."""
    from lineshaft.core.period import format_instant
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        application = application_of(data)
        period = billed_period(application, contract, at)
        with progress() as bar:
            bar.add_task("measuring", total=None)
            rated = application.billing.preview(LOCAL_OPERATOR, contract, period)
        content = {
            "contract": contract,
            "period": str(period),
            "known_at": format_instant(rated.known_at),
            "lines": [
                {"id": line.id, "description": line.description.en, "amount": str(line.amount)}
                for line in rated.lines
            ],
            "net": str(rated.totals.net),
            "gross": str(rated.totals.gross),
            "statements": [statement["text"]["en"] for statement in rated.statements],
        }
        if json:
            write_json(content)
        else:
            _show(f"{contract} {period} (a preview)", content)


@app.command()
def show(
    number: Annotated[str, typer.Argument(help="Number of the document.")],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show an issued document; --json writes its signed file as it is."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.billing.service import billed_span

    with errors_by_kind():
        issued = application_of(data).billing.document(LOCAL_OPERATOR, number)
        if json:
            sys.stdout.write(issued.file.decode() + "\n")
            return
        document = json_module.loads(issued.file)["document"]
        currency, totals = document["currency"], document["totals"]
        lines = [
            {
                "description": line["description"]["en"],
                "amount": f"{line['amount']} {currency}",
            }
            for line in document["lines"]
        ]
        period = billed_span(document)
        content = {
            "lines": lines,
            "net": f"{totals['net']} {currency}",
            "gross": f"{totals['gross']} {currency}",
            "statements": [statement["text"]["en"] for statement in document["statements"]],
        }
        contract = document["contract"]["id"]
        title = f"{KINDS[document['type']]} {number} {contract} {period['start']}/{period['end']}"
        _show(title, content)


def _show(title: str, content: dict[str, Any]) -> None:
    rows = [[line["description"], line["amount"]] for line in content["lines"]]
    rows += [["net", content["net"]], ["total", content["gross"]]]
    write_table(title, ["line", "amount"], rows)
    for statement in content["statements"]:
        write_line(statement)


@app.command()
def issue(
    contract: ContractArgument, at: AtOption, reason: ReasonOption = "", data: DataOption = None
) -> None:
    """Issue the document of a period, once; again shows the same document."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        application = application_of(data)
        period = billed_period(application, contract, at)
        with progress() as bar:
            bar.add_task("measuring", total=None)
            issued = application.billing.issue(
                LOCAL_OPERATOR, contract, period, reason=reason or None
            )
        write_line(f"{issued.number}  {issued.gross}")


@app.command()
def correct(
    contract: ContractArgument, at: AtOption, reason: ReasonOption = "", data: DataOption = None
) -> None:
    """Rate an issued period again and document the difference; nothing where there is none."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        application = application_of(data)
        period = billed_period(application, contract, at)
        with progress() as bar:
            bar.add_task("measuring", total=None)
            found = application.billing.correct(LOCAL_OPERATOR, contract, period, reason or None)
        said = found.document
        if found.is_new:
            write_line(f"{said.number}  {KINDS[said.type]} of {said.gross}")
        else:
            write_line(f"nothing to correct: {said.number} stands")


@app.command()
def late(data: DataOption = None, json: JsonOption = False) -> None:
    """List issued periods whose usage is not any more what was billed."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        billing = application_of(data).billing
        found: list[LatePeriod] = []
        before, is_over = None, False
        with progress() as bar:
            bar.add_task("measuring", total=None)
            while not is_over:
                page = billing.late(LOCAL_OPERATOR, before)
                found += page.periods
                before, is_over = page.next, page.next is None
        rows = [
            {
                "contract": one.document.contract,
                "period": str(one.document.period),
                "document": one.document.number,
                "meters": ", ".join(one.meters),
                "recorded": ", ".join(one.recorded),
                "amended": one.is_amended,
            }
            for one in found
        ]
        if json:
            write_json(rows)
        else:
            columns = ["contract", "period", "document", "meters", "recorded"]
            shown = [
                [*(str(row[name]) for name in columns), "yes" if row["amended"] else ""]
                for row in rows
            ]
            write_table("late periods", [*columns, "amended"], shown)


@app.command()
def export(
    number: Annotated[str, typer.Argument(help="Number of the document.")],
    directory: Annotated[Path, typer.Argument(help="Where to write the files.")],
    data: DataOption = None,
) -> None:
    """Write all files of a document: JSON, HTML, PDF, UBL, their records, evidence and keys."""
    with errors_by_kind():
        application = application_of(data)
        with progress() as bar:
            bar.add_task("gathering evidence, drawing pages", total=None)
            paths = write_files(application, number, directory)
        for path in paths:
            write_line(f"wrote {path}")


def billed_period(application: "Application", contract: str, at: str) -> "Period":
    """Return the billed period of a contract around an instant."""
    from lineshaft.core.period import parse_instant
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    return application.contracts.billed_period(LOCAL_OPERATOR, contract, parse_instant(at))


def write_files(application: "Application", number: str, directory: Path) -> list[Path]:
    """Write everything that a customer needs to check a document, and return the paths.

    A document that can be no electronic invoice has no UBL; why is said.

    Raises:
        DocumentNotFound: when there is no such document.
    """
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.billing.einvoice.errors import RulesBroken
    from lineshaft.services.billing.einvoice.model import NotExpressible
    from lineshaft.services.billing.rendering.model import Language, MediaType

    issued = application.billing.document(LOCAL_OPERATOR, number)
    contents = {
        f"{number}.json": issued.file,
        f"{number}.evidence.json": application.evidence.bundle(LOCAL_OPERATOR, number),
        "keys.json": application.keys.key_file(),
    }
    endings = {MediaType.HTML: "html", MediaType.PDF: "pdf", MediaType.UBL: "xml"}
    for media_type, ending in endings.items():
        for language in Language:
            name = f"{number}.{language}.{ending}"
            try:
                rendering = application.renderings.rendering(
                    LOCAL_OPERATOR, number, media_type, language
                )
            except (NotExpressible, RulesBroken) as error:
                write_line(f"no {name}: {error}")
                continue
            contents[name] = rendering.data
            contents[f"{name}.record.json"] = rendering.record
    directory.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in contents.items():
        (directory / name).write_bytes(content)
        paths.append(directory / name)
    return paths
