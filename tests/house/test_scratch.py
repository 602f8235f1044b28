"""Tests write in memory only where there is plenty of it."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from tests import scratch


@pytest.mark.parametrize(
    ("left", "available", "has_room"), [(0, 0, True), (-1, 0, False), (0, -1, False)]
)
def test_both_the_folder_and_the_memory_have_room(
    left: int, available: int, has_room: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    least = scratch.FREE_BYTES_MIN
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=least + left))
    memory = SimpleNamespace(available=least + available)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    assert scratch.has_room(tmp_path) is has_room


def test_a_folder_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert not scratch.has_room(tmp_path / "absent")


def test_what_killed_sessions_left_is_removed(tmp_path: Path) -> None:
    dead = psutil.Process().pid
    while psutil.pid_exists(dead):
        dead += 1
    names = [f"{scratch.PREFIX}{pid}-abc" for pid in (dead, os.getpid())]
    for name in (*names, "other-1-abc"):
        (tmp_path / name).mkdir()
    scratch.clear(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [names[1], "other-1-abc"]
