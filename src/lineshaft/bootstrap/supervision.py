"""What the supervisor starts, in which order, and when each is ready."""

import sys
from pathlib import Path

from lineshaft.bootstrap.local_bus import config_path, prepare_bus
from lineshaft.core.reading import SourceId
from lineshaft.infrastructure.bus import server_command
from lineshaft.infrastructure.processes import Program, file_exists, port_answers
from lineshaft.infrastructure.settings import Settings

LOCAL_SOURCE = SourceId("edge-1")
"""The edge node that `up` starts on this machine."""
PROGRAMS = ("intake", "edge")
"""What `python -m lineshaft.bootstrap` runs; the pages have a module of their own."""


def ready_path(settings: Settings, program: str) -> Path:
    """Return the file that a program writes when it is ready: the port of its telemetry."""
    return settings.run_dir / f"{program}.port"


def supervised(settings: Settings) -> list[Program]:
    """Return the programs of this machine, in the order of starting."""
    environment = settings.to_environment()
    programs = []
    if not settings.bus:
        bus = prepare_bus(settings, LOCAL_SOURCE)
        command = server_command(config_path(settings))
        programs.append(Program("bus", command, ready=port_answers(bus.host, bus.port)))
    modules = {name: ("lineshaft.bootstrap", name) for name in PROGRAMS}
    for name, module in (modules | {"api": ("lineshaft.web",)}).items():
        ready_file = ready_path(settings, name)
        argv = (sys.executable, "-m", *module)
        programs.append(
            Program(
                name,
                argv,
                environment=environment,
                ready=file_exists(ready_file),
                # they find each other over the bus, in any order
                is_awaited=False,
                stale_files=(ready_file,),
            )
        )
    return programs
