"""Record what is delivered for a deposit and what comes back, and say what was known when."""

from collections.abc import Callable
from dataclasses import dataclass

from lineshaft.core.clock import IdSource
from lineshaft.core.period import Instant, Period
from lineshaft.infrastructure.database import Database, OutboxMessage, UnitOfWork
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.services.cores.errors import CoreVersionTaken, TooManyCores
from lineshaft.services.cores.events import core_recorded
from lineshaft.services.cores.model import (
    CORES_MAX,
    VERSIONS_MAX,
    Core,
    CoreVersion,
    in_force,
)
from lineshaft.services.cores.ports import CoreStore

EVENT_SUBJECT = "event.cores"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreParts:
    """Everything that the use cases of cores take.

    Attributes:
        known_at: returns, inside a unit of work, an instant that is later than any for which
            somebody was promised that everything known stays known.
    """

    database: Database
    store: CoreStore
    authorizer: Authorizer
    audit: AuditChain
    ids: IdSource
    known_at: Callable[[UnitOfWork], Instant]


class Cores:
    """Parts that are delivered for a deposit, and used ones that come back."""

    def __init__(self, parts: CoreParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._database = parts.database
        self._store = parts.store

    def record(self, actor: Actor, core: Core, version: int = 1) -> CoreVersion:
        """Record a version of a core, which counts from now on; the same again changes nothing.

        Raises:
            Forbidden: when the actor may not.
            CoreVersionTaken: when the version is recorded with other content, is of another
                machine, contract or item, or does not follow the last.
            TooManyCores: when there are as many as there may be.
        """
        self._parts.authorizer.authorize(actor, Action.CORE_WRITE, _resource(core))
        with self._database.unit_of_work() as unit:
            unit.lock(f"core:{core.id}")
            versions = self._store.versions(unit.connection, core.id)
            for known in versions:
                if known.version == version and known.core == core:
                    return known
            _check_next(core, version, versions)
            if version == 1:
                self._check_room(unit, core)
            made = CoreVersion(core, version, self._parts.known_at(unit), actor.id)
            self._store.insert(unit.connection, made)
            event = core_recorded(self._parts.ids.new_id("evt"), made.recorded_at, made)
            unit.publish(OutboxMessage(event.id, EVENT_SUBJECT, event.to_json(), event.at))
            detail = {"content": core.to_content(), "version": version}
            subject = f"core/{core.id}"
            self._parts.audit.append(unit.connection, actor, Action.CORE_WRITE, subject, detail)
        return made

    def cores(self, actor: Actor, machine: str) -> list[CoreVersion]:
        """Return all versions of the cores of a machine that the actor may see."""
        with self._database.read() as connection:
            found = self._store.of_machine(connection, machine)
        return [version for version in found if self._may_read(actor, version.core)]

    def known_cores(self, actor: Actor, machine: str, known_at: Instant) -> list[Core]:
        """Return the cores of a machine as they were known at an instant, by id."""
        return in_force(self.cores(actor, machine), known_at)

    def _may_read(self, actor: Actor, core: Core) -> bool:
        return self._parts.authorizer.is_allowed(actor, Action.CORE_READ, _resource(core))

    def _check_room(self, unit: UnitOfWork, core: Core) -> None:
        unit.lock(f"cores:{core.machine}")
        if self._store.count(unit.connection, core.machine) >= CORES_MAX:
            msg = f"{core.machine} has {CORES_MAX} cores: there are no more"
            raise TooManyCores(msg)


def _check_next(core: Core, version: int, versions: list[CoreVersion]) -> None:
    if version != len(versions) + 1:
        msg = (
            f"core {core.id} version {version}: expected {len(versions) + 1}; a version that is "
            "recorded never changes"
        )
        raise CoreVersionTaken(msg)
    if version > VERSIONS_MAX:
        msg = f"core {core.id} has {VERSIONS_MAX} versions: there are no more"
        raise TooManyCores(msg)
    for first in versions[:1]:
        if _place(first.core) != _place(core):
            msg = f"core {core.id} is one of {', '.join(_place(first.core))}: expected the same"
            raise CoreVersionTaken(msg)


def _place(core: Core) -> tuple[str, str, str]:
    return core.machine, core.contract, core.item


def _resource(core: Core) -> Resource:
    period = Period(core.delivered_at, Instant(core.delivered_at + 1))
    return Resource("core", core.id, machine=core.machine, period=period)
