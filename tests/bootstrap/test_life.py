"""The whole plant as processes: it starts once, ends with its supervisor, and stops in time."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lineshaft.network.connectors.service import sample_day
from tests.long_runs._plant import SUPERVISOR, Plant, machine_command, wait_for

pytestmark = [pytest.mark.crash, pytest.mark.timeout(120)]

HOLD_LINES = 1_000


def started(directory: Path) -> Plant:
    return Plant(directory, machine_command(sample_day()[0], 600, HOLD_LINES))


def test_a_data_directory_is_taken_once_and_let_go_on_sigterm(tmp_path: Path) -> None:
    with started(tmp_path) as plant:
        wait_for(plant.is_ready, "all programs", plant)
        command = [sys.executable, "-m", "lineshaft.cli", "up", "--data"]
        second = subprocess.run(
            [*command, plant.settings.data_dir], capture_output=True, text=True, timeout=30
        )
        assert second.returncode == 5
        message = f"Lineshaft runs there already (process {plant.up.pid})"
        assert message in second.stderr
        assert "Traceback" not in second.stderr
        assert plant.is_ready()
        plant.stop(signal.SIGTERM)
        assert not plant.is_spool_open()


def test_children_end_with_their_supervisor_and_sigint_stops_beside_a_frozen_bus(
    tmp_path: Path,
) -> None:
    with started(tmp_path) as plant:
        wait_for(plant.is_ready, "all programs", plant)
        assert set(plant.programs()) == {"bus", "intake", "edge", "api"}
        plant.kill(SUPERVISOR)  # looks after the children, and starts anew
        stored = plant.stored()
        wait_for(lambda: plant.stored() > stored, "the historian to go on", plant)
        plant.program("bus").suspend()
        plant.stop(signal.SIGINT)
        assert not plant.is_spool_open()
