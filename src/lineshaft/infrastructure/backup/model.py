"""What a backup says of itself: `docs/formats/backup.md`. Pure."""

from collections.abc import Callable
from typing import Any, Self

import msgspec

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, format_instant, parse_instant

BACKUP_FORMAT = "lineshaft/backup/1"
SHA256_BYTES = 32
PRIVATE_MODE = 0o600
PUBLIC_MODE = 0o644

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


def no_progress(what: str, done: int, total: int) -> None:
    """Show nothing."""


class BackupUnreadable(Invalid):
    """A directory that holds no backup, or one that is not as it was written."""


class BackupEntry(msgspec.Struct, frozen=True):
    """One file of a backup.

    Attributes:
        path: relative to the data directory that it came from.
        is_private: whether only its owner may read it.
    """

    path: str
    size: int
    sha256: str
    is_private: bool = False

    def to_content(self) -> list[Any]:
        """Return it as it stands in the manifest."""
        return [self.path, self.size, self.sha256, self.is_private]


class BackupManifest(msgspec.Struct, frozen=True):
    """Everything that a snapshot consists of.

    Attributes:
        taken_at: the instant of the snapshot, by the clock of the hub.
        known_at: the last commit of the historian that is in it.
        version: of Lineshaft.
        database: `sqlite` or `postgresql`: what the hub ran on; the snapshot is SQLite.
        store: files of the historian, relative to the directory of the store.
        files: everything else, with `hub.sqlite`.
        damaged: files that never change, and were missing or changed already.
    """

    taken_at: Instant
    known_at: Instant
    version: str
    database: str
    store: tuple[BackupEntry, ...]
    files: tuple[BackupEntry, ...]
    damaged: tuple[str, ...] = ()

    @property
    def entries(self) -> tuple[BackupEntry, ...]:
        """All files."""
        return self.files + self.store

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.entries)

    def encode(self) -> bytes:
        """Return it as canonical JSON: the bytes that are signed."""
        content = {
            "format": BACKUP_FORMAT,
            "taken_at": format_instant(self.taken_at),
            "known_at": format_instant(self.known_at),
            "version": self.version,
            "database": self.database,
            "store": [entry.to_content() for entry in self.store],
            "files": [entry.to_content() for entry in self.files],
            "damaged": list(self.damaged),
        }
        return canonical.encode(content)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the manifest of a snapshot.

        Raises:
            BackupUnreadable: when it is none, or of a later format.
        """
        try:
            content = canonical.decode(data)
            if content["format"] != BACKUP_FORMAT:
                msg = f"cannot read a backup of the format {content['format']!r}: "
                raise BackupUnreadable(msg + f"expected {BACKUP_FORMAT}")
            return cls(
                taken_at=parse_instant(content["taken_at"]),
                known_at=parse_instant(content["known_at"]),
                version=content["version"],
                database=content["database"],
                store=tuple(_entry(one) for one in content["store"]),
                files=tuple(_entry(one) for one in content["files"]),
                damaged=tuple(map(str, content["damaged"])),
            )
        except (KeyError, TypeError, ValueError, Invalid) as error:
            if isinstance(error, BackupUnreadable):
                raise
            msg = "cannot read the manifest of a backup: expected what 'backup create' has written"
            raise BackupUnreadable(msg) from error


def _entry(content: list[Any]) -> BackupEntry:
    path, size, sha256, is_private = content
    is_inside = isinstance(path, str) and path and ".." not in path.split("/") and path[0] != "/"
    if not is_inside or not isinstance(size, int) or not isinstance(is_private, bool):
        raise ValueError(path)
    if len(bytes.fromhex(sha256)) != SHA256_BYTES:
        raise ValueError(sha256)
    return BackupEntry(path, size, sha256, is_private)
