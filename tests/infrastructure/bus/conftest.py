"""A real NATS server that can be killed, frozen and started again on the same port."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineshaft.infrastructure.bus import (
    BusUser,
    ServerConfig,
    free_port,
    server_command,
    write_server_config,
)
from lineshaft.infrastructure.processes import port_answers

HUB = BusUser("hub", "hub-password", publish=(">",), subscribe=(">",))
EDGE = BusUser(
    "press-1",
    "edge-password",
    publish=("segment.press-1", "enrol"),
    subscribe=("notice.press-1",),
)


class Server:
    """A bus of this test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.config = folder / "bus.conf"
        self.pid_file = folder / "bus.pid"
        self.users: tuple[BusUser, ...] = (HUB, EDGE)
        self.write_config()
        self.process: subprocess.Popen[bytes] | None = None

    def write_config(self) -> None:
        write_server_config(
            self.config,
            ServerConfig(
                port=self.port,
                store_dir=self.folder / "store",
                pid_file=self.pid_file,
                users=self.users,
                store_mb_max=200,
            ),
        )

    def start(self) -> None:
        self.process = subprocess.Popen(
            server_command(self.config), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        ready = port_answers("127.0.0.1", self.port)
        deadline_s = time.monotonic() + 5
        while not ready():
            assert time.monotonic() < deadline_s, "the server does not answer"
            time.sleep(0.01)

    def freeze(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)
        # The signal is sent, not yet obeyed: under load a thread may answer for a while. This
        # returns when the last thread of the server stands still.
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def url(self, user: BusUser = HUB) -> str:
        return f"nats://{user.name}:{user.password}@127.0.0.1:{self.port}"

    @property
    def anonymous_url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A running server with a hub user and an edge user."""
    one = Server(tmp_path)
    one.start()
    yield one
    one.kill()
