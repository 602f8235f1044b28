"""`historian`: the store of all readings; each topic has a module of its own beside this one."""

import typer

from lineshaft.cli import (
    historian_check,
    historian_export,
    historian_import,
    historian_paths,
    historian_repair,
    historian_retention,
)

app = typer.Typer(help="The store of all readings.", no_args_is_help=True)
app.command()(historian_check.check)
app.command()(historian_repair.repair)
app.command("import")(historian_import.import_file)
app.command()(historian_export.export)
app.command()(historian_paths.paths)
app.command()(historian_retention.correct)
app.command()(historian_retention.delete)
app.add_typer(historian_retention.holds, name="holds")
app.add_typer(historian_retention.rules, name="rules")
