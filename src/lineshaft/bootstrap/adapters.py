"""Small joints between rooms: one room's port, filled from another room's service."""

from collections.abc import Callable, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lineshaft.core.messages import EnrolAnswer, EnrolRequest
from lineshaft.core.period import Instant
from lineshaft.core.reading import SignalId, SourceId, machine_of
from lineshaft.core.value import DecimalValue, EnumerationValue, Value
from lineshaft.infrastructure.database import Database
from lineshaft.plant.store import SqlConnectorStore
from lineshaft.platform.historian.service import Historian
from lineshaft.platform.historian.store import ManifestStore
from lineshaft.platform.twin.model import LiveEntry
from lineshaft.security.authorisation.model import (
    LOCAL_OPERATOR,
    SYSTEM_EDGE,
    SYSTEM_WORKER,
    Actor,
)
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


class StoredLatest:
    """The twin's `LatestValues`: what the historian had before the live view was opened."""

    def __init__(self, historian: Historian) -> None:
        self._historian = historian

    def latest(self, actor: Actor, signals: Sequence[SignalId]) -> dict[SignalId, LiveEntry]:
        """Return the latest stored value of each signal that has one."""
        found = self._historian.latest(actor, signals)
        return {
            signal: LiveEntry(
                signal=signal,
                ts=reading.ts,
                status=reading.status,
                display=_display(reading.value),
                number=_number(reading.value),
            )
            for signal, reading in found.items()
        }


class BeatLiveness:
    """Metering's `Liveness`: beats and headers of the sources that live connectors deliver to."""

    def __init__(
        self, database: Database, connectors: SqlConnectorStore, historian: Historian
    ) -> None:
        self._database = database
        self._connectors = connectors
        self._historian = historian

    def known_until(self, signal: SignalId, known_at: Instant) -> Instant | None:
        """Return the last sign of life, by our clock, of the source of a signal.

        A beat counts only when everything that it announces is stored; until then, as when a source
        catches up after an outage, only the instants in its last stored segment do.
        """
        with self._database.read() as connection:
            connectors = self._connectors.connectors(connection)
        machine = machine_of(signal)
        sources = {
            SourceId(connector.source)
            for connector in connectors
            if connector.machine == machine and connector.is_live
        }
        if not sources:
            return None
        return Instant(min(known_at, max(self._heard_of(source) for source in sources)))

    def _heard_of(self, source: SourceId) -> Instant:
        marks = {
            epoch: mark
            for (name, epoch), mark in self._historian.marks(SYSTEM_WORKER).items()
            if name == source
        }
        beat = self._historian.last_beat(SYSTEM_WORKER, source)
        epoch = max(marks, default=0)
        if beat is not None and beat.epoch >= epoch:
            stored = marks[epoch].sequence if epoch == beat.epoch else 0
            if beat.mark <= stored:
                return beat.received_at
        if epoch == 0:
            return Instant(0)
        number = marks[epoch].number
        header = self._historian.headers(SYSTEM_WORKER, source, epoch, number, number)[0]
        return Instant(min(header.header.max_ts, header.known_at))


def _display(value: Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case EnumerationValue():
            return value.symbol
        case _:
            return str(value)


def _number(value: Value) -> float | None:
    match value:
        case DecimalValue():
            return float(value.as_fraction())
        case EnumerationValue() | str() | None:
            return None
        case _:
            return float(value)
