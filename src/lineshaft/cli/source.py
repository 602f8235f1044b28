"""`source`: edge nodes, and who may send."""

from typing import Annotated

import typer

from lineshaft.cli.context import (
    DataOption,
    JsonOption,
    application_of,
    errors_by_kind,
    settings_of,
    write_json,
    write_line,
    write_table,
)

app = typer.Typer(help="Edge nodes and other sources of readings.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Name of the source, such as edge-2.")]


@app.command("list")
def list_sources(data: DataOption = None, json: JsonOption = False) -> None:
    """List all sources: state, epoch, how far they are stored."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        app_ = application_of(data)
        marks = app_.historian.marks(LOCAL_OPERATOR)
        rows = []
        for source in app_.identity.sources(LOCAL_OPERATOR):
            mark = marks.get((source.id, source.epoch))
            rows.append(
                {
                    "source": source.id,
                    "state": str(source.state) + (" (asks)" if source.is_waiting else ""),
                    "epoch": source.epoch,
                    "stored": mark.sequence if mark else 0,
                    "fingerprint": source.fingerprint,
                }
            )
        if json:
            write_json(rows)
        else:
            columns = ["source", "state", "epoch", "stored", "fingerprint"]
            write_table("sources", columns, [[str(row[name]) for name in columns] for row in rows])


@app.command()
def invite(name: Name, data: DataOption = None) -> None:
    """Let another edge node reach the bus; prints the address to start it with."""
    from lineshaft.bootstrap.local_bus import invite as invite_source

    with errors_by_kind():
        address = invite_source(settings_of(data), name)
        write_line("On the other machine, in its copy of the plant directory:")
        write_line(f"  lineshaft edge --source {name} --plant . --bus '{address}'")
        write_line("Then, here, when 'lineshaft source list' shows the same fingerprint:")
        write_line(f"  lineshaft source accept {name}")


@app.command()
def accept(name: Name, data: DataOption = None) -> None:
    """Take the readings of a source from now on; compare its fingerprint first."""
    from lineshaft.core.reading import SourceId
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        source = application_of(data).identity.accept_source(LOCAL_OPERATOR, SourceId(name))
        write_line(f"{source.id} may send in epoch {source.epoch}")


@app.command()
def refuse(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why, for the edge's log.")] = "refused",
    data: DataOption = None,
) -> None:
    """Take nothing from a source any more; what is stored stays."""
    from lineshaft.core.reading import SourceId
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        application_of(data).identity.refuse_source(LOCAL_OPERATOR, SourceId(name), reason)
        write_line(f"{name} may not send any more")
