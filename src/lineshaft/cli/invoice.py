"""`invoice`: preview, issue, list, files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lineshaft.cli.context import (
    OUT,
    DataOption,
    JsonOption,
    application_of,
    errors_by_kind,
    write_json,
    write_table,
)

if TYPE_CHECKING:
    from lineshaft.bootstrap.application import Application
    from lineshaft.core.period import Period

app = typer.Typer(help="Documents: preview, issue, files.", no_args_is_help=True)
ContractArgument = Annotated[str, typer.Argument(help="Id of the contract.")]
AtOption = Annotated[
    str, typer.Option("--at", help="An instant in the billed period, such as 2027-01-01T00:00:00Z.")
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
            columns = ["number", "contract", "period", "issued", "total"]
            write_table("documents", columns, [[row[name] for name in columns] for row in rows])


@app.command()
def preview(contract: ContractArgument, at: AtOption, data: DataOption = None) -> None:
    """Show what the document of a period would say now; nothing is kept."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        application = application_of(data)
        period = billed_period(application, contract, at)
        rated = application.billing.preview(LOCAL_OPERATOR, contract, period)
        rows = [[line.description.en, str(line.amount)] for line in rated.lines]
        rows += [["net", str(rated.totals.net)], ["total", str(rated.totals.gross)]]
        write_table(f"{contract} {period}", ["line", "amount"], rows)


@app.command()
def issue(contract: ContractArgument, at: AtOption, data: DataOption = None) -> None:
    """Issue the document of a period, once; again shows the same document."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        application = application_of(data)
        period = billed_period(application, contract, at)
        issued = application.billing.issue(LOCAL_OPERATOR, contract, period)
        OUT.print(f"{issued.number}  {issued.gross}", markup=False)


@app.command()
def export(
    number: Annotated[str, typer.Argument(help="Number of the document.")],
    directory: Annotated[Path, typer.Argument(help="Where to write the files.")],
    data: DataOption = None,
) -> None:
    """Write all files of a document: JSON, HTML, PDF, their records, evidence and keys."""
    with errors_by_kind():
        for path in write_files(application_of(data), number, directory):
            OUT.print(f"wrote {path}", markup=False)


def billed_period(application: "Application", contract: str, at: str) -> "Period":
    """Return the billed period of a contract around an instant."""
    from lineshaft.core.period import parse_instant
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    record = application.contracts.contract(LOCAL_OPERATOR, contract)
    return record.contract.billed_period(parse_instant(at))


def write_files(application: "Application", number: str, directory: Path) -> list[Path]:
    """Write everything that a customer needs to check a document, and return the paths.

    Raises:
        DocumentNotFound: when there is no such document.
    """
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.billing.rendering.model import Language, MediaType

    issued = application.billing.document(LOCAL_OPERATOR, number)
    contents = {
        f"{number}.json": issued.file,
        f"{number}.evidence.json": application.evidence.bundle(LOCAL_OPERATOR, number),
        "keys.json": application.keys.key_file(),
    }
    for media_type, ending in ((MediaType.HTML, "html"), (MediaType.PDF, "pdf")):
        for language in Language:
            rendering = application.renderings.rendering(
                LOCAL_OPERATOR, number, media_type, language
            )
            name = f"{number}.{language}.{ending}"
            contents[name] = rendering.data
            contents[f"{name}.record.json"] = rendering.record
    directory.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in contents.items():
        (directory / name).write_bytes(content)
        paths.append(directory / name)
    return paths
