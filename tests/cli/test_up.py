"""`up`: what it passes on of its programs, and that an installation runs once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lineshaft.cli import up
from lineshaft.infrastructure.processes import lock_data_dir
from tests.cli.conftest import Outcome


def test_the_bus_does_not_talk_about_itself(capfd: pytest.CaptureFixture[str]) -> None:
    up._pass_on("bus", "[7] 2027/01/01 [INF] Starting nats-server")
    up._pass_on("bus", "[7] 2027/01/01 [WRN] Plaintext passwords detected, use nkeys or bcrypt")
    up._pass_on("bus", "[7] 2027/01/01 [ERR] no space left on device")
    up._pass_on("edge", "an [INF] of its own")
    shown = "bus | [7] 2027/01/01 [ERR] no space left on device\nedge | an [INF] of its own\n"
    assert capfd.readouterr().err == shown


def test_an_installation_runs_once(lineshaft: Callable[..., Outcome], tmp_path: Path) -> None:
    with lock_data_dir(tmp_path / "data"):
        refused = lineshaft("up", "--data", tmp_path / "data")
    assert refused.exit_code == 5
    assert "Lineshaft runs there already" in refused.err
