"""`demo`: a real machine's day becomes an invoice, with nothing to set up."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from lineshaft.cli.context import (
    errors_by_kind,
    settings_of,
)
from lineshaft.cli.demo_plant import (
    issue_invoice,
    observations_stored,
    prepare_plant,
    replayer_command,
)
from lineshaft.cli.terminal import ERR, OUT
from lineshaft.core.errors import Unavailable
from lineshaft.infrastructure.files import make_dir
from lineshaft.infrastructure.processes import die_with

if TYPE_CHECKING:
    from lineshaft.bootstrap.application import Application
    from lineshaft.cli.demo_check import DemoOutcome
    from lineshaft.services.billing.model import IssuedDocument

_T = TypeVar("_T")

CUSTOMER = "customer"
START_S_MAX = 60.0
REPLAY_S_MAX = 3_600.0
STOP_S_MAX = 8.0
POLL_S = 0.1
HOLD_LINES = 20_000


class _Running(msgspec.Struct, frozen=True):
    """A demo whose programs run."""

    application: "Application"
    address: str
    children: "Children"


def demo(
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Data directory; a fresh temporary one if not given."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Unattended, at full speed: prints one line, then ends.")
    ] = False,
    speed: Annotated[
        str, typer.Option(help="How many times as fast as the real day, or max.")
    ] = "",
    browser: Annotated[bool, typer.Option(help="Open the pages in a browser.")] = True,
) -> None:
    """Replay one real day of a machining centre, bill it, and prove the bill."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    with errors_by_kind(), contextlib.ExitStack() as stack:
        began_s = time.monotonic()
        if data is None:
            name = stack.enter_context(tempfile.TemporaryDirectory(prefix="lineshaft-demo-"))
            data = Path(name)
        running = stack.enter_context(_programs(data, speed or ("max" if check else "600")))
        if check:
            outcome = _check(running, data / "demo")
            OUT.print(f"{outcome.line} seconds={time.monotonic() - began_s:.1f}", markup=False)
            raise typer.Exit(0 if outcome.is_ok else 1)
        _welcome(running)
        lines = _wait_for_day(running, quiet=False)
        issued = issue_invoice(running.application, data / "demo")
        _show(running, issued, lines, open_browser=browser)


def _check(running: _Running, directory: Path) -> "DemoOutcome":
    """Bill the day and compare everything with the recording, which is read while we wait."""
    from lineshaft.cli.demo_check import check_demo, recorded_observations

    recorded = recorded_observations(running.application)
    _wait_for_day(running, quiet=True)
    issued = issue_invoice(running.application, directory)
    return check_demo(running.application, issued, directory, recorded)


@contextmanager
def _programs(data: Path, speed: str) -> Iterator[_Running]:
    """Start the replayer and everything that `up` starts; end them in any case.

    While they start, the plant is applied: the edge takes it up as soon as it is there.
    """
    settings = settings_of(data, seal_s=1)
    logs = data / "demo"
    port_file, api_file = settings.run_dir / "replay.port", settings.run_dir / "api.port"
    make_dir(settings.run_dir)
    for stale in (port_file, api_file):
        stale.unlink(missing_ok=True)
    with contextlib.ExitStack() as stack:
        children = Children(stack)
        children.start(replayer_command(port_file, speed, HOLD_LINES), logs / "replay.log")
        up = [sys.executable, "-m", "lineshaft.cli", "up", "--data", str(data)]
        children.start(up, logs / "up.log", settings.to_environment())
        from lineshaft.bootstrap.application import build

        application = build(settings)
        port = int(wait_until(lambda: children.text(port_file), "the replayer", START_S_MAX))
        prepare_plant(application, logs / "plant", port)
        port = int(wait_until(lambda: children.text(api_file), "the pages", START_S_MAX))
        yield _Running(application, f"http://127.0.0.1:{port}", children)


