"""A directory of backups: old snapshots go, and nothing that a kept one needs."""

import hashlib
from pathlib import Path

import pytest

from lineshaft.core.errors import Invalid, NotFound
from lineshaft.core.period import Instant
from lineshaft.infrastructure.backup import (
    BackupBusy,
    BackupEntry,
    BackupManifest,
    BackupUnreadable,
    Repository,
    finish,
)


def add(repository: Repository, name: str, *contents: bytes) -> None:
    """Make a snapshot of store files with these contents."""
    with repository.staged(name) as staging:
        entries = []
        for data in contents:
            source = repository.directory / "source"
            source.write_bytes(data)
            entry = BackupEntry(data.decode(), len(data), hashlib.sha256(data).hexdigest())
            repository.add(source, entry, is_linked=False)
            entries.append(entry)
        parts = {"store": tuple(entries), "files": (), "damaged": ()}
        manifest = BackupManifest(Instant(0), Instant(0), version="1", database="sqlite", **parts)
        finish(staging, manifest.encode(), b"{}")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "backups")
    add(made, "000001", b"a", b"b")
    add(made, "000002", b"b", b"c")
    add(made, "000003", b"c", b"dd")
    return made


def names(repository: Repository) -> list[str]:
    return [one.name for one in repository.snapshots()]


def test_what_only_old_snapshots_need_goes(repository: Repository) -> None:
    said = repository.prune(2, is_dry=True)
    assert (said.snapshots, said.files, said.size) == (("000001",), 1, 1)
    assert len(names(repository)) == 3
    assert len(repository.objects()) == 4
    assert repository.prune(2) == said
    assert names(repository) == ["000002", "000003"]
    assert repository.prune(1).files == 1
    assert repository.faults(repository.snapshot()) == []
    assert len(repository.objects()) == 2
    assert repository.prune(1) == repository.prune(5)
    add(repository, "000004", b"a")
    assert repository.faults(repository.snapshot()) == []


def test_what_a_prune_left_half_done_is_gone_after_the_next(repository: Repository) -> None:
    first = repository.directory / "snapshots" / "000001"
    first.rename(first.with_name(".staged-000001"))
    assert names(repository) == ["000002", "000003"]
    assert repository.prune(2).files == 1
    assert not list(first.parent.glob(".staged-*"))


def test_nothing_goes_where_something_is_unclear(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="expected at least 1"):
        repository.prune(0)
    with pytest.raises(NotFound, match="expected a snapshot"):
        Repository(tmp_path / "nothing").prune(1)
    with (
        repository.staged("000004"),
        pytest.raises(BackupBusy, match="another backup is being written"),
    ):
        repository.prune(1)
    (repository.directory / "snapshots" / "000003" / "manifest.json").write_bytes(b"{}")
    with pytest.raises(BackupUnreadable):
        repository.prune(1)
    assert len(names(repository)) == 4
    assert len(repository.objects()) == 4
