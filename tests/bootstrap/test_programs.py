"""The programs of an installation as one picture, from their own files and their own `/health`."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lineshaft.bootstrap import programs
from lineshaft.bootstrap.programs import Programs
from lineshaft.bootstrap.supervision import ready_path, supervised
from lineshaft.core.errors import Forbidden
from lineshaft.infrastructure.clock import SystemClock
from lineshaft.infrastructure.database import Database
from lineshaft.infrastructure.settings import Settings, load_settings
from lineshaft.infrastructure.telemetry import Health, TelemetryServer
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, Actor, Role
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.authorisation.store import SqlGrantStore
from lineshaft.web.texts import TEXTS, Language

NAMES = ("bus", "intake", "edge", "api")


class Installation:
    """Programs that say how they are, and the picture that is made of them."""

    def __init__(self, settings: Settings, database: Database, stack: ExitStack) -> None:
        self.settings = settings
        self.health = {name: Health() for name in NAMES}
        self.states = dict.fromkeys(NAMES, "ready")
        self.pid = os.getpid()
        self.programs = Programs(
            settings, Authorizer(database, SqlGrantStore(), SystemClock()), self.health["api"]
        )
        settings.run_dir.mkdir(parents=True)
        for name in ("intake", "edge"):
            server = stack.enter_context(TelemetryServer(self.health[name]))
            ready_path(settings, name).write_text(f"{server.port}\n")

    def write(self) -> None:
        listed = [
            {"name": name, "pid": 1, "state": state, "restarts": 2}
            for name, state in self.states.items()
        ]
        content = json.dumps({"pid": self.pid, "programs": listed})
        (self.settings.run_dir / "supervisor.json").write_text(content)

    def checks(self) -> dict[str, dict[str, str]]:
        self.write()
        return {each.name: each.checks for each in self.programs.reports(LOCAL_OPERATOR)}


@pytest.fixture
def installation(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installation]:
    monkeypatch.setattr(programs, "KEPT_S", 0.0)
    settings = load_settings({}, data_dir=tmp_path / "data")
    with ExitStack() as stack:
        yield Installation(settings, sqlite_database, stack)


def test_all_is_well_when_each_program_says_so(installation: Installation) -> None:
    installation.write()
    reports = installation.programs.reports(LOCAL_OPERATOR)
    assert [(each.name, each.state, each.restarts) for each in reports] == [
        (name, "ready", 2) for name in NAMES
    ]
    assert all(each.is_well for each in reports)
    assert installation.programs.is_well()


def test_a_program_says_why_it_is_not_well(installation: Installation) -> None:
    installation.health["intake"].set("intake", "500 MB free, 1000 MB are the floor")
    installation.health["edge"].set("hub")
    assert installation.checks() == {
        "bus": {},
        "intake": {"intake": "500 MB free, 1000 MB are the floor"},
        "edge": {"hub": ""},
        "api": {},
    }
    assert not installation.programs.is_well()
    installation.health["intake"].set("intake")
    assert installation.programs.is_well()
    installation.health["api"].set("disk", "full")
    assert installation.checks()["api"] == {"disk": "full"}
    assert not installation.programs.is_well()


def test_a_program_that_is_not_ready_is_not_well(installation: Installation) -> None:
    installation.states["edge"] = "waiting"
    installation.write()
    assert not installation.programs.is_well()
    installation.states["edge"] = "ready"
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    ready_path(installation.settings, "edge").write_text(f"{port}\n")
    assert installation.checks()["edge"] == {"health": "no answer within 1 s"}
    ready_path(installation.settings, "edge").write_text("")
    assert installation.checks()["edge"] == {"health": "no answer within 1 s"}


def test_a_supervisor_that_is_gone_says_nothing(installation: Installation) -> None:
    assert installation.programs.reports(LOCAL_OPERATOR) == ()
    installation.pid = 2**22 + 1  # beyond what the kernel gives out
    assert installation.checks() == {}
    assert installation.programs.is_well()


def test_many_who_ask_cost_no_more_than_one(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "KEPT_S", 60.0)
    installation.write()
    assert installation.programs.is_well()
    installation.states["edge"] = "waiting"
    installation.write()
    assert installation.programs.is_well()


def test_customers_see_no_programs(installation: Installation) -> None:
    installation.write()
    customer = Actor("usr_1", Role.CUSTOMER, "riverside", "Carla Weiss")
    with pytest.raises(Forbidden):
        installation.programs.reports(customer)


def test_each_program_and_state_has_a_name(tmp_path: Path) -> None:
    settings = load_settings({}, data_dir=tmp_path)
    for program in supervised(settings):
        for language in Language:
            assert f"program.{program.name}" in TEXTS[language]
