"""Backs a running installation up: one consistent state of everything that it knows.

The order matters. First the spools of the edge nodes on this machine: an edge that has older
records than the hub is told so and begins a new epoch, whereas one with younger ones has a gap.
Then a lease, so that no store file that is listed is unlinked; then the database, which lists the
store files; then those, which never change. The tables of the value chain do not change either, and
have no lease: they are copied before the database, as one may be dropped meanwhile, and those that
were kept meanwhile after it.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from lineshaft import __version__
from lineshaft.bootstrap.application import Application
from lineshaft.bootstrap.table_parts import TABLES_DIR
from lineshaft.bootstrap.trade_parts import TRADE_DIR
from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, to_datetime
from lineshaft.infrastructure.backup import (
    BackupEntry,
    BackupManifest,
    FileChanged,
    Progress,
    Repository,
    copy_sqlite,
    finish,
    no_progress,
    snapshot_database,
    staged_file,
    write_entry,
    written_entry,
)
from lineshaft.infrastructure.files import free_bytes, require_free_space
from lineshaft.infrastructure.settings import SETTINGS_FILE
from lineshaft.platform.historian.files.leases import Leases
from lineshaft.platform.historian.model import StoreFile
from lineshaft.security.authorisation.model import Action, Actor, Resource

DATABASE_FILE = "hub.sqlite"
KEY_FILE = "key-file.json"
"""The public keys of the installation, as they stood: whoever has them can verify the backup."""
_PLANT_DIR = "plant"
_MB = 1_000_000
_KEPT = re.compile(r"([0-9a-f]{64})\.\w+")
"""The name of a table of the value chain that is whole: its SHA-256."""


class Backups:
    """Writes backups of one installation."""

    def __init__(self, application: Application) -> None:
        """Back up what these use cases stand on."""
        self._application = application

    def create(
        self,
        actor: Actor,
        directory: Path,
        *,
        is_linked: bool = False,
        progress: Progress = no_progress,
    ) -> tuple[str, BackupManifest]:
        """Write a snapshot into a directory of backups; return its name and what it consists of.

        Files that the directory has already are not copied again. Private keys are in it.

        Args:
            actor: an administrator.
            directory: made when it does not exist; outside of the data directory.
            is_linked: hard links in the place of copies of store files: at once and without
                space, and no help against a disk that fails.
            progress: is told what is being done.

        Raises:
            Forbidden: when the actor is no administrator.
            Invalid: when the directory is inside of the data directory.
            FreeSpaceLow: when there is no room for it; earlier snapshots stay as they are.
            OSError: when the disk refuses; likewise.
        """
        parts = self._application
        parts.authorizer.authorize(actor, Action.BACKUP_CREATE, Resource("hub", "*"))
        directory, data_dir = directory.absolute(), parts.settings.data_dir
        if directory.is_relative_to(data_dir):
            msg = f"cannot back up into {directory}: it would be lost with {data_dir}"
            raise Invalid(msg)
        repository = Repository(directory)
        name = self._name(repository)
        leases = Leases(parts.database, parts.manifest, parts.clock)
        with repository.staged(name) as staging, leases.kept():
            files = [*self._beside(staging)]
            kept = self._kept()
            gone = self._copy(repository, kept, progress, is_linked=is_linked)
            database, known_at, store_files = self._database(staging, progress)
            kept = {one: at for one, at in kept.items() if one.path not in gone} | self._kept()
            stored = self._stored(store_files)
            damaged = self._copy(repository, stored | kept, progress, is_linked=is_linked)
            manifest = BackupManifest(
                taken_at=parts.clock.now(),
                known_at=known_at,
                version=__version__,
                database=parts.database.dialect,
                store=_sound(stored, damaged),
                files=(*files, *_sound(kept, damaged), database),
                damaged=tuple(damaged),
            )
            data = manifest.encode()
            finish(staging, data, self._signature(data))
        self._note(actor, directory, name, manifest)
        return name, manifest

    def _name(self, repository: Repository) -> str:
        """Return the next name: numbered, because a clock can be set back."""
        number = max((int(one.name.partition("-")[0]) for one in repository.snapshots()), default=0)
        moment = to_datetime(self._application.clock.now())
        return f"{number + 1:06}-{moment:%Y%m%dT%H%M%SZ}"

    def _beside(self, staging: Path) -> Iterator[BackupEntry]:
        """Copy what lies beside the database: spools, keys, settings, files of the plant."""
        settings = self._application.settings
        for path in _files_below(settings.edge_dir):
            inside = f"edge/{path.relative_to(settings.edge_dir)}"
            if path.suffix == ".sqlite":
                copy_sqlite(path, staged_file(staging, inside))
                yield written_entry(staging, inside)
            else:
                yield write_entry(staging, inside, path.read_bytes())
        for directory in (settings.keys_dir, settings.data_dir / _PLANT_DIR):
            for path in _files_below(directory):
                inside = str(path.relative_to(directory.parent))
                yield write_entry(staging, inside, path.read_bytes())
        toml = settings.data_dir / SETTINGS_FILE
        if toml.exists():
            yield write_entry(staging, SETTINGS_FILE, toml.read_bytes())
        yield write_entry(staging, KEY_FILE, self._application.keys.key_file(), is_private=False)

    def _database(
        self, staging: Path, progress: Progress
    ) -> tuple[BackupEntry, Instant, list[StoreFile]]:
        """Copy the database; return its entry, its last commit and the store files it lists."""
        parts = self._application
        target = staged_file(staging, DATABASE_FILE)
        with parts.database.read() as connection:
            snapshot_database(connection, target, progress)
            known_at = parts.manifest.last_known_at(connection)
            files = parts.manifest.files(connection)
        return written_entry(staging, DATABASE_FILE), known_at, files

    def _stored(self, files: Iterable[StoreFile]) -> dict[BackupEntry, Path]:
        """Return the entries of store files, and where each lies."""
        directory = self._application.files.directory
        return {
            BackupEntry(one.path, one.size, one.sha256.hex()): directory / one.path for one in files
        }

    def _kept(self) -> dict[BackupEntry, Path]:
        """Return the entries of the tables of the value chain, and where each lies.

        Their inverses are left out: they are made again.
        """
        data_dir, found = self._application.settings.data_dir, {}
        for name in (TABLES_DIR, TRADE_DIR):
            for path in sorted((data_dir / name).glob("*")):
                named = _KEPT.fullmatch(path.name)
                if named is None:
                    continue
                with suppress(FileNotFoundError):  # dropped this moment
                    inside, size = f"{name}/{path.name}", path.stat().st_size
                    found[BackupEntry(inside, size, named[1], is_private=True)] = path
        return found

    def _copy(
        self,
        repository: Repository,
        files: Mapping[BackupEntry, Path],
        progress: Progress,
        *,
        is_linked: bool,
    ) -> list[str]:
        """Copy files that never change and are not there yet; return what is damaged or gone."""
        missing = [one for one in files if not repository.has(one)]
        total = sum(one.size for one in missing)
        _require_room(repository.directory, 0 if is_linked else total)
        done, damaged = 0, []
        for entry in missing:
            progress("copying", done, total)
            try:
                repository.add(files[entry], entry, is_linked=is_linked)
            except (FileChanged, FileNotFoundError):
                damaged.append(entry.path)
            done += entry.size
        progress("copying", total, total)
        return damaged

    def _signature(self, manifest: bytes) -> bytes:
        with self._application.database.read() as connection:
            made = self._application.keys.sign(connection, manifest)
        return msgspec.json.encode({"key_id": made.key_id, "signature": made.signature.hex()})

    def _note(self, actor: Actor, directory: Path, name: str, manifest: BackupManifest) -> None:
        detail = {"directory": str(directory), "bytes": manifest.size}
        detail |= {"store_files": len(manifest.store), "damaged": len(manifest.damaged)}
        with self._application.database.unit_of_work() as unit:
            self._application.audit.append(
                unit.connection, actor, Action.BACKUP_CREATE, f"backup/{name}", detail
            )


def _sound(files: Iterable[BackupEntry], damaged: Iterable[str]) -> tuple[BackupEntry, ...]:
    left_out = set(damaged)
    return tuple(one for one in files if one.path not in left_out)


def _files_below(directory: Path) -> list[Path]:
    """Return the regular files of a directory, without those that only a running process needs."""
    if not directory.is_dir():
        return []
    passing = (".sqlite-wal", ".sqlite-shm", ".lock", ".tmp")
    paths = (Path(root) / name for root, _, names in os.walk(directory) for name in names)
    return sorted(path for path in paths if path.is_file() and not path.name.endswith(passing))


def _require_room(directory: Path, size: int) -> None:
    if size > free_bytes(directory):
        require_free_space(directory, -(-size // _MB))
