"""The public data beside the repository (`../shared/data`): large, so not part of a clone."""

import os
from pathlib import Path

import pytest

from tests.notices import absent

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return `../shared/data`; without it the test is skipped, or fails if it is required."""
    data = SHARED / "data"
    if not data.is_dir():
        absent(
            "../shared/data is not there",
            "the tests on whole public data sets did not run",
            must_be_there=os.environ.get("REQUIRE_SHARED") == "1",
        )
    return data