def _people(application: "Application") -> list[tuple[str, str]]:
    """Return user names and passwords of an administrator and a customer, made or renewed."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.security.identity.model import Role
    from lineshaft.security.identity.service import NewPerson

    identity = application.identity
    known = {person.user_name for person in identity.users(LOCAL_OPERATOR)}
    people = (
        NewPerson("admin", "Administrator", Role.ADMINISTRATOR),
        NewPerson(CUSTOMER, "Riverside buyer", Role.CUSTOMER, "riverside"),
    )
    credentials = [
        identity.reset_password(LOCAL_OPERATOR, person.user_name)
        if person.user_name in known
        else identity.create_user(LOCAL_OPERATOR, person)
        for person in people
    ]
    return [(made.person.user_name, made.password) for made in credentials]


def _welcome(running: _Running) -> None:
    OUT.print(f"\nLineshaft runs at {running.address} (Ctrl-C ends it)\n", markup=False)
    for user, password in _people(running.application):
        OUT.print(f"  user {user:<9} password {password}", markup=False)
    OUT.print("\nA machining centre's real day of 22 June 2017 is being replayed.")


def _wait_for_day(running: _Running, *, quiet: bool) -> int:
    """Wait until every line of the recording is in the historian; returns their number.

    Raises:
        Unavailable: when a program has ended meanwhile, or it takes too long.
    """
    from lineshaft.network.connectors.service import sample_day_lines

    lines = sample_day_lines()
    columns = (
        TextColumn("readings stored"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=ERR, transient=True, disable=quiet) as progress:
        task = progress.add_task("replay", total=lines)

        def is_done() -> bool:
            running.children.check()
            stored = observations_stored(running.application, lines)
            progress.update(task, completed=stored)
            return stored >= lines

        wait_until(is_done, "the day in the historian", REPLAY_S_MAX)
    return lines


def _show(running: _Running, issued: "IssuedDocument", lines: int, *, open_browser: bool) -> None:
    address = f"{running.address}/invoices/{issued.number}"
    OUT.print(
        f"\n{lines:,} readings became the invoice {issued.number}: {issued.gross}", markup=False
    )
    OUT.print(f"\n  {address}\n", markup=False)
    if open_browser and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        webbrowser.open(address)
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()


def _stop(_number: int, _frame: FrameType | None) -> None:
    """End as with Ctrl-C, also when we are terminated or started with Ctrl-C ignored."""
    raise KeyboardInterrupt


class Children:
    """Programs beside us; they end with the stack, gently first."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        """End the programs when `stack` unwinds."""
        self._stack = stack
        self._processes: list[tuple[Path, subprocess.Popen[bytes]]] = []

    def start(
        self, command: list[str], log: Path, environment: dict[str, str] | None = None
    ) -> None:
        """Start a program whose output goes to a file; `environment` comes on top of ours."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - our own program
                command,
                env={**os.environ, **(environment or {})},
                stdout=output,
                stderr=output,
                # Ctrl-C reaches us; we end the others in order, and they end if we are killed.
                start_new_session=True,
                preexec_fn=die_with(os.getpid(), signal.SIGTERM),  # noqa: PLW1509 - no thread yet
            )
        self._processes.append((log, process))
        self._stack.callback(_end, process)

    def check(self) -> None:
        """Check that all programs run: what one of them had to do is waited for in vain.

        Raises:
            Unavailable: when one has ended.
        """
        for log, process in self._processes:
            if process.poll() is not None:
                msg = f"a program of the demo has ended with exit code {process.returncode}: "
                msg += f"see {log}"
                raise Unavailable(msg)

    def text(self, path: Path) -> str:
        """Return what a program has written into a file so far, while all of them run."""
        self.check()
        return path.read_text(encoding="utf-8").strip() if path.exists() else ""


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_S_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(condition: Callable[[], _T], what: str, seconds: float) -> _T:
    """Wait until a condition holds, and return what it says.

    Raises:
        Unavailable: when it takes too long.
    """
    deadline_s = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline_s:
            msg = f"waited {seconds:.0f} s for {what}"
            raise Unavailable(msg)
        time.sleep(POLL_S)
    return value
