"""The `lineshaft` command."""

import typer

from lineshaft.cli import (
    backup,
    contract,
    demo,
    desk,
    historian,
    invoice,
    invoice_month,
    ledger,
    offering,
    plant,
    query,
    records,
    source,
    status,
    up,
    user,
    valuechain,
    valuechain_channels,
    valuechain_dependence,
    valuechain_paths,
    valuechain_servitization,
    valuechain_table,
    verify,
    webhook,
)
from lineshaft.infrastructure.imports import leave_out

app = typer.Typer(
    name="lineshaft",
    help="The open industrial internet for makers who sell outcomes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(up.up)
app.command()(demo.demo)
app.command()(plant.init)
app.command()(plant.plan)
app.command()(plant.apply)
app.command()(status.status)
app.command()(query.query)
invoice.app.command("month")(invoice_month.issue_month)
app.add_typer(invoice.app, name="invoice")
app.add_typer(ledger.app, name="ledger")
app.add_typer(offering.app, name="offering")
app.add_typer(contract.app, name="contract")
app.add_typer(desk.app, name="desk")
app.command()(verify.verify)
app.add_typer(records.app, name="records")
app.add_typer(user.app, name="user")
app.add_typer(source.app, name="source")
app.add_typer(webhook.app, name="webhook")
app.add_typer(backup.app, name="backup")
app.add_typer(historian.app, name="historian")
valuechain.app.command()(valuechain_dependence.dependence)
valuechain.app.command()(valuechain_dependence.quadrant)
valuechain.app.command()(valuechain_dependence.industries)
valuechain.app.command()(valuechain_dependence.closure)
valuechain.app.command()(valuechain_dependence.upgrading)
valuechain.app.add_typer(valuechain_paths.app, name="paths")
valuechain.app.add_typer(valuechain_servitization.app, name="servitization")
valuechain.app.command()(valuechain_servitization.smile)
valuechain.app.add_typer(valuechain_table.app, name="table")
valuechain.app.command()(valuechain_channels.channels)
app.add_typer(valuechain.app, name="valuechain")
app.command()(up.replay)
app.command()(up.edge)
app.command()(up.intake)
app.command()(up.api)
app.command(hidden=True)(up.prepare)


def run() -> None:
    """Run the command line."""
    # pyarrow takes it where it finds it, and that slows the start of each command.
    leave_out("pandas")
    app()
