"""A program that the supervisor runs, and when it counts as ready."""

import socket
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

READY_TIMEOUT_S_DEFAULT = 20.0
_CONNECT_TIMEOUT_S = 0.2


def _at_once() -> bool:
    return True


class Program(msgspec.Struct, frozen=True):
    """One child process.

    Attributes:
        name: short name in logs and in the state file.
        argv: command and arguments.
        environment: variables on top of the supervisor's own.
        ready: asked again and again until it says yes.
        is_awaited: the programs behind it start only when it is ready.
        stale_files: files of an earlier run that are removed before each start.
        ready_timeout_s: how long it may take to be ready, in seconds; then it is started anew, and
            gets twice as long.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = msgspec.field(default_factory=dict)
    ready: Callable[[], bool] = _at_once
    is_awaited: bool = True
    stale_files: tuple[Path, ...] = ()
    ready_timeout_s: float = READY_TIMEOUT_S_DEFAULT


def port_answers(host: str, port: int) -> Callable[[], bool]:
    """Return a condition: something accepts TCP connections there."""

    def ready() -> bool:
        try:
            socket.create_connection((host, port), timeout=_CONNECT_TIMEOUT_S).close()
        except OSError:
            return False
        return True

    return ready


def file_exists(path: Path) -> Callable[[], bool]:
    """Return a condition: the file is there; name it in `stale_files` too."""
    return path.exists
