"""The bus that `up` starts on this machine: its port, its users, its configuration file."""

import contextlib
from pathlib import Path
from urllib.parse import quote

import msgspec

from lineshaft.core import messages
from lineshaft.core.errors import NotFound, PreconditionFailed
from lineshaft.core.reading import SourceId
from lineshaft.core.segment.header import check_source_id
from lineshaft.infrastructure.bus import (
    BusServerUnsuitable,
    BusUser,
    ServerConfig,
    free_port,
    new_password,
    reload_server,
    write_server_config,
)
from lineshaft.infrastructure.files import make_dir, write_durably
from lineshaft.infrastructure.settings import Settings

HUB_USER = "hub"
_HOST = "127.0.0.1"
_PRIVATE = 0o600
_EVERYTHING = (">",)
"""The hub answers requests, whose reply subjects begin with the inbox of whoever asks."""


class _State(msgspec.Struct, frozen=True):
    """What is kept between starts."""

    port: int
    users: dict[str, str]


class UnknownBusUser(NotFound):
    """A source that was never invited to this bus."""


class LocalBus(msgspec.Struct, frozen=True):
    """Where the bus of this installation listens, and the passwords of its users."""

    host: str
    port: int
    passwords: dict[str, str]

    def url(self, user: str) -> str:
        """Return the address with a user's credentials.

        Raises:
            UnknownBusUser: when there is no such user.
        """
        password = self.passwords.get(user)
        if password is None:
            msg = f"the bus has no user {user!r}: invite it with 'lineshaft source invite {user}'"
            raise UnknownBusUser(msg)
        return f"nats://{quote(user)}:{quote(password)}@{self.host}:{self.port}"


def prepare_bus(settings: Settings, local_source: SourceId) -> LocalBus:
    """Return the bus of this installation; makes port, passwords and configuration at first.

    The port stays the same from then on, so that clients find a restarted server again.
    """
    path = _state_path(settings)
    state = _read(path) if path.exists() else _State(free_port(), {})
    users = {user: new_password() for user in (HUB_USER, local_source)} | state.users
    return _write(settings, _State(settings.bus_port or state.port, users))


def open_bus(settings: Settings) -> LocalBus:
    """Return the bus of this installation as it was prepared.

    Raises:
        PreconditionFailed: when `up` has never run here.
    """
    path = _state_path(settings)
    if not path.exists():
        msg = f"no bus was ever started in {settings.data_dir}: run 'lineshaft up' first"
        raise PreconditionFailed(msg)
    state = _read(path)
    return LocalBus(_HOST, state.port, state.users)


def invite(settings: Settings, source: str) -> str:
    """Let another edge node connect, and return the address with its credentials.

    It may use its own subjects only, and its readings are refused until its key is accepted.

    Raises:
        MalformedSegment: when that is no source id.
        PreconditionFailed: when `up` has never run here, or the bus is not ours.
    """
    if settings.bus:
        msg = f"cannot invite {source}: the setting bus names an external bus, so make the user "
        msg += "there (docs/operations.md says which subjects it needs)"
        raise PreconditionFailed(msg)
    known = open_bus(settings)
    name = check_source_id(source)
    users = {name: new_password()} | known.passwords
    bus = _write(settings, _State(known.port, users))
    pid_file = settings.data_dir / "run" / "bus.pid"
    if pid_file.exists():
        # Where none runs, the next one reads the file anyway.
        with contextlib.suppress(BusServerUnsuitable):
            reload_server(pid_file)
    return bus.url(name)


def hub_url(settings: Settings) -> str:
    """Return the address of the bus for the hub's processes."""
    return settings.bus or open_bus(settings).url(HUB_USER)


def source_url(settings: Settings, source: SourceId) -> str:
    """Return the address of the bus for an edge node on this machine."""
    return settings.bus or open_bus(settings).url(source)


def config_path(settings: Settings) -> Path:
    """Return the server's configuration file."""
    return settings.data_dir / "run" / "bus.conf"


def _read(path: Path) -> _State:
    return msgspec.json.decode(path.read_bytes(), type=_State)


def _state_path(settings: Settings) -> Path:
    return settings.data_dir / "keys" / "bus.json"


def _write(settings: Settings, state: _State) -> LocalBus:
    path = _state_path(settings)
    make_dir(path.parent)
    make_dir(config_path(settings).parent)
    write_durably(path, msgspec.json.encode(state), mode=_PRIVATE)
    write_server_config(
        config_path(settings),
        ServerConfig(
            port=state.port,
            store_dir=settings.data_dir / "bus",
            pid_file=settings.data_dir / "run" / "bus.pid",
            users=tuple(_user(name, password) for name, password in state.users.items()),
            store_mb_max=settings.bus_store_max_mb,
        ),
    )
    return LocalBus(_HOST, state.port, state.users)


def _user(name: str, password: str) -> BusUser:
    if name == HUB_USER:
        return BusUser(name, password, publish=_EVERYTHING, subscribe=_EVERYTHING)
    source = SourceId(name)
    own = (
        messages.segment_subject(source),
        messages.beat_subject(source),
        messages.live_subject(source),
        messages.ENROL_SUBJECT,
    )
    return BusUser(name, password, publish=own, subscribe=(messages.notice_subject(source),))
