"""The directory of backups: snapshots that share the files which never change.

    DIR/objects/ab/ab12…        files that never change by their SHA-256, once for all snapshots
    DIR/snapshots/NAME/         one snapshot: manifest.json, signature.json, files/…

A snapshot takes its name when it is whole; what a crash or a full disk left is removed by the next
one. Everything is for its owner only: the private keys are in it.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from lineshaft.core.errors import Conflict, Invalid, NotFound
from lineshaft.infrastructure.backup.model import (
    PRIVATE_MODE,
    PUBLIC_MODE,
    BackupEntry,
    BackupManifest,
    BackupUnreadable,
    Progress,
    no_progress,
)
from lineshaft.infrastructure.files import durable_file, fsync_dir, make_dir, write_durably

COPY_BYTES = 1 << 20
MANIFEST = "manifest.json"
SIGNATURE = "signature.json"
_FILES = "files"
_DIRECTORY_MODE = 0o700
_STAGED = ".staged-"


class BackupBusy(Conflict):
    """Another process writes into this directory of backups."""


class FileChanged(BackupUnreadable):
    """A file is not the bytes that it was when it was listed."""


class Snapshot(msgspec.Struct, frozen=True):
    """A snapshot of the repository; names sort by age."""

    name: str
    directory: Path

    def manifest_bytes(self) -> bytes:
        """Return the bytes that were signed."""
        try:
            return (self.directory / MANIFEST).read_bytes()
        except OSError as error:
            msg = f"cannot read the manifest of the snapshot {self.name}: {error.strerror}"
            raise BackupUnreadable(msg) from error

    def manifest(self) -> BackupManifest:
        """Return what it consists of."""
        return BackupManifest.decode(self.manifest_bytes())

    def file(self, path: str) -> Path:
        """Return where a file of it lies that is no object."""
        return self.directory / _FILES / path


class Pruned(msgspec.Struct, frozen=True):
    """What was removed from a directory of backups.

    Attributes:
        snapshots: names.
        files, size: how many objects no snapshot needs any more, and their bytes.
    """

    snapshots: tuple[str, ...]
    files: int
    size: int


class Repository:
    """Backups in one directory."""

    def __init__(self, directory: Path) -> None:
        """Use a directory; it is made when something is written."""
        self.directory = directory
        self._objects, self._snapshots = directory / "objects", directory / "snapshots"

    def snapshots(self) -> list[Snapshot]:
        """Return all whole snapshots, the oldest first."""
        if not self._snapshots.is_dir():
            return []
        paths = [path for path in self._snapshots.iterdir() if not path.name.startswith(".")]
        return [Snapshot(path.name, path) for path in sorted(paths)]

    def snapshot(self, name: str | None = None) -> Snapshot:
        """Return a snapshot by its name, or the newest.

        Raises:
            NotFound: when it is not there.
        """
        found = [one for one in self.snapshots() if name in {None, one.name}]
        if not found:
            what = "a snapshot" if name is None else f"the snapshot {name}"
            msg = f"there is no backup in {self.directory}: expected {what}"
            raise NotFound(msg)
        return found[-1]

    @contextmanager
    def staged(self, name: str) -> Iterator[Path]:
        """Give the directory of a new snapshot; it becomes one when the block ends well.

        Raises:
            BackupBusy: while another process writes here.
        """
        for directory in (self.directory, self._objects, self._snapshots):
            make_dir(directory, mode=_DIRECTORY_MODE)
        with self._locked():
            staging = self._snapshots / f"{_STAGED}{name}"
            make_dir(staging / _FILES, mode=_DIRECTORY_MODE)
            staging.chmod(_DIRECTORY_MODE)
            try:
                yield staging
            except BaseException:
                shutil.rmtree(staging, ignore_errors=True)
                raise
            fsync_dir(staging)
            staging.rename(self._snapshots / name)
            fsync_dir(self._snapshots)

    def prune(self, keep: int, *, is_dry: bool = False) -> Pruned:
        """Remove the oldest snapshots, and the objects that no snapshot has any more.

        Should it end in the middle, no snapshot is half there, and the next one goes on.

        Args:
            keep: how many of the newest snapshots stay, at least 1.
            is_dry: whether nothing is removed, and only said what would be.

        Raises:
            Invalid: when none would stay.
            BackupBusy: while another process writes here.
            BackupUnreadable: when a snapshot that stays does not say what it needs.
        """
        if keep < 1:
            msg = f"cannot keep {keep} snapshots of {self.directory}: expected at least 1"
            raise Invalid(msg)
        self.snapshot()
        with self._locked():
            found = self.snapshots()
            needed = {entry.sha256 for one in found[-keep:] for entry in one.manifest().entries}
            unused = [path for path in self.objects() if path.name not in needed]
            size = sum(path.stat().st_size for path in unused)
            for snapshot in [] if is_dry else found[:-keep]:
                gone = self._snapshots / f"{_STAGED}{snapshot.name}"
                snapshot.directory.rename(gone)
                fsync_dir(self._snapshots)
                shutil.rmtree(gone)
            for path in [] if is_dry else unused:
                path.unlink()
        return Pruned(tuple(one.name for one in found[:-keep]), len(unused), size)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other writers out, and clear away what one of them has left half done."""
        descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            _lock(descriptor, self.directory)
            for rest in self._snapshots.glob(f"{_STAGED}*"):
                shutil.rmtree(rest)
            yield
        finally:
            os.close(descriptor)

    def has(self, entry: BackupEntry) -> bool:
        """Tell whether a file that never changes is here already, as far as its size tells."""
        try:
            return self.object_path(entry.sha256).stat().st_size == entry.size
        except FileNotFoundError:
            return False

    def add(self, source: Path, entry: BackupEntry, *, is_linked: bool) -> None:
        """Take a file that never changes in, under its SHA-256.

        Args:
            source: the file.
            entry: what it has to be.
            is_linked: whether to share its blocks with the original by a hard link.

        Raises:
            FileChanged: when it is not what the entry says.
            FileNotFoundError: when it is not there.
        """
        target = self.object_path(entry.sha256)
        make_dir(target.parent, mode=_DIRECTORY_MODE)
        if not is_linked:
            copy_checked(source, target, entry)
            return
        if _digest(source) != entry.sha256:
            raise _changed(entry)
        target.unlink(missing_ok=True)
        os.link(source, target)
        fsync_dir(target.parent)

    def fetch(self, snapshot: Snapshot, entry: BackupEntry, target: Path) -> None:
        """Copy a file out of a snapshot, durably; it is checked on the way.

        Raises:
            FileChanged: when it is not what was put in.
        """
        make_dir(target.parent)
        mode = PRIVATE_MODE if entry.is_private else PUBLIC_MODE
        try:
            copy_checked(self._place(snapshot, entry), target, entry, mode=mode)
        except FileNotFoundError as error:
            msg = f"{entry.path} is missing in the backup {self.directory}"
            raise FileChanged(msg) from error

    def faults(self, snapshot: Snapshot, progress: Progress = no_progress) -> list[str]:
        """Read every file of a snapshot and say which are missing or changed."""
        manifest, done, faults = snapshot.manifest(), 0, []
        for entry in manifest.entries:
            progress("checking", done, manifest.size)
            try:
                if _digest(self._place(snapshot, entry)) != entry.sha256:
                    faults.append(f"{entry.path}: not the bytes that were backed up")
            except OSError as error:
                faults.append(f"{entry.path}: {error.strerror}")
            done += entry.size
        progress("checking", manifest.size, manifest.size)
        return faults

    def objects(self) -> list[Path]:
        """Return all files that never change, each named by its SHA-256."""
        return sorted(path for path in self._objects.glob("*/*") if not path.name.startswith("."))

    def object_path(self, sha256: str) -> Path:
        """Return where a file that never changes lies."""
        return self._objects / sha256[:2] / sha256

    def _place(self, snapshot: Snapshot, entry: BackupEntry) -> Path:
        own = snapshot.file(entry.path)
        return own if own.exists() else self.object_path(entry.sha256)


