"""The registry of connectors: one table, one line per protocol."""

import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from lineshaft.core.clock import Clock
from lineshaft.core.errors import NotFound
from lineshaft.core.period import Instant
from lineshaft.network.connectors.model import (
    Connector,
    ConnectorConfig,
    ConnectorConfigInvalid,
    Observation,
    OptionDescription,
    SignalDescription,
    describe_options,
    parse_options,
)
from lineshaft.network.connectors.mtconnect.codec import decode_line
from lineshaft.network.connectors.mtconnect.config import MtconnectConfig
from lineshaft.network.connectors.mtconnect.connector import MtconnectConnector
from lineshaft.network.connectors.mtconnect.devices import (
    DEVICES_BYTES_MAX,
    Device,
    parse_devices,
)
from lineshaft.network.connectors.mtconnect.replay import read_lines


class UnknownConnector(NotFound):
    """A kind of connector that does not exist."""


class ConnectorKind(msgspec.Struct, frozen=True):
    """What the registry knows of a protocol."""

    name: str
    spec: type[Any]
    create: Callable[[ConnectorConfig, Clock], Connector]
    describe: Callable[[ConnectorConfig], list[SignalDescription]]


class Manifest(msgspec.Struct, frozen=True):
    """`manifest.toml` of a connector."""

    name: str
    title: str
    extra: str
    direction: str
    maturity: str
    owner: str


def _mtconnect_options(config: ConnectorConfig) -> MtconnectConfig:
    return parse_options(MtconnectConfig, config.options, config.id)


def _mtconnect_device(config: ConnectorConfig) -> Device:
    options = _mtconnect_options(config)
    path = Path(options.devices)
    try:
        with path.open("rb") as file:
            data = file.read(DEVICES_BYTES_MAX + 1)
    except OSError as error:
        msg = f"connector {config.id}: cannot read devices = {path}: {error.strerror}"
        raise ConnectorConfigInvalid(msg) from error
    return parse_devices(data, options.device, config.machine)


def _create_mtconnect(config: ConnectorConfig, clock: Clock) -> Connector:
    return MtconnectConnector(_mtconnect_options(config), _mtconnect_device(config), clock)


def _describe_mtconnect(config: ConnectorConfig) -> list[SignalDescription]:
    return [
        SignalDescription(
            signal=item.signal,
            type=f"{item.type}/{item.subtype}" if item.subtype else item.type,
            unit=item.unit.code,
            unit_name=item.unit.name,
            is_numeric=item.is_numeric,
        )
        for item in _mtconnect_device(config).items
    ]


KINDS: dict[str, ConnectorKind] = {
    "mtconnect": ConnectorKind(
        "mtconnect", MtconnectConfig, _create_mtconnect, _describe_mtconnect
    ),
}


def kind_named(name: str) -> ConnectorKind:
    """Return a kind of connector.

    Raises:
        UnknownConnector: when there is none of that name.
    """
    kind = KINDS.get(name)
    if kind is None:
        msg = f"there is no connector {name!r}: expected {', '.join(sorted(KINDS))}"
        raise UnknownConnector(msg)
    return kind


def create_connector(config: ConnectorConfig, clock: Clock) -> Connector:
    """Build a configured connector.

    Raises:
        UnknownConnector, ConnectorConfigInvalid: when the configuration cannot be used.
    """
    return kind_named(config.kind).create(config, clock)


def describe_signals(config: ConnectorConfig) -> list[SignalDescription]:
    """Return the signals of a configured connector, before it is connected.

    Raises:
        UnknownConnector, ConnectorConfigInvalid: when the configuration cannot be used.
    """
    return kind_named(config.kind).describe(config)


def describe_kind(name: str) -> tuple[OptionDescription, ...]:
    """Return the options of a kind of connector, for the reference page.

    Raises:
        UnknownConnector: when there is none of that name.
    """
    return describe_options(kind_named(name).spec)


@cache
def manifest_of(name: str) -> Manifest:
    """Return the manifest of a kind of connector."""
    folder = files("lineshaft.network.connectors").joinpath(name)
    content = tomllib.loads(folder.joinpath("manifest.toml").read_text(encoding="utf-8"))
    return Manifest(**content)


def decode_recording(config: ConnectorConfig, recording: Path) -> Iterator[Observation]:
    """Yield what a connector makes of each line of a recorded SHDR file, without an edge.

    Raises:
        ConnectorConfigInvalid, RecordingInvalid: when the device or the recording cannot be read.
    """
    device = _mtconnect_device(config)
    for line in read_lines(recording):
        yield from decode_line(line, device, Instant(0))


def sample_day() -> tuple[Path, Path]:
    """Return the shipped recording of one real day, and the Devices.xml beside it."""
    folder = Path(str(files("lineshaft.network.connectors.mtconnect").joinpath("sample")))
    return folder / "Mazak01-20170622-20170623.txt.gz", folder / "Devices.xml"


def sample_day_lines() -> int:
    """Return how many lines the shipped recording has: each is one observation."""
    return sum(1 for _ in read_lines(sample_day()[0]))
