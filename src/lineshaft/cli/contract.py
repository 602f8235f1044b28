"""`contract`: list, show, life; offer, activate, pause, resume, renew, end, exchange."""

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    from lineshaft.core.period import Instant
    from lineshaft.services.contracts.model import ContractAct

app = typer.Typer(help="Contracts: what was agreed and done with them.", no_args_is_help=True)
FILE_BYTES_MAX = 1_000_000
ContractArgument = Annotated[str, typer.Argument(help="Id of the contract.")]
VersionArgument = Annotated[int, typer.Argument(help="A version of it.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why.")]


@app.command("list")
def list_contracts(data: DataOption = None, json: JsonOption = False) -> None:
    """List the last version of each contract and where it stands."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        contracts = application_of(data).contracts
        rows = []
        for record in contracts.contracts(LOCAL_OPERATOR):
            of = record.contract
            life = contracts.agreements.life(LOCAL_OPERATOR, of.id)
            rows.append(
                {
                    "id": of.id,
                    "version": of.version,
                    "customer": of.customer.name,
                    "machines": ", ".join(of.machines),
                    "state": str(life.state(of.version, contracts.now())),
                }
            )
        if json:
            write_json(rows)
            return
        columns = ["id", "version", "customer", "machines", "state"]
        write_table("contracts", columns, [[str(row[name]) for name in columns] for row in rows])


@app.command()
def show(
    contract: ContractArgument,
    version: Annotated[
        int | None, typer.Option("--version", help="A version.", show_default="the last one")
    ] = None,
    data: DataOption = None,
) -> None:
    """Write the content of a version as JSON."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        record = application_of(data).contracts.contract(LOCAL_OPERATOR, contract, version)
        write_json(record.contract.to_content())


