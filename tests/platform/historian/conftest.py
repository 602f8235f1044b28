"""A historian on a real database, and sources that sign real segments."""

from pathlib import Path

import pytest

from tests.platform.historian.house import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)
