"""One query engine for all historians of a test process, as in a process of the product."""

from collections.abc import Iterator

import pytest

from lineshaft.platform.historian.queries import scan


@pytest.fixture(scope="session", autouse=True)
def query_engine() -> Iterator[None]:
    """Keep the engine from one test to the next: to start it takes longer than most questions."""
    engine = scan.engine()
    yield
    engine.close()
