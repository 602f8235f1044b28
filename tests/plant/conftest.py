"""A plant directory to change, and an installation to apply it to."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lineshaft.bootstrap.application import Application, build
from lineshaft.infrastructure.settings import load_settings
from lineshaft.plant.service import write_starter
from tests.installation import application, clock, data_dir, empty_installation

__all__ = ["application", "clock", "data_dir", "empty_installation"]


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    """The starter, as `init` writes it."""
    write_starter(tmp_path / "plant")
    return tmp_path / "plant"


@pytest.fixture
def replace(starter: Path) -> Callable[..., Path]:
    """Change a text of the starter, which must be there."""

    def change(before: str, after: str, name: str = "plant.toml") -> Path:
        file = starter / name
        text = file.read_text(encoding="utf-8")
        assert before in text
        file.write_text(text.replace(before, after, 1), encoding="utf-8")
        return starter

    return change


@pytest.fixture(scope="module")
def untouched(
    empty_installation: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Application]:
    """One empty installation for many tests, each of which shows that it is still empty."""
    directory = shutil.copytree(empty_installation, tmp_path_factory.mktemp("untouched") / "data")
    made = build(load_settings({}, data_dir=directory))
    yield made
    made.database.close()
