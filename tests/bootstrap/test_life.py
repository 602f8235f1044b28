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
        spooled = plant.spooled()
        assert 0 < plant.stored() <= spooled


def test_all_children_end_with_a_killed_supervisor_and_sigint_stops_all(tmp_path: Path) -> None:
    with started(tmp_path) as plant:
        wait_for(plant.is_ready, "all programs", plant)
        before = plant.programs()
        assert set(before) == {"bus", "intake", "edge", "api"}
        plant.kill(SUPERVISOR)  # looks after the children, and starts anew
        wait_for(plant.is_ready, "all programs again", plant)
        stored = plant.stored()
        wait_for(lambda: plant.stored() > stored, "the historian to go on", plant)
        plant.stop(signal.SIGINT)


def test_a_clean_stop_is_in_time_with_a_frozen_bus(tmp_path: Path) -> None:
    with started(tmp_path) as plant:
        wait_for(lambda: plant.stored() > 0, "the first records", plant)
        wait_for(plant.is_ready, "all programs", plant)
        plant.program("bus").suspend()
        plant.stop(signal.SIGTERM)
        assert "not stopped cleanly" not in plant.log.read_text()
        left = plant.spooled()
        plant.start()
        wait_for(lambda: plant.stored() >= left, "what was left in the spool", plant)
        assert "not stopped cleanly" not in plant.log.read_text()
