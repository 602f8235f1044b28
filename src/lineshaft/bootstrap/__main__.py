"""`python -m lineshaft.bootstrap PROGRAM`: how the supervisor starts edge and intake.

The commands `lineshaft edge` and `lineshaft intake` are the same for people: they load what writes
coloured text besides, which a program that is started again and again has to do without.
"""

from lineshaft.infrastructure.imports import leave_out

# Before anything loads pyarrow or structlog, which take them where they find them.
leave_out("pandas", "rich")

import os  # noqa: E402 - see above
import sys  # noqa: E402

from lineshaft.bootstrap.supervision import LOCAL_SOURCE, PROGRAMS  # noqa: E402
from lineshaft.core.errors import Refusal  # noqa: E402
from lineshaft.infrastructure.settings import load_settings  # noqa: E402


def run(program: str) -> None:
    """Run a program of this machine as the environment says, until it is told to stop.

    Raises:
        SystemExit: when it refuses to run, with the exit code of the refusal's kind.
    """
    try:
        settings = load_settings(os.environ)
        if program == "edge":
            from lineshaft.bootstrap.edge_program import run_edge

            run_edge(settings, LOCAL_SOURCE)
        else:
            from lineshaft.bootstrap.intake_program import run_intake

            run_intake(settings)
    except Refusal as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        sys.exit(error.exit_code)


if len(sys.argv) != 2 or sys.argv[1] not in PROGRAMS:
    sys.exit(f"expected one of {', '.join(PROGRAMS)}")
run(sys.argv[1])
