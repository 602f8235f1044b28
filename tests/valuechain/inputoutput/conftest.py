"""One inverse of WIOD serves all tests of a session."""

from pathlib import Path

import pytest

from lineshaft.valuechain.inputoutput.kernel import Kernel
from tests.valuechain.inputoutput.tables import iciotest, wiod


@pytest.fixture(scope="session")
def wiod_2011(shared_data: Path) -> Kernel:
    return Kernel.of(wiod(shared_data, 2011))


@pytest.fixture(scope="session")
def extended(shared_data: Path) -> Kernel:
    return Kernel.of(iciotest(shared_data))
