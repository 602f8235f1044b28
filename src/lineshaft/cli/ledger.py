"""`ledger`: trial balance, statements, receivables, revenue, tax, recognition, export."""

import sys
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
    from lineshaft.services.billing.accounting.service import Listing

app = typer.Typer(help="The ledger: balances, revenue, tax, recognition.", no_args_is_help=True)
CsvOption = Annotated[bool, typer.Option("--csv", help="Write CSV, for a spreadsheet.")]
OfferingOption = Annotated[str | None, typer.Option("--offering", help="Of this offering only.")]
ContractOption = Annotated[str | None, typer.Option("--contract", help="Of this contract only.")]
MachineOption = Annotated[str | None, typer.Option("--machine", help="Of this machine only.")]
FromOption = Annotated[str | None, typer.Option("--from", help="First month, such as 2026-01.")]
ToOption = Annotated[str | None, typer.Option("--to", help="Last month, inclusive.")]


@app.command("trial-balance")
def trial_balance(
    before: Annotated[
        str | None, typer.Option("--before", help="Only what belongs to a time before.")
    ] = None,
    known_at: Annotated[
        str | None, typer.Option("--known-at", help="Only what was posted by then.")
    ] = None,
    data: DataOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """Show debits, credits and balance of every account; both sides are equal."""
    from lineshaft.core.period import parse_instant
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.billing.accounting import service

    with errors_by_kind():
        instants = [None if text is None else parse_instant(text) for text in (before, known_at)]
        billing = application_of(data).billing
        _write(service.trial_balance(billing, LOCAL_OPERATOR, *instants), json=json, csv=csv)


@app.command()
def statement(
    account: Annotated[str, typer.Argument(help="Such as receivables:acme.")],
    currency: Annotated[str, typer.Option("--currency", help="Code of ISO 4217.")] = "EUR",
    data: DataOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """Show the entries of an account with the balance after each."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.billing.accounting import service

    with errors_by_kind():
        ledger = application_of(data).ledger
        found = service.statement(ledger, LOCAL_OPERATOR, account, currency)
        _write(found, json=json, csv=csv)


@app.command()
def receivables(data: DataOption = None, json: JsonOption = False, csv: CsvOption = False) -> None:
    """Show what customers owe, by the age of the documents."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.billing.accounting import service

    with errors_by_kind():
        ledger = application_of(data).ledger
        _write(service.receivables(ledger, LOCAL_OPERATOR), json=json, csv=csv)


@app.command()
def revenue(
    by: Annotated[
        str, typer.Option("--by", help="offering, contract, machine or month; or lines.")
    ] = "month",
    offering: OfferingOption = None,
    contract: ContractOption = None,
    machine: MachineOption = None,
    first_month: FromOption = None,
    last_month: ToOption = None,
    data: DataOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """Show revenue, recognised and deferred, or the document lines that it comes from."""
    from lineshaft.core.errors import Invalid
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.billing.accounting import service
    from lineshaft.services.billing.accounting.model import Grouping, RevenueQuery

    with errors_by_kind():
        query = RevenueQuery(
            offering=offering,
            contract=contract,
            machine=machine,
            first_month=first_month,
            last_month=last_month,
        )
        ledger = application_of(data).ledger
        if by == "lines":
            _write(service.revenue_lines(ledger, LOCAL_OPERATOR, query), json=json, csv=csv)
            return
        if by not in set(Grouping):
            msg = f"revenue by {by!r}: expected {', '.join(Grouping)} or lines"
            raise Invalid(msg)
        found = service.revenue(ledger, LOCAL_OPERATOR, Grouping(by), query)
        _write(found, json=json, csv=csv)


@app.command()
def vat(
    start: Annotated[str, typer.Option("--start", help="Service periods begin at or after.")],
    end: Annotated[str, typer.Option("--end", help="Service periods begin before.")],
    data: DataOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """Show turnover and tax by category and rate."""
    from lineshaft.core.period import Period
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.billing.accounting import service

    with errors_by_kind():
        ledger = application_of(data).ledger
        found = service.vat(ledger, LOCAL_OPERATOR, Period.parse(start, end))
        _write(found, json=json, csv=csv)


@app.command()
def recognise(
    month: Annotated[str, typer.Option("--month", help="A month that is over: 2026-03.")],
    data: DataOption = None,
) -> None:
    """Move a month from the contract liabilities to revenue; again changes nothing."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        ledger = application_of(data).ledger
        with progress() as bar:
            found = ledger.recognise(LOCAL_OPERATOR, month, shown_on(bar))
        write_line(f"{found.month}: recognised of {found.documents} documents")


@app.command()
def export(
    beancount: Annotated[
        bool, typer.Option("--beancount", help="As text for beancount in place of CSV.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Write all postings of the ledger."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.billing.service import ledger_beancount, ledger_csv

    with errors_by_kind():
        billing = application_of(data).billing
        found = page = billing.transactions(LOCAL_OPERATOR)
        while page:
            page = billing.transactions(LOCAL_OPERATOR, page[-1].id)
            found = found + page
        sys.stdout.write(ledger_beancount(found) if beancount else ledger_csv(found))


def _write(listing: "Listing", *, json: bool, csv: bool) -> None:
    from lineshaft.infrastructure.sheets import SheetFormat, write_sheet

    if csv:
        write_sheet(listing.sheet(), SheetFormat.CSV, sys.stdout.buffer)
        return
    rows = [listing.content(cells) for cells in listing.cells()]
    if json:
        write_json(rows)
        return
    shown = [["" if cell is None else str(cell) for cell in row.values()] for row in rows]
    write_table(listing.name.replace("-", " "), list(listing.columns), shown)
