"""Small joints between rooms: one room's port, filled from another room's service."""

from collections.abc import Collection, Sequence

import msgspec
from msgspec.structs import replace

from lineshaft.core.clock import Clock
from lineshaft.core.period import Instant
from lineshaft.core.reading import SignalId, SourceId, machine_of
from lineshaft.core.value import DecimalValue, EnumerationValue, Value
from lineshaft.infrastructure.database import Database, UnitOfWork
from lineshaft.plant.store import SqlConnectorStore
from lineshaft.platform.historian.desk.model import DESK
from lineshaft.platform.historian.intake.commit import COMMIT_LOCK
from lineshaft.platform.historian.service import Historian
from lineshaft.platform.historian.store import ManifestStore
from lineshaft.platform.historian.usage.model import API
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


class _Declared(msgspec.Struct, frozen=True):
    """The sources that the connectors of a machine deliver to."""

    live: frozenset[SourceId] = frozenset()
    replayed: frozenset[SourceId] = frozenset()


class SourceLiveness:
    """Metering's `Liveness`: beats and headers of the sources that said something of a machine.

    A source of a live connector lives as long as its beats say. A replay waits for nobody, nor does
    usage over the API, where silence is nothing. Every other source, such as an import, is known as
    far as its own records reach: their last stamp, which its statement that a series goes on moves
    on (`historian import --until`).
    """

    def __init__(
        self, database: Database, connectors: SqlConnectorStore, historian: Historian
    ) -> None:
        self._database = database
        self._connectors = connectors
        self._historian = historian
        self._known: _KnownLiveness | None = None

    def ahead(self) -> "SourceLiveness":
        """Return one that reads each thing once."""
        other = SourceLiveness(self._database, self._connectors, self._historian)
        other._known = _KnownLiveness(self._declared())
        return other

    def known_until(
        self, signal: SignalId, sources: Collection[SourceId], known_at: Instant, end: Instant
    ) -> Instant | None:
        """Return the last sign of life, by our clock, of the sources of a signal.

        A beat counts only when everything that it announces is stored; until then, as when a source
        catches up after an outage, only the instants in its last stored segment do. Of several
        sources the one counts that is known the longest.
        """
        known = _KnownLiveness(self._declared()) if self._known is None else self._known
        declared = known.declared.get(machine_of(signal), _Declared())
        silent = declared.replayed | {API}
        if not declared.live and not silent.isdisjoint(sources):
            return None
        told = set(sources) - declared.live - silent - {DESK}
        stamps = self._last_stamps(known, known_at) if told else {}
        said = max((stamps[source] for source in told if source in stamps), default=None)
        if not declared.live:
            return None if said is None or said >= end else said
        heard = max(self._heard_of(source) for source in declared.live)
        return Instant(min(known_at, heard if said is None else max(heard, said)))

    def _declared(self) -> dict[str, _Declared]:
        """Return the sources of connectors by machine."""
        with self._database.read() as connection:
            connectors = self._connectors.connectors(connection)
        found: dict[str, _Declared] = {}
        for connector in connectors:
            before, source = found.get(connector.machine, _Declared()), SourceId(connector.source)
            name = "live" if connector.is_live else "replayed"
            found[connector.machine] = replace(before, **{name: getattr(before, name) | {source}})
        return found

    def _last_stamps(self, known: "_KnownLiveness", known_at: Instant) -> dict[SourceId, Instant]:
        if known_at not in known.stamps:
            known.stamps[known_at] = self._historian.last_stamps(SYSTEM_WORKER, known_at)
        return known.stamps[known_at]

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


class _KnownLiveness(msgspec.Struct):
    """What was read of sources, once for many questions.

    Attributes:
        stamps: by instant of knowledge, the last stamp of each source.
    """

    declared: dict[str, _Declared]
    stamps: dict[Instant, dict[SourceId, Instant]] = msgspec.field(default_factory=dict)


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
