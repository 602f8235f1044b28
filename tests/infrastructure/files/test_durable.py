"""Files are whole or absent; orphans go; the disk has a floor."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lineshaft.infrastructure.files import (
    FreeSpaceLow,
    durable_file,
    free_bytes,
    make_dir,
    remove_orphans,
    require_free_space,
    write_durably,
)


def test_a_written_file_has_its_content_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_durably(path, b"first")
    write_durably(path, b"second", mode=0o600)
    assert path.read_bytes() == b"second"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "store"
    write_durably(path, b"old")
    with pytest.raises(ZeroDivisionError), durable_file(path) as file:  # noqa: PT012
        file.write(b"half")
        _ = 1 / 0
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_file_and_directory_are_synced_around_the_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "store"
    synced: list[tuple[bool, bool]] = []
    real = os.fsync

    def recording(descriptor: int) -> None:
        is_directory = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        synced.append((is_directory, path.exists()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", recording)
    write_durably(path, b"x")
    assert synced == [(False, False), (True, True)]


KILLED = """
import os, signal, sys
from pathlib import Path
from lineshaft.infrastructure.files import durable_file
with durable_file(Path(sys.argv[1])) as file:
    file.write(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.crash
@pytest.mark.timeout(30)
def test_a_killed_writer_leaves_an_orphan_that_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "store"
    write_durably(path, b"old")
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert len(list(tmp_path.iterdir())) == 2
    removed = remove_orphans(tmp_path)
    assert len(removed) == 1
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"old"


def test_directories_are_made_with_those_above(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    make_dir(path, mode=0o700)
    make_dir(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_less_free_space_than_the_floor_is_refused(tmp_path: Path) -> None:
    require_free_space(tmp_path, 0)
    floor_mb = free_bytes(tmp_path) // 1_000_000 + 1_000
    with pytest.raises(FreeSpaceLow, match=f"at least {floor_mb} are needed"):
        require_free_space(tmp_path, floor_mb)
