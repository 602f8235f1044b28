"""Run a whole business from its files: `python examples/run.py compressed-air`.

A folder beside this file is a business. Its `steps.sh` says what is done, one command a line. They
run here in one process, against a hub that is started for them on this machine and ended
afterwards. With `--data` the installation stays and can be looked at with `lineshaft up`; where one
is running there already, it is used.
"""

import argparse
import contextlib
import os
import runpy
import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import typer

from lineshaft.bootstrap.programs import supervised_now
from lineshaft.cli.demo import START_S_MAX, Children, wait_until
from lineshaft.cli.main import app
from lineshaft.infrastructure.settings import load_settings

BUSINESSES = Path(__file__).parent


def main(arguments: list[str] | None = None) -> None:
    names = sorted(path.parent.name for path in BUSINESSES.glob("*/steps.sh"))
    parser = argparse.ArgumentParser(description="Run a whole business from its files.")
    parser.add_argument("business", choices=names)
    parser.add_argument("--data", type=Path, help="data directory to keep; else a temporary one")
    options = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        if options.data is None:
            name = stack.enter_context(tempfile.TemporaryDirectory(prefix="lineshaft-"))
            options.data = Path(name)
        data = options.data.absolute()
        stack.enter_context(hub(data))
        code = run(BUSINESSES / options.business, data)
    raise SystemExit(code)


@contextlib.contextmanager
def hub(data: Path) -> Iterator[None]:
    """Have the programs of a hub on a data directory run meanwhile."""
    settings = load_settings(os.environ, data_dir=data)
    with contextlib.ExitStack() as stack:
        if not supervised_now(settings):
            children = Children(stack)
            up = [sys.executable, "-m", "lineshaft.cli", "up", "--data", str(data)]
            children.start(up, data / "up.log")
            ready = settings.run_dir / "intake.port"
            ready.unlink(missing_ok=True)
            wait_until(lambda: children.text(ready), "the hub", START_S_MAX)
        yield


def run(folder: Path, data: Path) -> int:
    """Run the steps of a business; returns the exit code of the first that fails, or 0.

    Args:
        folder: of the business, with `steps.sh`; nothing is written there.
        data: of a hub that runs; documents and proofs are written into `out` below it.
    """
    out = data / "out" / folder.name
    out.mkdir(parents=True, exist_ok=True)
    before = {name: os.environ.get(name) for name in ("OUT", "LINESHAFT_DATA_DIR")}
    os.environ |= {"OUT": str(out), "LINESHAFT_DATA_DIR": str(data)}
    try:
        with contextlib.chdir(folder):
            for line in Path("steps.sh").read_text(encoding="utf-8").splitlines():
                print(f"\n{line}" if line.startswith("#") else f"$ {line}", flush=True)
                if code := _step(shlex.split(os.path.expandvars(line), comments=True)):
                    return code
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    return 0


def _step(words: list[str]) -> int:
    match words:
        case []:
            return 0
        case ["lineshaft", *arguments]:
            command = typer.main.get_command(app)
            return int(command.main(arguments, prog_name="lineshaft", standalone_mode=False) or 0)
        case ["python", script, *arguments]:
            before, sys.argv = sys.argv, [script, *arguments]
            try:
                runpy.run_path(script, run_name="__main__")
            finally:
                sys.argv = before
            return 0
        case _:
            raise SystemExit(f"cannot run {shlex.join(words)}: expected lineshaft or python")


if __name__ == "__main__":
    main()
