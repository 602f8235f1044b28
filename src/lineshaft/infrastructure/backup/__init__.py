"""Backups of an installation: a database and files that never change, in one directory."""

from lineshaft.infrastructure.backup.database import (
    DatabaseNotEmpty,
    copy_sqlite,
    load_database,
    snapshot_database,
)
from lineshaft.infrastructure.backup.model import (
    BackupEntry,
    BackupManifest,
    BackupUnreadable,
    Progress,
    no_progress,
)
from lineshaft.infrastructure.backup.repository import (
    SIGNATURE,
    BackupBusy,
    FileChanged,
    Repository,
    Snapshot,
    copy_checked,
    finish,
    staged_file,
    write_entry,
    written_entry,
)

__all__ = [
    "SIGNATURE",
    "BackupBusy",
    "BackupEntry",
    "BackupManifest",
    "BackupUnreadable",
    "DatabaseNotEmpty",
    "FileChanged",
    "Progress",
    "Repository",
    "Snapshot",
    "copy_checked",
    "copy_sqlite",
    "finish",
    "load_database",
    "no_progress",
    "snapshot_database",
    "staged_file",
    "write_entry",
    "written_entry",
]
