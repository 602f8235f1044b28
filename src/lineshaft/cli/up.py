"""`up`, and the programs that it supervises: `edge`, `intake`, `api`, `replay`."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from lineshaft.cli.context import DataOption, errors_by_kind, settings_of, write_line
from lineshaft.infrastructure.settings import Settings

_BUS_TALK = ("[INF]", "Plaintext passwords detected")

HostOption = Annotated[
    str | None,
    typer.Option("--host", help="Address for pages and API; loopback unless told otherwise."),
]
PortOption = Annotated[int | None, typer.Option("--port", help="TCP port of the pages; 0: free.")]


def up(data: DataOption = None, host: HostOption = None, port: PortOption = None) -> None:
    """Start everything on this machine, until Ctrl-C."""
    from lineshaft.bootstrap.supervision import supervised
    from lineshaft.infrastructure.processes import Supervisor, lock_data_dir, write_to_stderr

    with errors_by_kind():
        settings = settings_of(data, listen_host=host, http_port=port)
        with lock_data_dir(settings.data_dir):
            prepare_apart(settings)
            supervisor = Supervisor(
                supervised(settings),
                settings.run_dir,
                stop_timeout_s=settings.stop_timeout_ms / 1_000,
                write_line=write_to_stderr if settings.log_level == "debug" else _pass_on,
            )
            supervisor.run()


def _pass_on(program: str, line: str) -> None:
    """Pass on what a program says, without the bus's account of its own start.

    It also warns of the passwords in its configuration, which is ours and readable by us alone.
    """
    from lineshaft.infrastructure.processes import write_to_stderr

    if program != "bus" or not any(word in line for word in _BUS_TALK):
        write_to_stderr(program, line)


def prepare_apart(settings: Settings) -> None:
    """Prepare the installation in a process of its own, so that the supervisor stays small.

    Raises:
        typer.Exit: with that process's exit code, when it refuses.
    """
    command = [sys.executable, "-m", "lineshaft.cli", "prepare", "--data", str(settings.data_dir)]
    outcome = subprocess.run(command, check=False)  # noqa: S603 - our own program
    if outcome.returncode:
        raise typer.Exit(outcome.returncode)


def prepare(data: DataOption = None) -> None:
    """Bring the installation to the present version; makes the first administrator."""
    from lineshaft.bootstrap.foundation import build_foundation

    with errors_by_kind():
        settings = settings_of(data)
        first = build_foundation(settings).identity.create_first_administrator()
        if first is not None:
            write_line("The first administrator was made. The password is shown this once:")
            write_line(f"  user      {first.person.user_name}")
            write_line(f"  password  {first.password}")


def edge(
    data: DataOption = None,
    source: Annotated[str, typer.Option(help="Name of this edge node.")] = "edge-1",
    bus: Annotated[
        str, typer.Option(help="Address of the hub's bus, as 'source invite' printed it.")
    ] = "",
    plant: Annotated[
        Path | None,
        typer.Option(help="Plant directory to take the connectors from, where there is no hub."),
    ] = None,
) -> None:
    """Run an edge node: connectors, spool, and the way to the hub."""
    from lineshaft.bootstrap.edge_program import run_edge
    from lineshaft.core.segment.header import check_source_id

    with errors_by_kind():
        settings, name = settings_of(data), check_source_id(source)
        if plant is not None:
            from lineshaft.bootstrap.edge_plant import take_plant

            take_plant(settings, plant)
        run_edge(settings, name, bus)


def intake(data: DataOption = None) -> None:
    """Run intake: from the bus into the historian."""
    from lineshaft.bootstrap.intake_program import run_intake

    with errors_by_kind():
        run_intake(settings_of(data))


def api(data: DataOption = None, host: HostOption = None, port: PortOption = None) -> None:
    """Serve pages and API."""
    with errors_by_kind():
        settings = settings_of(data, listen_host=host, http_port=port)
        _become("lineshaft.web", [], settings.to_environment())


def replay(
    recording: Annotated[Path, typer.Argument(help="A recorded SHDR file, plain or .gz.")],
    port: Annotated[int, typer.Option(help="TCP port to serve it on.")] = 7878,
    speed: Annotated[str, typer.Option(help="How many times as fast, or max.")] = "1",
    hold: Annotated[
        int | None, typer.Option(help="At most so many lines ahead of the edge's disk.")
    ] = None,
    restamp: Annotated[bool, typer.Option(help="Let old data look as if it were now.")] = False,
) -> None:
    """Play a recorded day as if it were the machine."""
    arguments = [str(recording), "--port", str(port), "--speed", speed]
    arguments += ["--hold", str(hold)] if hold is not None else []
    arguments += ["--restamp"] if restamp else []
    _become("lineshaft.network.connectors.mtconnect.replay", arguments, {})


def _become(module: str, arguments: list[str], environment: dict[str, str]) -> None:
    """Replace this process: signals then reach the program itself, and nothing stays behind."""
    command = [sys.executable, "-m", module, *arguments]
    os.execve(sys.executable, command, {**os.environ, **environment})  # noqa: S606 - our own