@app.command()
def life(contract: ContractArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """List what was done with a contract, when and by whom."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        found = application_of(data).contracts.agreements.life(LOCAL_OPERATOR, contract)
        rows = [act.to_content() for act in found.acts]
        if json:
            write_json(rows)
            return
        columns = ["number", "kind", "version", "at", "recorded_at", "recorded_name"]
        write_table(contract, columns, [[str(row[name]) for name in columns] for row in rows])


@app.command()
def amend(
    file: Annotated[Path, typer.Argument(help="A contract as JSON, as `show` writes it.")],
    data: DataOption = None,
) -> None:
    """Record the next version of a contract as a draft."""
    from lineshaft.core.errors import Invalid
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.contracts.model import Contract

    with errors_by_kind():
        if file.stat().st_size > FILE_BYTES_MAX:
            msg = f"{file} is larger than {FILE_BYTES_MAX} bytes"
            raise Invalid(msg)
        try:
            content = json_module.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            msg = f"cannot read {file} as JSON: {error}"
            raise Invalid(msg) from error
        contract = Contract.from_content(content)
        application_of(data).contracts.agree(LOCAL_OPERATOR, contract)
        write_line(f"contract {contract.id} version {contract.version} is recorded as a draft")


@app.command()
def offer(
    contract: ContractArgument,
    version: VersionArgument,
    until: Annotated[str, typer.Option("--until", help="RFC 3339: may be accepted until then.")],
    data: DataOption = None,
) -> None:
    """Offer a version to the customer."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        does = application_of(data).contracts.agreements
        _say(does.offer(LOCAL_OPERATOR, contract, version, _instant(until)))


@app.command()
def withdraw(
    contract: ContractArgument,
    version: VersionArgument,
    reason: ReasonOption = "",
    data: DataOption = None,
) -> None:
    """Take back a draft or an offer that nobody has accepted yet."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        does = application_of(data).contracts.agreements
        _say(does.withdraw(LOCAL_OPERATOR, contract, version, reason))


@app.command()
def activate(contract: ContractArgument, version: VersionArgument, data: DataOption = None) -> None:
    """Let a version bind; again changes nothing."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        application_of(data).contracts.activate(LOCAL_OPERATOR, contract, version)
        write_line(f"contract {contract} version {version} binds")


@app.command()
def pause(
    contract: ContractArgument,
    start: Annotated[str, typer.Option("--from", help="RFC 3339.")],
    until: Annotated[str, typer.Option("--until", help="RFC 3339; none: until resumed.")] = "",
    reason: ReasonOption = "",
    data: DataOption = None,
) -> None:
    """Let a contract rest: no base fee, no guarantee; usage is billed all the same."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        does = application_of(data).contracts.agreements
        span = _instant(start), _instant(until) if until else None
        _say(does.pause(LOCAL_OPERATOR, contract, span, reason))


@app.command()
def resume(
    contract: ContractArgument,
    at: Annotated[str, typer.Option("--at", help="RFC 3339.")],
    data: DataOption = None,
) -> None:
    """End the pause that a contract is in."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        does = application_of(data).contracts.agreements
        _say(does.resume(LOCAL_OPERATOR, contract, _instant(at)))


@app.command()
def renew(
    contract: ContractArgument,
    until: Annotated[str, typer.Option("--until", help="RFC 3339.")],
    reason: ReasonOption = "",
    data: DataOption = None,
) -> None:
    """Let a contract of fixed term run longer."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        does = application_of(data).contracts.agreements
        _say(does.renew(LOCAL_OPERATOR, contract, _instant(until), reason))


@app.command()
def end(
    contract: ContractArgument,
    at: Annotated[
        str, typer.Option("--at", help="RFC 3339; none: as early as its notice allows.")
    ] = "",
    reason: ReasonOption = "",
    data: DataOption = None,
) -> None:
    """Let a contract end, by notice given now."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        does = application_of(data).contracts.agreements
        _say(does.end(LOCAL_OPERATOR, contract, _instant(at) if at else None, reason))


@app.command()
def exchange(
    contract: ContractArgument,
    machine: Annotated[str, typer.Argument(help="The machine that leaves.")],
    next_machine: Annotated[str, typer.Argument(help="The machine that follows.")],
    until: Annotated[str, typer.Option("--until", help="RFC 3339: the first serves until then.")],
    since: Annotated[str, typer.Option("--since", help="RFC 3339: the second from then on.")],
    reason: ReasonOption = "",
    work_order: Annotated[str, typer.Option("--work-order", help="Of the exchange.")] = "",
    data: DataOption = None,
) -> None:
    """Exchange a machine for another one in its place; between them the place is down."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.contracts.service import Exchange

    with errors_by_kind():
        swap = Exchange(
            machine=machine,
            until=_instant(until),
            next_machine=next_machine,
            since=_instant(since),
            reason=reason,
            work_order=work_order,
        )
        does = application_of(data).contracts.agreements
        _say(does.exchange(LOCAL_OPERATOR, contract, swap))


LeavingArgument = Annotated[str, typer.Argument(help="The machine.")]


@app.command()
def purchase(
    contract: ContractArgument,
    machine: LeavingArgument,
    at: Annotated[str, typer.Option("--at", help="RFC 3339: the end of the lease, or later.")],
    reason: ReasonOption = "",
    data: DataOption = None,
) -> None:
    """Sell a leased machine to the customer by the option of its lease; it is billed then."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.contracts.service import Parting

    with errors_by_kind():
        bought = Parting(machine=machine, at=_instant(at), reason=reason)
        does = application_of(data).contracts.agreements
        _say(does.purchase(LOCAL_OPERATOR, contract, bought))


@app.command(name="return")
def give_back(
    contract: ContractArgument,
    machine: LeavingArgument,
    at: Annotated[str, typer.Option("--at", help="RFC 3339: it serves until then.")],
    reason: ReasonOption = "",
    data: DataOption = None,
) -> None:
    """Take a machine back out of its place; nobody follows it."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.contracts.service import Parting

    with errors_by_kind():
        back = Parting(machine=machine, at=_instant(at), reason=reason)
        does = application_of(data).contracts.agreements
        _say(does.give_back(LOCAL_OPERATOR, contract, back))


def _instant(text: str) -> "Instant":
    from lineshaft.core.period import parse_instant

    return parse_instant(text)


def _say(act: "ContractAct") -> None:
    said = act.to_content()
    write_line(f"{act.contract} version {act.version}: {act.kind} at {said['at']}")
