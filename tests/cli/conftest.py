"""An installation with a machine's day in it, and a command line to type at."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lineshaft.bootstrap.application import build
from lineshaft.cli import terminal
from lineshaft.cli.main import app
from lineshaft.core.messages import EnrolRequest, enrol_proof
from lineshaft.core.period import US_PER_S, parse_instant
from lineshaft.core.reading import SignalId
from lineshaft.infrastructure.settings import load_settings
from lineshaft.plant.service import write_starter
from lineshaft.platform.historian.intake.commit import Committer
from lineshaft.security.authorisation.model import LOCAL_OPERATOR
from tests.cli.loaded import loaded
from tests.installation import empty_installation
from tests.platform.historian.house import Source, opened

__all__ = ["empty_installation"]

DAY = parse_instant("2026-01-05T00:00:00Z")
HOUR = 3_600 * US_PER_S


@dataclass(frozen=True)
class Outcome:
    """What a command did."""

    exit_code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def lineshaft(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Run the command line; nothing of this machine's own settings reaches it."""
    for name in list(os.environ):
        if name.startswith("LINESHAFT_"):
            monkeypatch.delenv(name)

    def run(*arguments: object, environment: dict[str, str] | None = None) -> Outcome:
        result = CliRunner().invoke(app, list(map(str, arguments)), env=environment)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.stdout, result.stderr)

    # The consoles find their streams when they write, so the runner's are found.
    assert terminal.OUT.file is not None
    return run


@pytest.fixture(scope="session")
def commands() -> Iterator[Path]:
    """A directory for the front of PATH with a `lineshaft` that answers at once."""
    with loaded() as directory:
        yield directory


@pytest.fixture(scope="session")
def billed_installation(empty_installation: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the starter's plant and one day of its machine, 10 hours of cutting."""
    root = tmp_path_factory.mktemp("billed")
    data = shutil.copytree(empty_installation, root / "data")
    write_starter(root / "plant")
    plant = root / "plant" / "plant.toml"
    text = plant.read_text(encoding="utf-8").replace("live = true ", "live = false ")
    text = text.replace('start = "2027-01-01', 'start = "2026-01-01').replace('"month" ', '"day" ')
    plant.write_text(text, encoding="utf-8")
    application = build(load_settings({}, data_dir=data))
    application.plant.apply(LOCAL_OPERATOR, root / "plant")
    source = Source()
    application.identity.enrol_local(LOCAL_OPERATOR, request_of(source))
    for hour in range(-2, 27):
        source.add("mill/cut_time", DAY + hour * HOUR, min(max(hour, 0), 10) * 3_600, 0)
    source.add("mill/execution", DAY - 2 * HOUR, text="ACTIVE")
    source.add("mill/execution", DAY + 26 * HOUR, text="READY")
    committer = Committer(
        application.database,
        application.manifest,
        application.files,
        application.clock,
        floor_mb=0,
    )
    committer.commit(opened([source.seal()], source))
    application.database.close()
    return root


def request_of(source: Source) -> EnrolRequest:
    proof = source.key.sign(enrol_proof(source.name, source.salt))
    public_key = source.key.public_key().public_bytes_raw()
    return EnrolRequest(source.name, public_key.hex(), source.salt.hex(), proof.hex())


@pytest.fixture
def data(billed_installation: Path, tmp_path: Path) -> Path:
    """A copy of that installation for one test."""
    return shutil.copytree(billed_installation / "data", tmp_path / "data")


@pytest.fixture
def plant(billed_installation: Path, tmp_path: Path) -> Path:
    """A copy of its plant."""
    return shutil.copytree(billed_installation / "plant", tmp_path / "plant")


SIGNAL = SignalId("mill/cut_time")
