"""The `lineshaft` command: the one that is asked for is loaded, and no other."""

import atexit
import gc
import sys
from functools import cache
from importlib import import_module

import typer

from lineshaft.infrastructure.imports import leave_out

NEW_OBJECTS = 400_000
"""Objects after which garbage is collected: more than imports make, for what is imported stays, and
to look through it again and again took a tenth of the time of a command. Programs that go on take
less once they are there (`be_steady`)."""
COMMANDS = {
    "up": "up",
    "demo": "demo",
    "init": "plant",
    "plan": "plant",
    "apply": "plant",
    "status": "status",
    "query": "query",
    "verify": "verify",
    "replay": "up",
    "edge": "up",
    "intake": "up",
    "api": "up",
    "prepare": "up",
}
"""Commands, each a function of its name, and their modules."""
GROUPS = {
    "invoice": "invoice_month",
    "ledger": "ledger",
    "offering": "offering",
    "contract": "contract",
    "desk": "desk",
    "records": "records",
    "user": "user",
    "source": "source",
    "webhook": "webhook",
    "backup": "backup",
    "historian": "historian",
}
"""Groups of commands, and the modules whose `app` they are."""
CHAIN = "valuechain"
"""The group of several modules."""
HIDDEN = frozenset({"prepare"})


def command_line(name: str = "") -> typer.Typer:
    """Return the command line with one command or group; with all of them for any other name."""
    app = typer.Typer(
        name="lineshaft",
        help="The open industrial internet for makers who sell outcomes.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        # Without it a command that is alone would need no name.
        callback=lambda: None,
    )
    is_alone = name in {*COMMANDS, *GROUPS, CHAIN}
    for each, module in COMMANDS.items():
        if not is_alone or each == name:
            function = getattr(import_module(f"lineshaft.cli.{module}"), each)
            app.command(hidden=each in HIDDEN)(function)
    for each, module in GROUPS.items():
        if not is_alone or each == name:
            app.add_typer(import_module(f"lineshaft.cli.{module}").app, name=each)
    if not is_alone or name == CHAIN:
        app.add_typer(_chain(), name=CHAIN)
    return app


@cache
def _chain() -> typer.Typer:
    """Return the commands of the value chain."""
    from lineshaft.cli import (
        valuechain,
        valuechain_books,
        valuechain_channels,
        valuechain_dependence,
        valuechain_paths,
        valuechain_report,
        valuechain_servitization,
        valuechain_table,
        valuechain_trade,
    )

    valuechain.app.command()(valuechain_dependence.dependence)
    valuechain.app.command()(valuechain_dependence.quadrant)
    valuechain.app.command()(valuechain_dependence.industries)
    valuechain.app.command()(valuechain_dependence.closure)
    valuechain.app.command()(valuechain_dependence.upgrading)
    valuechain.app.add_typer(valuechain_paths.app, name="paths")
    valuechain.app.add_typer(valuechain_servitization.app, name="servitization")
    valuechain.app.command()(valuechain_servitization.smile)
    valuechain.app.add_typer(valuechain_table.app, name="table")
    valuechain.app.add_typer(valuechain_trade.app, name="trade")
    valuechain.app.command()(valuechain_channels.channels)
    valuechain.app.command()(valuechain_report.report)
    valuechain.app.add_typer(valuechain_books.app, name="books")
    return valuechain.app


def __getattr__(name: str) -> typer.Typer:
    """Return `app`, the whole command line, when somebody asks for it."""
    if name != "app":
        raise AttributeError(name)
    return _whole()


@cache
def _whole() -> typer.Typer:
    return command_line()


def _leave_uncollected() -> None:
    """Give memory back as it is: a command has made much, to be looked through twice for nothing.

    But DuckDB counts what is left of its own, and lists it as leaked where nothing is collected.
    """
    if "duckdb" not in sys.modules:
        gc.freeze()


def run() -> None:
    """Run the command line."""
    gc.set_threshold(NEW_OBJECTS)
    atexit.register(_leave_uncollected)
    # pyarrow takes it where it finds it, and that slows the start of each command.
    leave_out("pandas")
    command_line(sys.argv[1] if len(sys.argv) > 1 else "")()
