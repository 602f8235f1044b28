"""Usage that comes over the API: recorded exactly once, as records of a source of the hub's own."""

import threading
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from lineshaft.core.errors import Invalid
from lineshaft.core.pages import FIRST_PAGE, Page, PageRequest, cursor_at, place_of
from lineshaft.core.period import Instant
from lineshaft.core.reading import SignalId, machine_of
from lineshaft.platform.historian.model import US_PER_HOUR
from lineshaft.platform.historian.ports import Authorizer
from lineshaft.platform.historian.usage.batches import NONE, claims_of
from lineshaft.platform.historian.usage.commits import CommitParts, UsageCommits
from lineshaft.platform.historian.usage.draft import Batch
from lineshaft.platform.historian.usage.errors import UsageBatchTooLarge, UsageInvalid
from lineshaft.platform.historian.usage.model import (
    AHEAD_US_MAX,
    BATCH_EVENTS_MAX,
    BATCH_HOURS_MAX,
    IDS_ASKED_MAX,
    KeptEvent,
    Producer,
    StoredUsage,
    UsageAnswer,
    UsageMode,
)
from lineshaft.platform.historian.usage.ports import KnownSignals
from lineshaft.platform.historian.usage.stored import StoredEvents
from lineshaft.security.authorisation.model import Action, Actor, Resource

PRODUCERS_CACHED_MAX = 10_000
_LISTED = "usage"
_BEGINNING = (0, 0)


class UsageParts(msgspec.Struct, frozen=True):
    """Everything that the use cases take."""

    commits: CommitParts
    signals: KnownSignals
    authorizer: Authorizer


class UsageEvents:
    """Records usage events and tells what became of them; safe to share between threads."""

    def __init__(self, parts: UsageParts) -> None:
        """Take everything; the hub becomes a source with its first event."""
        self._parts, self._store = parts, parts.commits.store
        self._database, self._clock = parts.commits.database, parts.commits.clock
        self._commits = UsageCommits(parts.commits)
        self._stored = StoredEvents(self._database, parts.commits.manifest, parts.commits.files)
        self._producers: dict[Producer, int] = {}
        self._lock = threading.Lock()

    def record(
        self, actor: Actor, producer: str, events: Sequence[Any], mode: UsageMode
    ) -> UsageAnswer:
        """Record the events of a producer, each id once and for ever.

        Args:
            actor: who sends them; producers are names within its organisation.
            producer: whoever gave the ids.
            events: JSON objects with id, signal, ts and value or text; numbers as `NumberText`.
            mode: whether one bad event keeps the others out.

        Returns:
            What became of each event; the records are durable.

        Raises:
            UsageInvalid: when an event of an atomic batch cannot be read; nothing is stored.
            UsageConflict: when an id of an atomic batch is kept with other content.
            UsageBatchTooLarge: when there are more events, or hours, than one request may have.
            Forbidden: when the actor may not record usage of a machine; nothing is stored.
            UsageBusy, Unavailable: try again; what was stored already is a duplicate then.
        """
        named = Producer(actor.organisation or "", producer)
        if len(events) > BATCH_EVENTS_MAX:
            msg = f"cannot record {len(events)} events at once: at most {BATCH_EVENTS_MAX}"
            raise UsageBatchTooLarge(msg)
        ts_max = Instant(self._clock.now() + AHEAD_US_MAX)
        claims = claims_of(events, ts_max)
        self._authorize(actor, claims.signals)
        unknown = self._parts.signals.unknown(set(claims.signals))
        if unknown:
            claims.refuse(unknown)
        if mode is UsageMode.ATOMIC and claims.bad:
            index = min(claims.bad)
            raise UsageInvalid(index, claims.bad[index].reason)
        hours = len(np.unique(claims.ts[claims.ts != NONE] // US_PER_HOUR))
        if hours > BATCH_HOURS_MAX:
            msg = f"cannot record events of {hours} different hours at once: at most "
            msg += f"{BATCH_HOURS_MAX}; send them in the order of time"
            raise UsageBatchTooLarge(msg)
        return self._commits.store(Batch(self._number(named), mode, claims))

    def find(self, actor: Actor, producer: str, ids: Sequence[str]) -> list[StoredUsage]:
        """Return what is recorded under ids of a producer, in their order; others are left out."""
        self._authorize(actor, ())
        if not 1 <= len(ids) <= IDS_ASKED_MAX:
            msg = f"cannot look for {len(ids)} ids at once: expected 1 to {IDS_ASKED_MAX}"
            raise Invalid(msg)
        with self._database.read() as connection:
            number = self._store.producer(connection, Producer(actor.organisation or "", producer))
            kept = {} if number is None else self._store.kept(connection, number, ids)
        return self._visible(actor, [kept[id_] for id_ in dict.fromkeys(ids) if id_ in kept])

    def page(
        self, actor: Actor, producer: str, request: PageRequest = FIRST_PAGE
    ) -> Page[StoredUsage]:
        """Return what is recorded of a producer in the order in which it was numbered.

        Raises:
            CursorInvalid: when the page begins behind a cursor that we never gave.
        """
        self._authorize(actor, ())
        source_epoch, sequence = map(int, place_of(_LISTED, request.after, _BEGINNING))
        with self._database.read() as connection:
            number = self._store.producer(connection, Producer(actor.organisation or "", producer))
            limit = request.size + 1
            kept = (
                []
                if number is None
                else self._store.page(connection, number, (source_epoch, sequence), limit)
            )
        shown = kept[: request.size]
        following = None
        if len(kept) == limit:
            following = cursor_at(_LISTED, shown[-1].source_epoch, shown[-1].sequence)
        return Page(self._visible(actor, shown), following)

    # ---- who may

    def _authorize(self, actor: Actor, signals: Sequence[SignalId]) -> None:
        machines = set(map(machine_of, signals))
        for machine in sorted(machines) or ["*"]:
            resource = Resource("machine", machine, machine=machine)
            self._parts.authorizer.authorize(actor, Action.USAGE_WRITE, resource)

    def _visible(self, actor: Actor, kept: Sequence[KeptEvent]) -> list[StoredUsage]:
        """Read events back; of machines that the actor may not record on, none."""
        found = self._stored.of(kept)
        machines = {machine_of(one.signal) for one in found if one.signal is not None}
        asked = [Resource("machine", one, machine=one) for one in sorted(machines)]
        permitted = self._parts.authorizer.permitted(actor, Action.USAGE_WRITE, asked)
        allowed = {resource.id for resource in permitted}
        return [one for one in found if one.signal is None or machine_of(one.signal) in allowed]

    # ---- what is sent

    def _number(self, producer: Producer) -> int:
        """Return the number of a producer; a new one gets one."""
        with self._lock:
            known = self._producers.get(producer)
        if known is None:
            with self._database.unit_of_work() as unit:
                known = self._store.intern_producer(unit.connection, producer)
            with self._lock:
                if len(self._producers) >= PRODUCERS_CACHED_MAX:
                    self._producers.clear()
                self._producers[producer] = known
        return known
