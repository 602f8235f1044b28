"""The document key of the hub: sign, rotate, publish."""

from collections.abc import Callable

import msgspec
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lineshaft.core.clock import Clock
from lineshaft.core.errors import InvariantError
from lineshaft.core.segment.header import sign
from lineshaft.infrastructure.database import Database, UnitOfWork
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.identity.service import Identity
from lineshaft.security.keys.model import (
    PUBLIC_KEY_BYTES,
    DocumentKey,
    KeyFile,
    Signature,
    SourcePublicKey,
    next_key,
)
from lineshaft.security.keys.ports import DocumentKeyStore, PrivateKeys

_LOCK = "keys.document"


class KeyParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the document keys take.

    Attributes:
        identity: knows the public keys of the sources.
        secret_bytes: `secrets.token_bytes`, or a seeded source in a test.
    """

    database: Database
    store: DocumentKeyStore
    private_keys: PrivateKeys
    identity: Identity
    authorizer: Authorizer
    audit: AuditChain
    clock: Clock
    secret_bytes: Callable[[int], bytes]


class DocumentKeys:
    """One key signs every issued document; it is replaced by rotation only."""

    def __init__(self, parts: KeyParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._database = parts.database
        self._loaded: tuple[str, Ed25519PrivateKey] | None = None

    def create_first_key(self) -> bool:
        """Make the first key when there is none yet; tells whether it did.

        Called at every start by whoever owns the data directory: there is no actor yet.
        """
        with self._database.read() as connection:
            if self._parts.store.current(connection) is not None:
                return False
        with self._database.unit_of_work() as unit:
            unit.lock(_LOCK)
            if self._parts.store.current(unit.connection) is not None:
                return False
            self._begin(unit, LOCAL_OPERATOR, None)
        return True

    def sign(self, connection: sa.Connection, data: bytes | memoryview) -> Signature:
        """Sign the canonical bytes of a document with the present key, see `signer`."""
        return self.signer(connection)(data)

    def signer(self, connection: sa.Connection) -> Callable[[bytes | memoryview], Signature]:
        """Return what signs the canonical bytes of documents with the present key.

        The content of the bytes must name its `format`.

        Args:
            connection: of the unit of work that issues the documents, so that a rotation that
                commits first is seen.

        Raises:
            KeyMissing, KeyExposed: when the private key is not there or open to others.
        """
        current = self._require_current(connection)
        private = self._private(current)
        return lambda data: Signature(current.key_id, sign(data, private))

    def rotate(self, actor: Actor) -> DocumentKey:
        """Replace the key by a new one that the old one vouches for; the old one is destroyed.

        Documents that the old key signed stay valid: the key file keeps its public half.
        """
        self._parts.authorizer.authorize(actor, Action.KEY_ROTATE, Resource("key", "document"))
        with self._database.unit_of_work() as unit:
            unit.lock(_LOCK)
            old = self._require_current(unit.connection)
            new = self._begin(unit, actor, old)
            # After the commit only: until then the old key is the one that signs.
            unit.after_commit(lambda: self._parts.private_keys.remove(old.key_id))
        return new

    def key_file(self) -> bytes:
        """Return the key file (`docs/formats/keys.md`): public, for everybody who verifies."""
        sources = tuple(
            SourcePublicKey(key.source, key.epoch, key.public_key)
            for key in self._parts.identity.source_keys()
        )
        with self._database.read() as connection:
            keys = tuple(self._parts.store.keys(connection))
        return KeyFile(keys, sources).encode()

    def _begin(self, unit: UnitOfWork, actor: Actor, old: DocumentKey | None) -> DocumentKey:
        private = Ed25519PrivateKey.from_private_bytes(self._parts.secret_bytes(PUBLIC_KEY_BYTES))
        previous = None if old is None else (old, self._private(old))
        key = next_key(private, self._parts.clock.now(), previous)
        # The file first: a crash before the commit leaves a key that nothing names, and no harm.
        self._parts.private_keys.write(key.key_id, private)
        self._parts.store.append(unit.connection, key)
        detail = {"number": key.number, "key_id": key.key_id}
        subject = f"key/{key.key_id}"
        self._parts.audit.append(unit.connection, actor, Action.KEY_ROTATE, subject, detail)
        return key

    def _require_current(self, connection: sa.Connection) -> DocumentKey:
        current = self._parts.store.current(connection)
        if current is None:
            msg = "there is no document key: create_first_key was not called at the start"
            raise InvariantError(msg)
        return current

    def _private(self, key: DocumentKey) -> Ed25519PrivateKey:
        loaded = self._loaded
        if loaded is None or loaded[0] != key.key_id:
            loaded = (key.key_id, self._parts.private_keys.read(key.key_id))
            self._loaded = loaded
        return loaded[1]
