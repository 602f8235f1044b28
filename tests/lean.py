"""`python -m tests.lean MODULE [ARGUMENT...]`: run a module as our programs run, without pandas."""

import runpy
import sys

from lineshaft.infrastructure.imports import leave_out


def command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of the tests as a process."""
    return [sys.executable, "-m", __name__, module, *arguments]


if __name__ == "__main__":
    leave_out("pandas")
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
