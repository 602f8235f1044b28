"""The whole plant as processes: it starts once, ends with its supervisor, and stops in time."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lineshaft.network.connectors.service import sample_day
from tests.long_runs._plant import SUPERVISOR, Plant, machine_command, wait_for

pytestmark = [pytest.mark.crash, pytest.mark.timeout(120)]

SPEED, HOLD_LINES = 100, 1_000


def test_it_starts_once_ends_with_its_supervisor_and_stops_beside_a_frozen_bus(
    tmp_path: Path,
) -> None:
    with Plant(tmp_path, machine_command(sample_day()[0], SPEED, HOLD_LINES)) as plant:
        wait_for(plant.is_ready, "all programs", plant)
        assert set(plant.programs()) == {"bus", "intake", "edge", "api"}
        port = (plant.settings.run_dir / "api.port").read_text().strip()
        said = re.compile(rf"the pages are open .*http://127\.0\.0\.1:{port}\b")
        wait_for(lambda: said.search(plant.log.read_text()), "the address of the pages", plant)
        refused_a_second_time(plant)
        assert plant.is_ready()
        plant.kill(SUPERVISOR)  # looks after the children, and starts anew
        stored = plant.stored()
        wait_for(lambda: plant.stored() > stored, "the historian to go on", plant)
        plant.program("bus").suspend()
        plant.stop(signal.SIGINT)


def refused_a_second_time(plant: Plant) -> None:
    """A data directory is taken once."""
    command = [sys.executable, "-m", "lineshaft.cli", "up", "--data"]
    second = subprocess.run(
        [*command, plant.settings.data_dir], capture_output=True, text=True, timeout=30
    )
    assert second.returncode == 5
    assert f"Lineshaft runs there already (process {plant.up.pid})" in second.stderr
    assert "Traceback" not in second.stderr
