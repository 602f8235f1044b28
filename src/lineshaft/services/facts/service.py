"""Record facts of machines, and say what was known of them when."""

from collections.abc import Callable
from typing import Generic

import msgspec

from lineshaft.core.clock import IdSource
from lineshaft.core.events import Event
from lineshaft.core.period import Instant, Period
from lineshaft.infrastructure.database import Database, OutboxMessage, UnitOfWork
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.services.facts.errors import FactVersionTaken, TooManyFacts
from lineshaft.services.facts.events import core_recorded, stock_recorded
from lineshaft.services.facts.model import (
    FACTS_MAX,
    VERSIONS_MAX,
    Core,
    F,
    FactVersion,
    StockRecord,
    in_force,
)
from lineshaft.services.facts.ports import FactStore


class FactKind(msgspec.Struct, Generic[F], frozen=True, kw_only=True):
    """What tells one kind of facts from the others.

    Attributes:
        name: of the resource, as policies know it.
        plural: as messages say it.
        read, write: who may.
        place: what all versions of a fact have in common, beside the id.
        at: when it was, for grants.
        order: how those that are known are listed.
        announce: makes the event of a version from an id and an instant.
    """

    name: str
    plural: str
    read: Action
    write: Action
    place: Callable[[F], tuple[str, ...]]
    at: Callable[[F], Instant]
    order: Callable[[F], tuple[int | str, ...]]
    announce: Callable[[str, Instant, FactVersion[F]], Event]


CORES: FactKind[Core] = FactKind(
    name="core",
    plural="cores",
    read=Action.CORE_READ,
    write=Action.CORE_WRITE,
    place=lambda core: (core.machine, core.contract, core.item),
    at=lambda core: core.delivered_at,
    order=lambda core: (core.id,),
    announce=core_recorded,
)
STOCKS: FactKind[StockRecord] = FactKind(
    name="stock",
    plural="deliveries and counts",
    read=Action.STOCK_READ,
    write=Action.STOCK_WRITE,
    place=lambda record: (record.machine, record.contract, record.item, record.kind),
    at=lambda record: record.at,
    order=lambda record: (record.at, record.id),
    announce=stock_recorded,
)


class FactParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the use cases of facts take, beside their store.

    Attributes:
        known_at: returns, inside a unit of work, an instant that is later than any for which
            somebody was promised that everything known stays known.
    """

    database: Database
    authorizer: Authorizer
    audit: AuditChain
    ids: IdSource
    known_at: Callable[[UnitOfWork], Instant]


class MachineFacts(Generic[F]):
    """Facts of one kind: what people record of machines beside their readings."""

    def __init__(self, parts: FactParts, kind: FactKind[F], store: FactStore[F]) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._kind = kind
        self._store = store

    def record(self, actor: Actor, fact: F, version: int = 1) -> FactVersion[F]:
        """Record a version of a fact, which counts from now on; the same again changes nothing.

        Raises:
            Forbidden: when the actor may not.
            FactVersionTaken: when the version is recorded with other content, is of another
                machine, contract, item or kind, or does not follow the last.
            TooManyFacts: when there are as many as there may be.
        """
        kind = self._kind
        self._parts.authorizer.authorize(actor, kind.write, self._resource(fact))
        with self._parts.database.unit_of_work() as unit:
            unit.lock(f"{kind.name}:{fact.id}")
            versions = self._store.versions(unit.connection, fact.id)
            for known in versions:
                if known.version == version and known.fact == fact:
                    return known
            self._check_next(fact, version, versions)
            if version == 1:
                self._check_room(unit, fact)
            made = FactVersion(fact, version, self._parts.known_at(unit), actor.id)
            self._store.insert(unit.connection, made)
            event = kind.announce(self._parts.ids.new_id("evt"), made.recorded_at, made)
            subject = f"event.{kind.name}s"
            unit.publish(OutboxMessage(event.id, subject, event.to_json(), event.at))
            detail = {"content": fact.to_content(), "version": version}
            what = f"{kind.name}/{fact.id}"
            self._parts.audit.append(unit.connection, actor, kind.write, what, detail)
        return made

    def versions(self, actor: Actor, machine: str) -> list[FactVersion[F]]:
        """Return all versions of the facts of a machine that the actor may see."""
        with self._parts.database.read() as connection:
            found = self._store.of_machine(connection, machine)
        return [version for version in found if self._may_read(actor, version.fact)]

    def known(self, actor: Actor, machine: str, known_at: Instant) -> list[F]:
        """Return the facts of a machine as they were known at an instant."""
        found = in_force(self.versions(actor, machine), known_at)
        return sorted(found, key=self._kind.order)

    def _may_read(self, actor: Actor, fact: F) -> bool:
        return self._parts.authorizer.is_allowed(actor, self._kind.read, self._resource(fact))

    def _check_room(self, unit: UnitOfWork, fact: F) -> None:
        unit.lock(f"{self._kind.name}s:{fact.machine}")
        if self._store.count(unit.connection, fact.machine) >= FACTS_MAX:
            msg = f"{fact.machine} has {FACTS_MAX} {self._kind.plural}: there are no more"
            raise TooManyFacts(msg, machine=fact.machine)

    def _check_next(self, fact: F, version: int, versions: list[FactVersion[F]]) -> None:
        what = f"{self._kind.name} {fact.id}"
        if version != len(versions) + 1:
            msg = f"{what} version {version}: expected {len(versions) + 1}; a version that is "
            raise FactVersionTaken(msg + "recorded never changes")
        if version > VERSIONS_MAX:
            msg = f"{what} has {VERSIONS_MAX} versions: there are no more"
            raise TooManyFacts(msg, machine=fact.machine)
        for first in versions[:1]:
            place = self._kind.place(first.fact)
            if place != self._kind.place(fact):
                msg = f"{what} is one of {', '.join(place)}: expected the same"
                raise FactVersionTaken(msg)

    def _resource(self, fact: F) -> Resource:
        at = self._kind.at(fact)
        period = Period(at, Instant(at + 1))
        return Resource(self._kind.name, fact.id, machine=fact.machine, period=period)


Cores = MachineFacts[Core]
"""Parts that are delivered for a deposit, and used ones that come back."""
Stocks = MachineFacts[StockRecord]
"""Consumables that are delivered, and stocks that are counted."""
