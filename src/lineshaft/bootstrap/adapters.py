"""Small joints between rooms: one room's port, filled from another room's service."""

from collections.abc import Sequence

from lineshaft.core.clock import Clock
from lineshaft.core.period import Instant
from lineshaft.core.reading import SignalId, SourceId, machine_of
from lineshaft.core.value import DecimalValue, EnumerationValue, Value
from lineshaft.infrastructure.database import Database, UnitOfWork
from lineshaft.plant.store import SqlConnectorStore
from lineshaft.platform.historian.intake.commit import COMMIT_LOCK
from lineshaft.platform.historian.service import Historian
from lineshaft.platform.historian.store import ManifestStore
from lineshaft.platform.twin.model import LiveEntry
from lineshaft.security.authorisation.model import (
    SYSTEM_WORKER,
    Actor,
)


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


class KnowledgeClock:
    """When a record beside the readings is known: later than all that anybody was promised.

    A document is rated at an instant at which everything known stays known (`Historian.settle`).
    What is recorded from then on is known later, also when it was begun before, and also when a
    clock is set back; so rating again with that instant gives the same bytes.
    """

    def __init__(self, manifest: ManifestStore, clock: Clock) -> None:
        self._manifest, self._clock = manifest, clock

    def known_at(self, unit: UnitOfWork) -> Instant:
        """Return the instant at which what this unit of work records is known."""
        unit.lock(COMMIT_LOCK)
        promised = self._manifest.settle(unit.connection, self._clock.now())
        return self._manifest.settle(unit.connection, Instant(promised + 1))


class BeatLiveness:
    """Metering's `Liveness`: beats and headers of the sources that live connectors deliver to."""

    def __init__(
        self, database: Database, connectors: SqlConnectorStore, historian: Historian
    ) -> None:
        self._database = database
        self._connectors = connectors
        self._historian = historian
        self._live: dict[str, set[SourceId]] | None = None

    def ahead(self) -> "BeatLiveness":
        """Return one that has read at once which sources have to be alive."""
        other = BeatLiveness(self._database, self._connectors, self._historian)
        other._live = self._live_sources()
        return other

    def known_until(self, signal: SignalId, known_at: Instant) -> Instant | None:
        """Return the last sign of life, by our clock, of the source of a signal.

        A beat counts only when everything that it announces is stored; until then, as when a source
        catches up after an outage, only the instants in its last stored segment do.
        """
        live = self._live_sources() if self._live is None else self._live
        sources = live.get(machine_of(signal))
        if not sources:
            return None
        return Instant(min(known_at, max(self._heard_of(source) for source in sources)))

    def _live_sources(self) -> dict[str, set[SourceId]]:
        """Return the sources of live connectors by machine."""
        with self._database.read() as connection:
            connectors = self._connectors.connectors(connection)
        found: dict[str, set[SourceId]] = {}
        for connector in connectors:
            if connector.is_live:
                found.setdefault(connector.machine, set()).add(SourceId(connector.source))
        return found

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
