"""The settings of an installation: declared once, read from four sources, all or nothing.

Later sources win: defaults, `lineshaft.toml` in the data directory, environment variables
`LINESHAFT_<NAME>`, explicit keywords (the options of the command line). The reference page is
generated from the declaration through `describe_settings`.
"""

import dataclasses
import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid

ENVIRONMENT_PREFIX = "LINESHAFT_"
SETTINGS_FILE = "lineshaft.toml"
_PORT_MAX = 65_535
_DATA_DIR = Path("~/.local/share/lineshaft")


class SettingInvalid(Invalid):
    """A setting is unknown or has a value that it cannot have; nothing was changed."""


class SettingDescription(msgspec.Struct, frozen=True):
    """What the reference page says of one setting."""

    name: str
    kind: str
    default: str
    unit: str
    help: str
    environment: str
    is_secret: bool


class _Bounds(msgspec.Struct, frozen=True):
    """What a value may be: a range for a number, a list for a word."""

    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] = ()
    is_secret: bool = False


_ANY = _Bounds()
_SECRET = _Bounds(is_secret=True)
_PORT = _Bounds(minimum=0, maximum=_PORT_MAX)


def _setting(default: Any, text: str, unit: str = "", bounds: _Bounds = _ANY) -> Any:
    # A secret (a URL may hold a password) never shows in repr(), and so in no log and no trace.
    metadata = {"help": text, "unit": unit, "bounds": bounds}
    return dataclasses.field(default=default, metadata=metadata, repr=not bounds.is_secret)


def _from_to(minimum: int, maximum: int) -> _Bounds:
    return _Bounds(minimum=minimum, maximum=maximum)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of one installation; see `describe_settings` for the reference."""

    data_dir: Path = _setting(  # noqa: RUF009 - it makes a dataclasses.field
        _DATA_DIR,
        "Directory with all state of this installation; it is made when it does not exist.",
    )
    database: str = _setting(
        "",
        "URL of the hub's database, sqlite:///PATH or postgresql://USER@HOST/NAME; empty: "
        "hub.sqlite in the data directory.",
        bounds=_SECRET,
    )
    bus: str = _setting(
        "",
        "URL of an external NATS cluster, nats://USER:PASSWORD@HOST:PORT; empty: a bus of our own, "
        "started as a child process.",
        bounds=_SECRET,
    )
    files: str = _setting(
        "",
        "Directory of the historian's store files; a relative one is in the data directory; "
        "empty: store.",
    )
    listen_host: str = _setting(
        "127.0.0.1",
        "Address on which pages and API listen; anything but loopback opens them to the network.",
    )
    http_port: int = _setting(0, "TCP port of pages and API; 0: any free port.", "port", _PORT)
    bus_port: int = _setting(0, "TCP port of our own bus; 0: any free port.", "port", _PORT)
    bus_timeout_ms: int = _setting(
        2_000,
        "How long a request to the bus may take, and how long a silent connection is trusted.",
        "ms",
        _from_to(50, 60_000),
    )
    bus_store_max_mb: int = _setting(
        2_048, "Most disk that our own bus takes for its streams.", "MB", _from_to(64, 1_048_576)
    )
    database_busy_ms: int = _setting(
        5_000, "How long a writer waits for another one.", "ms", _from_to(50, 60_000)
    )
    seal_s: int = _setting(
        10,
        "Longest time that an edge collects records before it seals and sends them.",
        "s",
        _from_to(1, 3_600),
    )
    spool_max_mb: int = _setting(
        1_024,
        "Most disk for the spool of an edge; when it is full, the machine's socket is not read.",
        "MB",
        _from_to(1, 1_048_576),
    )
    beat_s: int = _setting(
        10, "Time between two signs of life of an edge.", "s", _from_to(1, 3_600)
    )
    commit_ms: int = _setting(
        50,
        "Longest time that intake collects segments for one commit.",
        "ms",
        _from_to(1, 10_000),
    )
    commit_readings_max: int = _setting(
        100_000, "Most readings in one commit of intake.", "readings", _from_to(1, 1_000_000)
    )
    free_space_floor_mb: int = _setting(
        512,
        "With less free disk than this, intake stops acknowledging until there is room again.",
        "MB",
        _from_to(0, 1_048_576),
    )
    billing_hold_years: int = _setting(
        10,
        "How long what a contract meters is held after the contract's end, and what a document "
        "rests on after the end of its period; nobody can delete it before.",
        "years",
        _from_to(0, 100),
    )
    webhook_addresses: str = _setting(
        "public",
        "Where webhooks may lead: to hosts of the internet over HTTPS, or anywhere, also into this "
        "network and without encryption; whoever may make a webhook can then probe this network.",
        bounds=_Bounds(choices=("public", "any")),
    )
    stop_timeout_ms: int = _setting(
        4_000,
        "How long all programs together may take to stop before they are killed.",
        "ms",
        _from_to(100, 60_000),
    )
    log_level: str = _setting(
        "info",
        "Least severe log line that is written.",
        bounds=_Bounds(choices=("debug", "info", "warning", "error")),
    )
    log_format: str = _setting(
        "console",
        "How log lines are written: for people or one JSON object per line.",
        bounds=_Bounds(choices=("console", "json")),
    )

    @property
    def database_url(self) -> str:
        """URL of the hub's database, with the default filled in."""
        return self.database or f"sqlite:///{self.data_dir / 'hub.sqlite'}"

    @property
    def files_dir(self) -> Path:
        """Directory of the store files, with the default filled in."""
        return self.data_dir / (self.files or "store")

    @property
    def bus_dir(self) -> Path:
        """Directory of our own bus."""
        return self.data_dir / "bus"

    @property
    def edge_dir(self) -> Path:
        """Directory of the spools of the edge nodes on this machine."""
        return self.data_dir / "edge"

    @property
    def backfill_dir(self) -> Path:
        """Directory of the keys and memories of imports on this machine."""
        return self.data_dir / "backfill"

    @property
    def keys_dir(self) -> Path:
        """Directory of the private keys."""
        return self.data_dir / "keys"

    @property
    def run_dir(self) -> Path:
        """Directory of pid, port and secret files of the present run."""
        return self.data_dir / "run"

    def to_environment(self) -> dict[str, str]:
        """Return the environment variables that give a child process these same settings."""
        return {
            ENVIRONMENT_PREFIX + field.name.upper(): str(getattr(self, field.name))
            for field in dataclasses.fields(self)
        }


