"""`historian paths`: what makes the evidence of a month quick to build, for older readings."""

from typing import Annotated

import typer

from lineshaft.cli.context import (
    DataOption,
    JsonOption,
    application_of,
    errors_by_kind,
    write_json,
    write_line,
)


def paths(
    signals: Annotated[list[str], typer.Argument(help="Signals, such as mazak01/cut_time.")],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Store the way from each block of signals to its signed root, where it is not stored yet.

    Readings that come while a hold is set have it from the start. Where a hold is set later, the
    evidence is the same, and a month of it takes as long as a check of that month; this command
    takes that time once. It can be stopped and goes on where it was.
    """
    from lineshaft.core.reading import SignalId
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        historian = application_of(data).historian
        made = historian.keep_paths(LOCAL_OPERATOR, [SignalId(signal) for signal in signals])
        if json:
            write_json({"signals": signals, "paths": made})
        else:
            write_line(f"{made:,} paths were made; every other block has its own already")
