"""Verifies backups and makes an installation from one again.

What left the house cannot be taken back: documents, postings, contracts, people, keys and the
audit chain are as they were in the backup, whatever instant is asked for. The readings alone go
back to an instant. The restored hub passes over some document numbers, because documents that were
issued after the backup bear the next ones already.
"""

import dataclasses
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import sqlalchemy as sa

from lineshaft.bootstrap.backups import DATABASE_FILE, KEY_FILE
from lineshaft.bootstrap.foundation import Foundation, build_foundation
from lineshaft.bootstrap.retention_parts import OWN_SOURCES
from lineshaft.core.clock import Clock
from lineshaft.core.errors import Conflict, Invalid, Refusal
from lineshaft.core.period import Instant, format_instant
from lineshaft.core.reading import SourceId
from lineshaft.infrastructure.backup import (
    SIGNATURE,
    BackupEntry,
    BackupManifest,
    BackupUnreadable,
    Progress,
    Repository,
    Snapshot,
    load_database,
    no_progress,
)
from lineshaft.infrastructure.database import Database
from lineshaft.infrastructure.files import fsync_dir, make_dir
from lineshaft.infrastructure.processes import lock_data_dir
from lineshaft.infrastructure.processes.lock import LOCK_FILE
from lineshaft.infrastructure.settings import SETTINGS_FILE, Settings
from lineshaft.network.keys import load_or_create_keys, save_keys
from lineshaft.platform.historian.backup.model import Cut
from lineshaft.platform.historian.backup.rewind import Rewinder
from lineshaft.security.authorisation.model import LOCAL_OPERATOR
from lineshaft.security.keys.model import KeyFile, Signature
from lineshaft.services.billing.store import SqlDocumentStore

NUMBERS_SKIPPED = 1_000
"""Document numbers of each series that a restored hub passes over; the audit chain says so."""
RESTORE_ACTION = "backup:restore"
_STAGED = ".restoring.sqlite"
_PRIVATE_MODE = 0o700


class DataDirectoryNotEmpty(Conflict):
    """A backup is restored into an empty data directory only."""


class RestoreOptions(msgspec.Struct, frozen=True):
    """What to restore.

    Attributes:
        name: of the snapshot; None: the newest.
        at: what the historian shall know; None: everything that is in the backup.
        numbers_skipped: by how many document numbers to go on behind the last one.
        has_spools: whether the spools of the edge nodes come back as well. What waits in them is
            sent again under a new epoch, although the hub may have it: only where the hub had been
            away from its edges for long.
    """

    name: str | None = None
    at: Instant | None = None
    numbers_skipped: int = NUMBERS_SKIPPED
    has_spools: bool = False


class Restored(msgspec.Struct, frozen=True):
    """What was restored.

    Attributes:
        cut: what of the historian is not there any more.
        numbers: by series of documents, the last number that is passed over.
    """

    name: str
    manifest: BackupManifest
    cut: Cut
    numbers: dict[str, int]


def verify_backup(
    snapshot: Snapshot,
    repository: Repository,
    keys: bytes | None = None,
    progress: Progress = no_progress,
) -> list[str]:
    """Read every file of a snapshot and say what is wrong with it; an empty list is soundness.

    Args:
        snapshot: of the repository.
        repository: where it lies.
        keys: the supplier's key file; None: the one in the backup, which proves no author.
        progress: is told bytes.
    """
    faults = _signature_faults(snapshot, keys)
    faults += repository.faults(snapshot, progress)
    faults += [
        f"{path}: was damaged already when the backup was made" for path in _damaged(snapshot)
    ]
    return faults + list(_database_faults(snapshot))


def restore_backup(
    repository: Repository,
    settings: Settings,
    options: RestoreOptions,
    clock: Clock,
    progress: Progress = no_progress,
) -> Restored:
    """Make an installation from a snapshot in an empty data directory.

    The database takes its name last: what was interrupted is no installation.

    Raises:
        NotFound: when there is no such snapshot.
        BackupUnreadable: when something of it is damaged.
        Invalid: when the instant is later than the backup.
        DataDirectoryNotEmpty: when there is something already, of an interrupted restore perhaps.
    """
    snapshot = repository.snapshot(options.name)
    manifest = snapshot.manifest()
    _check(snapshot, manifest, options)
    make_dir(settings.data_dir)
    with lock_data_dir(settings.data_dir):
        _require_empty(settings)
        _fetch(repository, snapshot, settings, options, progress)
        staged = dataclasses.replace(settings, database=f"sqlite:///{settings.data_dir / _STAGED}")
        base = build_foundation(staged, clock=clock)
        try:
            restored = _resume(base, snapshot.name, manifest, options)
        finally:
            base.database.close()
        _take_into_use(settings, progress)
    return restored


def _check(snapshot: Snapshot, manifest: BackupManifest, options: RestoreOptions) -> None:
    faults = _signature_faults(snapshot, None)
    if faults:
        msg = f"cannot restore the snapshot {snapshot.name}: {faults[0]}"
        raise BackupUnreadable(msg)
    if options.at is not None and options.at > manifest.taken_at:
        msg = f"cannot restore to {format_instant(options.at)}: the backup was made at "
        raise Invalid(msg + format_instant(manifest.taken_at))


def _require_empty(settings: Settings) -> None:
    found = {path.name for path in settings.data_dir.iterdir()} - {SETTINGS_FILE, LOCK_FILE}
    target = _sqlite_path(settings)
    if found or (target is not None and target.exists()):
        msg = f"cannot restore into {settings.data_dir}: it is not empty; name another directory, "
        msg += "or remove what an interrupted restore has left"
        raise DataDirectoryNotEmpty(msg)