def write_entry(staging: Path, path: str, data: bytes, *, is_private: bool = True) -> BackupEntry:
    """Write a file of a staged snapshot and return its entry."""
    target = staging / _FILES / path
    make_dir(target.parent, mode=_DIRECTORY_MODE)
    write_durably(target, data, mode=PRIVATE_MODE)
    return BackupEntry(path, len(data), hashlib.sha256(data).hexdigest(), is_private)


def staged_file(staging: Path, path: str) -> Path:
    """Return where a file of a staged snapshot is to be written; its directory is made."""
    target = staging / _FILES / path
    make_dir(target.parent, mode=_DIRECTORY_MODE)
    return target


def written_entry(staging: Path, path: str, *, is_private: bool = True) -> BackupEntry:
    """Make a file that was written into a staged snapshot durable and return its entry."""
    target = staging / _FILES / path
    with target.open("rb+") as file:
        os.fsync(file.fileno())
    fsync_dir(target.parent)
    return BackupEntry(path, target.stat().st_size, _digest(target), is_private)


def finish(staging: Path, manifest: bytes, signature: bytes) -> None:
    """Write what a staged snapshot consists of, and who says so."""
    write_durably(staging / SIGNATURE, signature, mode=PRIVATE_MODE)
    write_durably(staging / MANIFEST, manifest, mode=PRIVATE_MODE)


def copy_checked(
    source: Path, target: Path, entry: BackupEntry, *, mode: int = PRIVATE_MODE
) -> None:
    """Copy a file durably; nothing is left when it is not what its entry says.

    Raises:
        FileChanged: when it is not.
    """
    digest = hashlib.sha256()
    with source.open("rb") as original, durable_file(target, mode=mode) as copy:
        while part := original.read(COPY_BYTES):
            digest.update(part)
            copy.write(part)
        if digest.hexdigest() != entry.sha256:
            raise _changed(entry)


def _changed(entry: BackupEntry) -> FileChanged:
    return FileChanged(f"{entry.path} is not the bytes that were written")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _lock(descriptor: int, directory: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        msg = f"cannot write into {directory}: another backup is being written there"
        raise BackupBusy(msg) from error
