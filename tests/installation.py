"""An installation on a disk: made once for all tests of a run, copied for each."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineshaft.bootstrap.application import Application, build
from lineshaft.core.clock import ManualClock
from lineshaft.core.period import parse_instant
from lineshaft.infrastructure.settings import load_settings

NOW = parse_instant("2027-03-01T08:00:00Z")


@pytest.fixture(scope="session")
def empty_installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with schema and document key, and nothing else."""
    directory = tmp_path_factory.mktemp("installation") / "data"
    build(load_settings({}, data_dir=directory)).database.close()
    return directory


@pytest.fixture
def data_dir(empty_installation: Path, tmp_path: Path) -> Path:
    """A copy of the empty installation for one test."""
    return shutil.copytree(empty_installation, tmp_path / "data")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def application(data_dir: Path, clock: ManualClock) -> Iterator[Application]:
    """The use cases over an empty installation, at `NOW`."""
    made = build(load_settings({}, data_dir=data_dir), clock=clock)
    yield made
    made.database.close()
