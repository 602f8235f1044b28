"""`historian export`: stored records as plain Parquet, for any other program."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lineshaft.cli.context import (
    DataOption,
    application_of,
    errors_by_kind,
    progress,
)
from lineshaft.cli.terminal import ERR

if TYPE_CHECKING:
    from lineshaft.core.reading import SignalId
    from lineshaft.platform.historian.service import Historian

STREAM = Path("-")


def export(
    to: Annotated[
        Path,
        typer.Argument(
            help="A directory, for a file for each signal; a .parquet file; or - for the output."
        ),
    ],
    start: Annotated[str, typer.Option(help="First instant, RFC 3339.")],
    end: Annotated[str, typer.Option(help="First instant after, RFC 3339.")],
    signal: Annotated[
        list[str] | None, typer.Option(help="Signal, such as mill/cut_time; may be repeated.")
    ] = None,
    machine: Annotated[
        list[str] | None, typer.Option(help="All signals of a machine; may be repeated.")
    ] = None,
    known_at: Annotated[
        str | None, typer.Option(help="As it was known at this instant, RFC 3339.")
    ] = None,
    data: DataOption = None,
) -> None:
    """Write the records of signals in a period as plain Parquet."""
    from lineshaft.core.period import Period, parse_instant
    from lineshaft.infrastructure.files import durable_file
    from lineshaft.platform.historian.queries.model import ExportQuery
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        period = Period.parse(start, end)
        known = None if known_at is None else parse_instant(known_at)
        historian = application_of(data).historian
        signals = _signals(historian, signal or [], machine or [])
        found = historian.export(LOCAL_OPERATOR, ExportQuery(signals, period, known))
        with progress() as bar:
            task = bar.add_task("exported, in thousandths", total=1_000)

            def seen(piece: Any) -> None:
                bar.update(task, completed=int(piece.share * 1_000))

            if to == STREAM:
                sys.stdout.buffer.writelines(found.parquet(seen))
            elif to.suffix == ".parquet":
                with durable_file(to) as file:
                    file.writelines(found.parquet(seen))
            else:
                paths = found.write_directory(to, seen)
                ERR.print(f"{len(paths)} files in {to}", markup=False)


def _signals(historian: "Historian", named: list[str], machines: list[str]) -> "list[SignalId]":
    """Return the signals that are named and those of machines, each once."""
    from lineshaft.core.reading import SignalId
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    wanted = [SignalId(one) for one in named]
    if machines:
        wanted += historian.signals(LOCAL_OPERATOR, machines)
    return list(dict.fromkeys(wanted))
