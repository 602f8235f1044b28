"""A hub with a design desk; the tests that write run once on each engine."""

from pathlib import Path

import pytest

from lineshaft.infrastructure.database import Database
from tests.services.desk.desks import DeskHub, build_desk_hub


@pytest.fixture
def desk_hub(database: Database, tmp_path: Path) -> DeskHub:
    return build_desk_hub(database, tmp_path / "keys")
