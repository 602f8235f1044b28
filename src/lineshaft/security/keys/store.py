"""Public records in SQL, private keys in files of mode 0600."""

import stat
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lineshaft.core.period import Instant
from lineshaft.infrastructure.files import fsync_dir, make_dir, write_durably
from lineshaft.security.keys.errors import KeyExposed, KeyMissing
from lineshaft.security.keys.model import DocumentKey
from lineshaft.security.keys.tables import DOCUMENT_KEY

FILE_MODE = 0o600
DIRECTORY_MODE = 0o700
_FOR_OTHERS = 0o077

_CURRENT = sa.select(DOCUMENT_KEY).order_by(DOCUMENT_KEY.c.number.desc()).limit(1)


class SqlDocumentKeyStore:
    """Implements `DocumentKeyStore`."""

    def append(self, connection: sa.Connection, key: DocumentKey) -> None:
        """Keep a new key."""
        connection.execute(
            sa.insert(DOCUMENT_KEY).values(
                number=key.number,
                created_at=key.created_at,
                public_key=key.public_key,
                previous=key.previous,
                signature=key.signature,
            )
        )

    def current(self, connection: sa.Connection) -> DocumentKey | None:
        """Return the key that signs; None before the first start."""
        row = connection.execute(_CURRENT).first()
        return None if row is None else _to_key(row)

    def keys(self, connection: sa.Connection) -> list[DocumentKey]:
        """Return all keys in order of their number."""
        query = sa.select(DOCUMENT_KEY).order_by(DOCUMENT_KEY.c.number)
        return [_to_key(row) for row in connection.execute(query)]


def _to_key(row: sa.Row[Any]) -> DocumentKey:
    created_at = Instant(row.created_at)
    return DocumentKey(row.number, created_at, row.public_key, row.previous, row.signature)


class KeyDirectory:
    """Implements `PrivateKeys`: `DIRECTORY/document-<key id>.key`, 32 raw bytes as hexadecimal."""

    def __init__(self, directory: Path) -> None:
        """Keep the keys in a directory, which is made with mode 0700 when it is needed."""
        self._directory = directory

    def write(self, key_id: str, key: Ed25519PrivateKey) -> None:
        """Keep a private key, durably."""
        make_dir(self._directory, mode=DIRECTORY_MODE)
        text = key.private_bytes_raw().hex() + "\n"
        write_durably(self._path(key_id), text.encode(), mode=FILE_MODE)

    def read(self, key_id: str) -> Ed25519PrivateKey:
        """Return a private key.

        Raises:
            KeyMissing: when it is not there.
            KeyExposed: when others may read it.
        """
        path = self._path(key_id)
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
            text = path.read_text(encoding="ascii")
        except FileNotFoundError as error:
            msg = f"cannot sign: {path} is not there; restore it from the backup"
            raise KeyMissing(msg) from error
        if mode & _FOR_OTHERS:
            msg = f"cannot sign: others may read {path} (mode {mode:o}); expected {FILE_MODE:o}"
            raise KeyExposed(msg)
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text))

    def remove(self, key_id: str) -> None:
        """Forget a private key; one that is gone already is no error."""
        self._path(key_id).unlink(missing_ok=True)
        fsync_dir(self._directory)

    def _path(self, key_id: str) -> Path:
        return self._directory / f"document-{key_id}.key"
