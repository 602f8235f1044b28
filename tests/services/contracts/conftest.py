"""A hub over each engine."""

from pathlib import Path

import pytest

from lineshaft.infrastructure.database import Database
from tests.services.hub import Hub, build_hub


@pytest.fixture
def hub(database: Database, tmp_path: Path) -> Hub:
    """The test runs once on each engine."""
    return build_hub(database, tmp_path / "keys")
