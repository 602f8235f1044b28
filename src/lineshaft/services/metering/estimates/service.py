"""Make an estimate, approve it, withdraw it, and say which were known at an instant."""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from lineshaft.core.clock import IdSource
from lineshaft.core.events import Event
from lineshaft.core.period import Instant
from lineshaft.infrastructure.database import Database, OutboxMessage, UnitOfWork
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.services.metering.estimates.errors import (
    EstimateBySamePerson,
    EstimateNotFound,
    EstimatesOverlap,
    EstimateTaken,
    TooManyEstimates,
)
from lineshaft.services.metering.estimates.events import estimate_approved, estimate_withdrawn
from lineshaft.services.metering.estimates.model import (
    ESTIMATES_MAX,
    Estimate,
    EstimateRecord,
    EstimateStep,
    StepKind,
    in_force,
)
from lineshaft.services.metering.estimates.ports import EstimateStore

EVENT_SUBJECT = "event.metering"


class EstimateParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the use cases of estimates take.

    Attributes:
        known_at: returns, inside a unit of work, an instant that is later than any for which
            somebody was promised that everything known stays known.
    """

    database: Database
    store: EstimateStore
    authorizer: Authorizer
    audit: AuditChain
    ids: IdSource
    known_at: Callable[[UnitOfWork], Instant]


class Estimates:
    """Estimates of usage: made by one person, they count once another has approved them."""

    def __init__(self, parts: EstimateParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._database = parts.database
        self._store = parts.store

    def record(self, actor: Actor, estimate: Estimate) -> EstimateRecord:
        """Keep an estimate under its name; the same again changes nothing.

        The author is whoever asks, whatever the estimate says.

        Raises:
            Forbidden: when the actor may not.
            EstimateTaken: when the name is taken by other content.
            TooManyEstimates: beyond `ESTIMATES_MAX` of one machine.
        """
        self._parts.authorizer.authorize(actor, Action.ESTIMATE_WRITE, _resource(estimate))
        with self._database.unit_of_work() as unit:
            unit.lock(f"estimates:{estimate.machine}")
            known = self._store.find(unit.connection, estimate.id)
            if known is not None:
                return _same(known, estimate)
            if len(self._store.of_machine(unit.connection, estimate.machine)) >= ESTIMATES_MAX:
                msg = f"machine {estimate.machine} has {ESTIMATES_MAX} estimates: there are no more"
                raise TooManyEstimates(msg, machine=estimate.machine)
            made = EstimateRecord(replace(estimate, author=actor.id), self._parts.known_at(unit))
            self._store.insert(unit.connection, made)
            self._audit(unit, actor, Action.ESTIMATE_WRITE, made)
        return made

    def approve(self, actor: Actor, id_: str) -> EstimateRecord:
        """Approve an estimate, which counts from now on; again changes nothing.

        Raises:
            EstimateNotFound: when there is none, or the actor may not know of it.
            EstimateBySamePerson: when the actor has made it.
            EstimateTaken: when it is withdrawn.
            EstimatesOverlap: when another one that counts covers a part of its period.
        """
        with self._database.unit_of_work() as unit:
            known = self._known(unit, actor, id_)
            self._parts.authorizer.authorize(
                actor, Action.ESTIMATE_APPROVE, _resource(known.estimate)
            )
            if known.withdrawal is not None:
                msg = f"cannot approve estimate {id_}: it is withdrawn"
                raise EstimateTaken(msg)
            if known.approval is not None:
                return known
            if known.estimate.author == actor.id:
                msg = f"{actor.name} has made estimate {id_}: expected another person"
                raise EstimateBySamePerson(msg)
            at = self._parts.known_at(unit)
            self._check_apart(unit, known.estimate, at)
            step = EstimateStep(actor.id, at)
            self._store.add_step(unit.connection, id_, StepKind.APPROVED, step)
            made = replace(known, approval=step)
            self._tell(unit, estimate_approved(self._parts.ids.new_id("evt"), at, made))
            self._audit(unit, actor, Action.ESTIMATE_APPROVE, made)
        return made

    def withdraw(self, actor: Actor, id_: str) -> EstimateRecord:
        """Take an estimate back: usage is measured from now on as if there were none.

        Raises:
            EstimateNotFound: when there is none, or the actor may not know of it.
        """
        with self._database.unit_of_work() as unit:
            known = self._known(unit, actor, id_)
            self._parts.authorizer.authorize(
                actor, Action.ESTIMATE_WRITE, _resource(known.estimate)
            )
            if known.withdrawal is not None:
                return known
            at = self._parts.known_at(unit)
            step = EstimateStep(actor.id, at)
            self._store.add_step(unit.connection, id_, StepKind.WITHDRAWN, step)
            made = replace(known, withdrawal=step)
            self._tell(unit, estimate_withdrawn(self._parts.ids.new_id("evt"), at, made))
            self._audit(unit, actor, Action.ESTIMATE_WRITE, made)
        return made

    def estimates(self, actor: Actor, machine: str) -> list[EstimateRecord]:
        """Return the estimates of a machine that the actor may see, counting or not."""
        with self._database.read() as connection:
            found = self._store.of_machine(connection, machine)
        return [record for record in found if self._may_read(actor, record)]

    def machines(self, actor: Actor) -> frozenset[str]:
        """Return the machines of which any estimate is recorded."""
        self._parts.authorizer.authorize(actor, Action.ESTIMATE_READ, Resource("estimate", "*"))
        with self._database.read() as connection:
            return self._store.machines(connection)

    def in_force(
        self, actor: Actor, machine: str, meter: str, known_at: Instant
    ) -> tuple[Estimate, ...]:
        """Return the estimates of a meter that counted at an instant, in time order."""
        self._parts.authorizer.authorize(actor, Action.ESTIMATE_READ, Resource("estimate", "*"))
        with self._database.read() as connection:
            found = self._store.of_machine(connection, machine, meter)
        return in_force([record.counting for record in found if record.counting], known_at)

    def _known(self, unit: UnitOfWork, actor: Actor, id_: str) -> EstimateRecord:
        """Return an estimate under the lock of its machine."""
        found = self._store.find(unit.connection, id_)
        if found is not None:
            unit.lock(f"estimates:{found.estimate.machine}")
            found = self._store.find(unit.connection, id_)
        if found is None or not self._may_read(actor, found):
            msg = f"there is no estimate {id_[:80]}"
            raise EstimateNotFound(msg)
        return found

    def _may_read(self, actor: Actor, record: EstimateRecord) -> bool:
        resource = _resource(record.estimate)
        return self._parts.authorizer.is_allowed(actor, Action.ESTIMATE_READ, resource)

    def _check_apart(self, unit: UnitOfWork, estimate: Estimate, at: Instant) -> None:
        known = self._store.of_machine(unit.connection, estimate.machine, estimate.meter)
        for other in in_force([record.counting for record in known if record.counting], at):
            if other.period.intersection(estimate.period) is not None:
                msg = (
                    f"cannot approve estimate {estimate.id} of {estimate.period}: {other.id} "
                    f"stands for {other.period}"
                )
                raise EstimatesOverlap(msg)

    def _tell(self, unit: UnitOfWork, event: Event) -> None:
        unit.publish(OutboxMessage(event.id, EVENT_SUBJECT, event.to_json(), event.at))

    def _audit(
        self, unit: UnitOfWork, actor: Actor, action: Action, record: EstimateRecord
    ) -> None:
        subject = f"estimate/{record.estimate.id}"
        self._parts.audit.append(unit.connection, actor, action, subject, record.to_content())


def _same(known: EstimateRecord, estimate: Estimate) -> EstimateRecord:
    """Pass an estimate that was made before, as it was made."""
    if replace(estimate, author=known.estimate.author) != known.estimate:
        msg = f"estimate {estimate.id} is recorded with other content: choose another name"
        raise EstimateTaken(msg)
    return known


def _resource(estimate: Estimate) -> Resource:
    return Resource("estimate", estimate.id, machine=estimate.machine, period=estimate.period)
