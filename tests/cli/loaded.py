"""A `lineshaft` that has loaded the product once: each command is a fork of it.

A page's commands are run as they stand, by a shell, each as a process with an exit code of its own.
Starting an interpreter and loading the product for each of them would cost more than what they do.
"""

import contextlib
import importlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from tests import lean

PARTS = (
    "lineshaft.bootstrap.application",
    "lineshaft.bootstrap.backfill_program",
    "lineshaft.bootstrap.programs",
    "lineshaft.cli.terminal",
)
"""What commands load when they are called, and what takes long."""
MESSAGE_BYTES_MAX = 200_000
"""Of what is read of a command with its environment at once."""
COMMAND = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    said = [sys.argv[1:], os.getcwd(), dict(os.environ)]
    socket.send_fds(server, [json.dumps(said).encode() + b"\\n"], [0, 1, 2])
    sys.exit(int(server.recv(16) or 255))
"""


@contextlib.contextmanager
def loaded() -> Iterator[Path]:
    """Yield a directory for the front of PATH, whose `lineshaft` is loaded already."""
    # an address of a socket has 107 characters at most, which pytest's own directories may exceed
    directory = Path(tempfile.mkdtemp(prefix="lineshaft-loaded-"))
    address = str(directory / "socket")
    command = directory / "lineshaft"
    command.write_text(COMMAND.format(python=sys.executable, address=address), encoding="utf-8")
    command.chmod(0o700)
    server = subprocess.Popen(
        lean.command(__name__, address),
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert server.stdout is not None
        assert server.stdout.readline() == b"loaded\n"
        yield directory
    finally:
        server.kill()
        server.communicate()
        shutil.rmtree(directory)


def serve(address: str) -> None:
    """Fork for each command, for ever."""
    for part in PARTS:
        importlib.import_module(part)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks: they answer
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        print("loaded", flush=True)
        while True:
            asking, _ = listening.accept()
            with asking:
                if os.fork() == 0:
                    listening.close()
                    _answer(asking)


def _answer(asking: socket.socket) -> None:
    """Run one command with the streams, the directory and the environment of who asks."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    code = 255
    try:
        message, streams, _, _ = socket.recv_fds(asking, MESSAGE_BYTES_MAX, 3)
        while not message.endswith(b"\n"):
            message += asking.recv(MESSAGE_BYTES_MAX)
        threading.Thread(target=_end_with, args=(asking,), daemon=True).start()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        arguments, directory, environment = json.loads(message)
        os.chdir(directory)
        os.environ.clear()
        os.environ.update(environment)
        code = _run(arguments)
    finally:
        asking.send(str(code).encode())
        os._exit(code)


def _end_with(asking: socket.socket) -> None:
    """Whoever kills the command kills this."""
    if not asking.recv(1):
        os.kill(os.getpid(), signal.SIGKILL)


def _run(arguments: list[str]) -> int:
    from lineshaft.cli.main import app

    try:
        app(arguments, prog_name="lineshaft")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    serve(sys.argv[1])
