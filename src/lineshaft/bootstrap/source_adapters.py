"""Small joints between rooms: what identity and the historian ask each other about sources."""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lineshaft.core.messages import EnrolAnswer, EnrolRequest
from lineshaft.core.reading import SourceId
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.store import ManifestStore
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, SYSTEM_EDGE
from lineshaft.security.identity.errors import UnknownSource
from lineshaft.security.identity.model import Mark
from lineshaft.security.identity.service import Identity


class HistorianMarks:
    """Identity's `Marks`: how far the historian has a source."""

    def __init__(self, database: Database, manifest: ManifestStore) -> None:
        self._database = database
        self._manifest = manifest

    def mark(self, source: SourceId, epoch: int) -> Mark:
        """Return the high-water mark of a source and epoch; zeros when nothing came yet."""
        with self._database.read() as connection:
            known = self._manifest.source_epoch(connection, source, epoch)
        return Mark(0, 0) if known is None else Mark(known.mark.number, known.mark.sequence)


class StoredSourceKeys:
    """The historian's `SourceKeys` for proofs: of every source that was ever let in."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def source_secret(self, source: SourceId, epoch: int) -> tuple[bytes, Ed25519PublicKey]:
        """Return salt secret and public key of a source and epoch.

        Raises:
            NotFound: when it was never let in.
        """
        key = self._identity.source_key(source, epoch)
        return key.salt_secret, Ed25519PublicKey.from_public_bytes(key.public_key)


class AcceptedSourceKeys(StoredSourceKeys):
    """The historian's `SourceKeys` for intake: only of sources that may send now."""

    def source_secret(self, source: SourceId, epoch: int) -> tuple[bytes, Ed25519PublicKey]:
        """Return salt secret and public key of a source in its present epoch.

        Raises:
            NotFound: when it is not accepted, or another epoch is the present one.
        """
        key = self._identity.source_key(source, epoch)
        if not (key.is_accepted and key.is_current):
            msg = f"the source {source} may not send in epoch {epoch}"
            raise UnknownSource(msg)
        return super().source_secret(source, epoch)


class Enrolment:
    """The historian's `Enrolment`: who shares the data directory at once, others by consent."""

    def __init__(self, identity: Identity, local_key: Callable[[SourceId], str]) -> None:
        """Take identity, and what says which public key a node of this machine has.

        Args:
            identity: decides.
            local_key: the public key (hexadecimal) in the data directory, empty where none is.
        """
        self._identity = identity
        self._local_key = local_key

    def __call__(self, request: EnrolRequest) -> EnrolAnswer:
        """Answer a source that asks to be let in."""
        if request.public_key == self._local_key(request.source):
            return self._identity.enrol_local(LOCAL_OPERATOR, request)
        return self._identity.enrol(SYSTEM_EDGE, request)
