"""What the document keys need of a database and of the data directory."""

from typing import Protocol

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lineshaft.security.keys.model import DocumentKey


class DocumentKeyStore(Protocol):
    """Keeps the public records."""

    def append(self, connection: sa.Connection, key: DocumentKey) -> None:
        """Keep a new key."""
        ...

    def current(self, connection: sa.Connection) -> DocumentKey | None:
        """Return the key that signs; None before the first start."""
        ...

    def keys(self, connection: sa.Connection) -> list[DocumentKey]:
        """Return all keys in order of their number."""
        ...


class PrivateKeys(Protocol):
    """Keeps the private keys."""

    def write(self, key_id: str, key: Ed25519PrivateKey) -> None:
        """Keep a private key, durably."""
        ...

    def read(self, key_id: str) -> Ed25519PrivateKey:
        """Return a private key.

        Raises:
            KeyMissing: when it is not there.
            KeyExposed: when others may read it.
        """
        ...

    def remove(self, key_id: str) -> None:
        """Forget a private key; one that is gone already is no error."""
        ...
