"""What the services ask is answered by one query engine, as in a process of the product."""

import pytest

from lineshaft.infrastructure.database import Database
from tests.platform.conftest import query_engine
from tests.services.records import Records, build_records

__all__ = ["query_engine"]


@pytest.fixture
def records(database: Database) -> Records:
    """What is recorded beside readings; the test runs once on each engine."""
    return build_records(database)
