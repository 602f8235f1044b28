"""Record how wrong a clock is, and say what was known of clocks at an instant."""

from collections.abc import Callable, Collection

import msgspec

from lineshaft.core.clock import IdSource
from lineshaft.core.period import Instant, format_instant
from lineshaft.core.reading import SourceId
from lineshaft.infrastructure.database import Database, OutboxMessage, UnitOfWork
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import Action, Actor, Resource, Role
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.services.metering.clocks.errors import ClockOffsetTaken, TooManyOffsets
from lineshaft.services.metering.clocks.events import clock_offset_recorded
from lineshaft.services.metering.clocks.model import (
    OFFSETS_MAX,
    ClockEntry,
    ClockOffset,
    ClockOrigin,
    ClockSteps,
    in_force,
)
from lineshaft.services.metering.clocks.ports import ClockStore

EVENT_SUBJECT = "event.metering"


class ClockParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the use cases of clocks take.

    Attributes:
        known_at: returns, inside a unit of work, an instant that is later than any for which
            somebody was promised that everything known stays known.
    """

    database: Database
    store: ClockStore
    authorizer: Authorizer
    audit: AuditChain
    ids: IdSource
    known_at: Callable[[UnitOfWork], Instant]


class Clocks:
    """The offsets of the sources' clocks, bitemporal: from which stamp on, and known since when."""

    def __init__(self, parts: ClockParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._database = parts.database
        self._store = parts.store

    def record(self, actor: Actor, entry: ClockEntry) -> ClockOffset:
        """Record an offset from a stamp on, until the next one; the same again changes nothing.

        A process of the hub has measured it, a person has entered it. To take one back, record the
        offset that was right from the same stamp on.

        Raises:
            Forbidden: when the actor may not.
            ClockOffsetTaken: when the id is recorded with other content.
            TooManyOffsets: when the source has `OFFSETS_MAX`.
        """
        step = entry.step
        resource = Resource("source", step.source)
        self._parts.authorizer.authorize(actor, Action.CLOCK_WRITE, resource)
        with self._database.unit_of_work() as unit:
            unit.lock(f"clock:{step.source}")
            known = self._store.find(unit.connection, entry.id)
            if known is not None:
                return _same(known, entry)
            if len(self._store.of_sources(unit.connection, [step.source])) >= OFFSETS_MAX:
                msg = f"the clock of {step.source} has {OFFSETS_MAX} offsets: there are no more"
                raise TooManyOffsets(msg)
            is_process = actor.role is Role.SYSTEM
            origin = ClockOrigin.MEASURED if is_process else ClockOrigin.ENTERED
            offset = ClockOffset(entry, origin, actor.id, self._parts.known_at(unit))
            self._store.insert(unit.connection, offset)
            event = clock_offset_recorded(self._parts.ids.new_id("evt"), offset)
            unit.publish(OutboxMessage(event.id, EVENT_SUBJECT, event.to_json(), event.at))
            detail = {
                "id": entry.id,
                "offset_us": step.offset_us,
                "reason": entry.reason,
                "valid_from": format_instant(step.valid_from),
            }
            self._parts.audit.append(
                unit.connection, actor, Action.CLOCK_WRITE, f"source/{step.source}", detail
            )
        return offset

    def offsets(self, actor: Actor, source: SourceId | None = None) -> list[ClockOffset]:
        """Return the offsets of a source, or of all, in the order in which they were known."""
        self._parts.authorizer.authorize(
            actor, Action.CLOCK_READ, Resource("source", source or "*")
        )
        with self._database.read() as connection:
            return self._store.of_sources(connection, None if source is None else [source])

    def sources(self, actor: Actor) -> frozenset[SourceId]:
        """Return the sources of whose clocks anything is recorded."""
        self._parts.authorizer.authorize(actor, Action.CLOCK_READ, Resource("source", "*"))
        with self._database.read() as connection:
            return self._store.sources(connection)

    def in_force(
        self, actor: Actor, sources: Collection[SourceId], known_at: Instant
    ) -> ClockSteps:
        """Return the steps of some sources' clocks, as they were known at an instant."""
        self._parts.authorizer.authorize(actor, Action.CLOCK_READ, Resource("source", "*"))
        with self._database.read() as connection:
            return in_force(self._store.of_sources(connection, sources), known_at)


def _same(known: ClockOffset, entry: ClockEntry) -> ClockOffset:
    """Pass what is recorded under an id when it says the same."""
    if known.entry != entry:
        msg = f"clock offset {entry.id} is recorded with other content; give this one another id"
        raise ClockOffsetTaken(msg)
    return known