_FIELDS = {field.name: field for field in dataclasses.fields(Settings)}


def describe_settings() -> tuple[SettingDescription, ...]:
    """Return the description of every setting in the order of declaration."""
    return tuple(
        SettingDescription(
            name=name,
            kind=_kind(field),
            default=str(field.default),
            unit=field.metadata["unit"],
            help=field.metadata["help"],
            environment=ENVIRONMENT_PREFIX + name.upper(),
            is_secret=field.metadata["bounds"].is_secret,
        )
        for name, field in _FIELDS.items()
    )


def load_settings(environment: Mapping[str, str], /, **explicit: object) -> Settings:
    """Read the settings from all sources; an explicit None counts as not given.

    Args:
        environment: the process's environment variables.
        explicit: settings by name that win over every other source.

    Raises:
        SettingInvalid: for an unknown name or a wrong value; the message names the source.
    """
    keywords = {
        name: _checked(name, value, f"the option {name}")
        for name, value in explicit.items()
        if value is not None
    }
    variables = {
        name.removeprefix(ENVIRONMENT_PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(ENVIRONMENT_PREFIX)
    }
    from_environment = {
        name: _checked(name, value, f"the environment variable {ENVIRONMENT_PREFIX}{name.upper()}")
        for name, value in variables.items()
    }
    nearer = from_environment | keywords
    data_dir = Path(nearer.get("data_dir", Settings.data_dir)).expanduser().absolute()
    merged = _from_file(data_dir / SETTINGS_FILE) | nearer | {"data_dir": data_dir}
    return Settings(**merged)


def _from_file(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"cannot read the settings file {path}: {error}"
        raise SettingInvalid(msg) from error
    if "data_dir" in content:
        msg = f"cannot use data_dir from {path}: this file is found through the data directory"
        raise SettingInvalid(msg)
    return {name: _checked(name, value, f"the file {path}") for name, value in content.items()}


def _checked(name: str, value: object, source: str) -> Any:
    field = _FIELDS.get(name)
    if field is None:
        near = difflib.get_close_matches(name, _FIELDS, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        msg = f"cannot use the setting {name} from {source}: there is no such setting{hint}"
        raise SettingInvalid(msg)
    parsed = _parsed(field, value)
    if parsed is None:
        bounds: _Bounds = field.metadata["bounds"]
        shown = "" if bounds.is_secret else f" = {value!r}"
        msg = f"cannot use the setting {name}{shown} from {source}: expected {_kind(field)}"
        raise SettingInvalid(msg)
    return parsed


def _parsed(field: "dataclasses.Field[Any]", value: object) -> Any:
    """Return the value in the setting's type, or None when it cannot be read as one."""
    if field.type is int:
        return _parsed_number(value, field.metadata["bounds"])
    if field.type is Path:
        return Path(value) if isinstance(value, str | Path) and str(value) else None
    if not isinstance(value, str):
        return None
    choices = field.metadata["bounds"].choices
    return value if not choices or value in choices else None


def _parsed_number(value: object, bounds: _Bounds) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    low, high = bounds.minimum, bounds.maximum
    is_inside = (low is None or low <= value) and (high is None or value <= high)
    return value if is_inside else None


def _kind(field: "dataclasses.Field[Any]") -> str:
    bounds: _Bounds = field.metadata["bounds"]
    if field.type is int:
        return f"a whole number from {bounds.minimum} to {bounds.maximum}"
    if field.type is Path:
        return "a path"
    return " or ".join(bounds.choices) if bounds.choices else "a text"
