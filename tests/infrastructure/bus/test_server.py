"""Which server is run, and what it is told."""

import json
import shutil
import stat
from pathlib import Path

import pytest

from lineshaft.core.errors import Invalid
from lineshaft.infrastructure.bus import (
    BusServerUnsuitable,
    BusUser,
    ServerConfig,
    find_server,
    reload_server,
    server,
    server_command,
    write_server_config,
)

EDGE = BusUser("press-1", "secret", ("segment.press-1",), ("notice.press-1",))


def fake_server(folder: Path, version: str) -> Path:
    binary = folder / "nats-server"
    binary.write_text(f"#!/bin/sh\necho 'nats-server: v{version}'\n")
    binary.chmod(0o755)
    return binary


def config(folder: Path, *users: BusUser) -> ServerConfig:
    return ServerConfig(
        port=4_222, store_dir=folder / "bus", pid_file=folder / "bus.pid", users=users
    )


def test_a_new_server_on_the_path_is_preferred(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binary = fake_server(tmp_path, "3.0.1")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_server() == binary
    assert server_command(Path("bus.conf")) == (str(binary), "--config", "bus.conf")


def test_an_old_server_on_the_path_gives_way_to_the_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_server(tmp_path, "2.9.10")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    found = find_server()
    assert found.parent != tmp_path
    assert server.server_version(found) >= (2, 15)


@pytest.mark.parametrize("version", ["2.14.9", "none"])
def test_without_a_suitable_server_it_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    fake_server(tmp_path, version)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(server, "_WHEEL", "a-wheel-that-is-not-installed")
    with pytest.raises(BusServerUnsuitable, match=r"expected nats-server 2.15 or newer"):
        find_server()


def test_without_any_server_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setattr(server, "_WHEEL", "a-wheel-that-is-not-installed")
    with pytest.raises(BusServerUnsuitable, match="none"):
        find_server()


def test_the_configuration_is_private_and_complete(tmp_path: Path) -> None:
    path = tmp_path / "bus.conf"
    write_server_config(path, config(tmp_path, EDGE))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = json.loads(path.read_text())
    assert content["listen"] == "127.0.0.1:4222"
    assert content["max_payload"] == server.PAYLOAD_BYTES_MAX
    assert content["jetstream"]["max_file_store"] == 2_048_000_000
    assert content["accounts"]["LINESHAFT"]["users"] == [
        {
            "user": "press-1",
            "password": "secret",
            "permissions": {
                "publish": {"allow": ["segment.press-1", "_INBOX_press-1.>"]},
                "subscribe": {"allow": ["notice.press-1", "_INBOX_press-1.>"]},
            },
        }
    ]


@pytest.mark.parametrize("name", ["", "a.b", "a*", ">", "a b", "a\n"])
def test_a_user_name_that_is_no_subject_token_is_refused(tmp_path: Path, name: str) -> None:
    user = BusUser(name, "secret", (), ())
    with pytest.raises(Invalid, match="expected letters"):
        write_server_config(tmp_path / "bus.conf", config(tmp_path, user))


def test_a_bus_without_users_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="anyone could connect"):
        write_server_config(tmp_path / "bus.conf", config(tmp_path))


def test_reloading_what_does_not_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BusServerUnsuitable, match="no server runs"):
        reload_server(tmp_path / "bus.pid")
