"""The bus of an installation: its port and passwords stay, each source may use its own subjects."""

import asyncio
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lineshaft.bootstrap.local_bus import (
    UnknownBusUser,
    config_path,
    hub_url,
    invite,
    open_bus,
    prepare_bus,
    source_url,
)
from lineshaft.bootstrap.supervision import supervised
from lineshaft.core.errors import Invalid, PreconditionFailed
from lineshaft.core.reading import SourceId
from lineshaft.infrastructure.bus import Bus, server_command
from lineshaft.infrastructure.processes import port_answers
from lineshaft.infrastructure.settings import Settings, load_settings

LOCAL = SourceId("edge-1")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({}, data_dir=tmp_path / "data")


def test_port_and_passwords_stay(settings: Settings) -> None:
    with pytest.raises(PreconditionFailed, match="run 'lineshaft up' first"):
        open_bus(settings)
    first = prepare_bus(settings, LOCAL)
    assert prepare_bus(settings, LOCAL) == first == open_bus(settings)
    assert set(first.passwords) == {"hub", "edge-1"}
    assert hub_url(settings) == first.url("hub") != source_url(settings, LOCAL)


def test_a_configured_port_wins(settings: Settings, tmp_path: Path) -> None:
    free = prepare_bus(settings, LOCAL).port
    fixed = load_settings({}, data_dir=tmp_path / "data", bus_port=free - 1)
    assert prepare_bus(fixed, LOCAL).port == free - 1


def test_secrets_are_for_their_owner_alone(settings: Settings) -> None:
    prepare_bus(settings, LOCAL)
    for path in (settings.keys_dir / "bus.json", config_path(settings)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_another_source_is_invited_once(settings: Settings) -> None:
    with pytest.raises(PreconditionFailed):
        invite(settings, "edge-2")
    prepare_bus(settings, LOCAL)
    with pytest.raises(UnknownBusUser, match="source invite edge-2"):
        source_url(settings, SourceId("edge-2"))
    address = invite(settings, "edge-2")
    assert invite(settings, "edge-2") == address == source_url(settings, SourceId("edge-2"))
    assert set(prepare_bus(settings, LOCAL).passwords) == {"hub", "edge-1", "edge-2"}


@pytest.mark.parametrize("name", ["", "Edge 2", "edge>", "edge.2", "*", "x" * 64])
def test_what_is_no_name_of_a_source_is_not_invited(settings: Settings, name: str) -> None:
    before = prepare_bus(settings, LOCAL)
    with pytest.raises(Invalid):
        invite(settings, name)
    assert open_bus(settings) == before


def test_users_of_an_external_bus_are_made_there(tmp_path: Path) -> None:
    settings = load_settings({}, data_dir=tmp_path, bus="nats://hub:x@bus.example:4222")
    with pytest.raises(PreconditionFailed, match="external"):
        invite(settings, "edge-2")
    assert hub_url(settings) == source_url(settings, LOCAL) == settings.bus
    assert [program.name for program in supervised(settings)] == ["intake", "edge", "api"]


@contextmanager
def server(settings: Settings) -> Iterator[None]:
    bus = prepare_bus(settings, LOCAL)
    process = subprocess.Popen(
        server_command(config_path(settings)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        ready, deadline_s = port_answers(bus.host, bus.port), time.monotonic() + 10
        while not ready():
            assert time.monotonic() < deadline_s
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait()


@pytest.mark.engine
@pytest.mark.timeout(30)
async def test_an_invited_source_may_connect_at_once_and_use_its_own_subjects_only(
    settings: Settings,
) -> None:
    with server(settings):
        address = invite(settings, "edge-2")
        got: list[str] = []

        async def note(message: object) -> None:
            got.append(message.subject)

        async with (
            Bus(hub_url(settings), name="hub", timeout_s=2) as hub,
            Bus(address, name="edge 2", timeout_s=2) as edge,
        ):
            await hub.wait_connected(5)
            await edge.wait_connected(5)
            await hub.subscribe("live.>", note)
            await edge.publish("live.edge-1", b"not mine")
            async with asyncio.timeout(10):
                # Published again, as the hub's subscription may come to the server after the first.
                while not got:
                    await edge.publish("live.edge-2", b"mine")
                    await asyncio.sleep(0.02)
        assert set(got) == {"live.edge-2"}