def _fetch(
    repository: Repository,
    snapshot: Snapshot,
    settings: Settings,
    options: RestoreOptions,
    progress: Progress,
) -> None:
    manifest = snapshot.manifest()
    done = 0
    for directory in (settings.keys_dir, settings.edge_dir):
        make_dir(directory, mode=_PRIVATE_MODE)
    for entry, target in _targets(manifest, settings):
        progress("restoring", done, manifest.size)
        is_spool = entry.path.startswith("edge/") and entry.path.endswith(".sqlite")
        is_written_already = entry.path == SETTINGS_FILE and target.exists()
        if not is_written_already and (options.has_spools or not is_spool):
            repository.fetch(snapshot, entry, target)
        done += entry.size
    progress("restoring", manifest.size, manifest.size)


def _targets(manifest: BackupManifest, settings: Settings) -> Iterator[tuple[BackupEntry, Path]]:
    for entry in manifest.store:
        yield entry, settings.files_dir / entry.path
    for entry in manifest.files:
        if entry.path == DATABASE_FILE:
            yield entry, settings.data_dir / _STAGED
        elif entry.path != KEY_FILE:
            yield entry, settings.data_dir / entry.path


def _resume(
    base: Foundation, name: str, manifest: BackupManifest, options: RestoreOptions
) -> Restored:
    """Bring the restored database to where it can go on from, and say so in the audit chain."""
    rewinder = Rewinder(base.database, base.manifest, base.files)
    at, now = options.at, base.clock.now()
    cut = rewinder.note_restore(now) if at is None else rewinder.rewind(at, now)
    for source, file in OWN_SOURCES.items():
        _renew(base, source, file)
    with base.database.unit_of_work() as unit:
        skipped = options.numbers_skipped
        numbers = SqlDocumentStore().skip_numbers(unit.connection, skipped)
        detail = {
            "known_at": format_instant(cut.at),
            "restored_at": format_instant(cut.restored_at),
        }
        detail |= {"records_cut": cut.records, "numbers_skipped": numbers}  # type: ignore[dict-item]
        subject = f"backup/{name}"
        base.audit.append(unit.connection, LOCAL_OPERATOR, RESTORE_ACTION, subject, detail)
    return Restored(name, manifest, cut, numbers)


def _renew(base: Foundation, source: SourceId, file: str) -> None:
    """Give a source of the hub a new epoch: its numbers after the backup must not come again.

    What an edge asks an administrator for, the one who restores has decided.
    """
    path = base.settings.keys_dir / file
    if not path.exists() or source not in {one.id for one in base.identity.sources(LOCAL_OPERATOR)}:
        return
    keys = load_or_create_keys(path).wanting_epoch()
    base.identity.enrol(LOCAL_OPERATOR, keys.request(source))
    base.identity.accept_source(LOCAL_OPERATOR, source)
    answer = base.identity.enrol(LOCAL_OPERATOR, keys.request(source))
    if answer.state == "accepted":
        save_keys(path, keys.in_next_epoch())


def _take_into_use(settings: Settings, progress: Progress) -> None:
    staged, target = settings.data_dir / _STAGED, _sqlite_path(settings)
    if target is not None:
        make_dir(target.parent)
        staged.rename(target)
        fsync_dir(target.parent)
        return
    database = Database(settings.database_url, busy_ms=settings.database_busy_ms)
    try:
        load_database(staged, database, progress)
    finally:
        database.close()
    staged.unlink()


def _sqlite_path(settings: Settings) -> Path | None:
    url = sa.make_url(settings.database_url)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


# ---- what is wrong with a snapshot


def _damaged(snapshot: Snapshot) -> tuple[str, ...]:
    return snapshot.manifest().damaged


def _signature_faults(snapshot: Snapshot, keys: bytes | None) -> list[str]:
    try:
        content = msgspec.json.decode((snapshot.directory / SIGNATURE).read_bytes())
        made = Signature(content["key_id"], bytes.fromhex(content["signature"]))
        known = snapshot.file(KEY_FILE).read_bytes() if keys is None else keys
        KeyFile.parse(known).verify(snapshot.manifest_bytes(), made)
    except OSError as error:
        return [f"the signature cannot be read: {error.strerror}"]
    except (Refusal, ValueError, KeyError, TypeError) as error:
        return [f"the manifest is not what was signed: {error}"]
    return []


def _database_faults(snapshot: Snapshot) -> Iterator[str]:
    """Check the database itself, and that it lists the very store files of the manifest."""
    path = snapshot.file(DATABASE_FILE)
    if not path.exists():
        return
    query = "SELECT path, size, lower(hex(sha256)) FROM store_file"
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as database:
            (state,) = database.execute("PRAGMA integrity_check(1)").fetchone()
            listed = {tuple(row) for row in database.execute(query)}
    except sqlite3.DatabaseError as error:
        yield f"{DATABASE_FILE}: {error}"
        return
    if state != "ok":
        yield f"{DATABASE_FILE}: {state}"
    manifest = snapshot.manifest()
    stored = {(one.path, one.size, one.sha256) for one in manifest.store}
    missing = {row for row in listed - stored if row[0] not in manifest.damaged}
    for row in sorted(missing | (stored - listed)):
        yield f"{row[0]}: the database and the manifest do not agree on it"
