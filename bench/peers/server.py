"""Peers that are servers with an HTTP door: started on a free port, stopped with the engine."""

import http.client
import json
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

READY_S_MAX = 30
HERE = Path(__file__).parents[2] / ".cache" / "peers" / "debian"


def program(name: str) -> str:
    """Return the path of a program of an unpacked package."""
    return str(HERE / "usr" / "bin" / name)


def package_version(name: str) -> str:
    """Return the version of an unpacked package."""
    versions: dict[str, str] = json.loads((HERE / "versions.json").read_text())
    return versions[name]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class HttpServer:
    """A server process that answers on one port."""

    def __init__(self, command: Sequence[str], port: int, ready_path: str, log: Path) -> None:
        with log.open("wb") as file:
            self._process = subprocess.Popen(command, stdout=file, stderr=file)
        self.pid, self._port = self._process.pid, port
        self._connection: http.client.HTTPConnection | None = None
        deadline_s = time.monotonic() + READY_S_MAX
        while True:
            try:
                self.ask("GET", ready_path)
            except OSError:
                if time.monotonic() > deadline_s or self._process.poll() is not None:
                    raise AssertionError(
                        f"{command[0]} does not start: {log.read_text()}"
                    ) from None
                time.sleep(0.05)
            else:
                break

    def ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        """Return what the server answers.

        Raises:
            AssertionError: when it refuses.
            OSError: when it does not listen.
        """
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=300)
        try:
            self._connection.request(method, path, body)
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection = None
            raise OSError(str(error)) from error
        if response.status >= 300:
            raise AssertionError(f"{method} {path}: {response.status} {content[:300]!r}")
        return content

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(READY_S_MAX)
