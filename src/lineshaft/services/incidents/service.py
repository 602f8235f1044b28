"""Record incidents and exclusions, agree to them, and say what was agreed at an instant."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from lineshaft.core.clock import IdSource
from lineshaft.core.errors import NotFound
from lineshaft.core.period import Instant, Period
from lineshaft.infrastructure.database import Database, OutboxMessage, UnitOfWork
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import Action, Actor, Resource, Role
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.services.incidents.errors import (
    ExclusionNotFound,
    IncidentNotFound,
    IncidentVersionTaken,
    TooManyVersions,
)
from lineshaft.services.incidents.events import version_agreed, version_recorded
from lineshaft.services.incidents.model import (
    SUBJECTS_MAX,
    VERSIONS_MAX,
    AgreedExclusion,
    AnySubject,
    AnyVersion,
    RecordedVersion,
    ServiceIncident,
    Side,
    SideApproval,
    SubjectKind,
    agreed,
    kind_of,
)
from lineshaft.services.incidents.ports import IncidentStore

EVENT_SUBJECT = "event.incidents"
_NOT_FOUND: dict[SubjectKind, type[NotFound]] = {
    SubjectKind.INCIDENT: IncidentNotFound,
    SubjectKind.EXCLUSION: ExclusionNotFound,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentParts:
    """Everything that the use cases of incidents take.

    Attributes:
        known_at: returns, inside a unit of work, an instant that is later than any for which
            somebody was promised that everything known stays known.
    """

    database: Database
    store: IncidentStore
    authorizer: Authorizer
    audit: AuditChain
    ids: IdSource
    known_at: Callable[[UnitOfWork], Instant]


class Incidents:
    """Incidents and exclusions of machines, in versions to which provider and customer agree."""

    def __init__(self, parts: IncidentParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._database = parts.database
        self._store = parts.store

    def record(self, actor: Actor, subject: AnySubject, version: int = 1) -> AnyVersion:
        """Record a version of an incident or exclusion; the same again changes nothing.

        Raises:
            Forbidden: when the actor may not.
            IncidentVersionTaken: when the version is recorded with other content, is of another
                machine, or does not follow the last.
            TooManyVersions: when there are as many as there may be.
        """
        self._parts.authorizer.authorize(actor, Action.INCIDENT_WRITE, _resource(subject))
        with self._database.unit_of_work() as unit:
            unit.lock(_lock(kind_of(subject), subject.id))
            versions = self._store.versions(unit.connection, kind_of(subject), subject.id)
            for known in versions:
                if known.version == version and known.subject == subject:
                    return known
            self._check_next(unit, subject, version, versions)
            at = self._parts.known_at(unit)
            made = RecordedVersion(subject, version, at, actor.id)
            self._store.insert(unit.connection, made)
            event = version_recorded(self._parts.ids.new_id("evt"), made)
            unit.publish(OutboxMessage(event.id, EVENT_SUBJECT, event.to_json(), at))
            self._audit(unit, actor, Action.INCIDENT_WRITE, made)
        return made

    def approve(self, actor: Actor, kind: SubjectKind, id_: str, version: int) -> AnyVersion:
        """Agree to a version for the actor's side; once both have, it is what guarantees read.

        People of a customer agree for the customer, everybody else for the provider. Again changes
        nothing.

        Raises:
            NotFound: when there is no such version, or the actor may not know of it.
            Forbidden: when the actor may not agree.
            IncidentVersionTaken: when there is a later version.
        """
        side = Side.CUSTOMER if actor.role is Role.CUSTOMER else Side.PROVIDER
        with self._database.unit_of_work() as unit:
            unit.lock(_lock(kind, id_))
            versions = self._store.versions(unit.connection, kind, id_)
            known = next((each for each in versions if each.version == version), None)
            if known is None or not self._may_read(actor, known):
                msg = f"there is no {kind} {id_}, or no such version of it"
                raise _NOT_FOUND[kind](msg)
            resource = _resource(known.subject)
            self._parts.authorizer.authorize(actor, Action.INCIDENT_APPROVE, resource)
            if side in {approval.side for approval in known.approvals}:
                return known
            if known is not versions[-1]:
                msg = f"cannot agree to version {version} of {kind} {id_}: there is a later one"
                raise IncidentVersionTaken(msg)
            approval = SideApproval(side, actor.id, self._parts.known_at(unit))
            made = replace(known, approvals=(*known.approvals, approval))
            self._store.approve(unit.connection, known, approval)
            if made.agreed_at is not None:
                event = version_agreed(self._parts.ids.new_id("evt"), made.agreed_at, made)
                unit.publish(OutboxMessage(event.id, EVENT_SUBJECT, event.to_json(), event.at))
            self._audit(unit, actor, Action.INCIDENT_APPROVE, made)
        return made

    def incidents(self, actor: Actor, machine: str) -> list[RecordedVersion[ServiceIncident]]:
        """Return all versions of the incidents of a machine that the actor may see."""
        with self._database.read() as connection:
            found = self._store.incidents(connection, machine)
        return [version for version in found if self._may_read(actor, version)]

    def exclusions(self, actor: Actor, machine: str) -> list[RecordedVersion[AgreedExclusion]]:
        """Return all versions of the exclusions of a machine that the actor may see."""
        with self._database.read() as connection:
            found = self._store.exclusions(connection, machine)
        return [version for version in found if self._may_read(actor, version)]

    def agreed_incidents(
        self, actor: Actor, machine: str, known_at: Instant
    ) -> list[ServiceIncident]:
        """Return the incidents of a machine as both sides had agreed by an instant."""
        return agreed(self.incidents(actor, machine), known_at)

    def agreed_exclusions(
        self, actor: Actor, machine: str, known_at: Instant
    ) -> list[AgreedExclusion]:
        """Return the exclusions of a machine as both sides had agreed by an instant."""
        return agreed(self.exclusions(actor, machine), known_at)

    def _check_next(
        self,
        unit: UnitOfWork,
        subject: AnySubject,
        version: int,
        versions: list[AnyVersion],
    ) -> None:
        kind = kind_of(subject)
        if version != len(versions) + 1:
            msg = (
                f"{kind} {subject.id} version {version}: expected {len(versions) + 1}; a version "
                "that is recorded never changes"
            )
            raise IncidentVersionTaken(msg)
        if versions and versions[0].subject.machine != subject.machine:
            msg = f"{kind} {subject.id} is one of {versions[0].subject.machine}"
            raise IncidentVersionTaken(msg)
        is_full = not versions and (
            self._store.count(unit.connection, kind, subject.machine) >= SUBJECTS_MAX
        )
        if version > VERSIONS_MAX or is_full:
            msg = (
                f"{kind} {subject.id}: at most {VERSIONS_MAX} versions, and {SUBJECTS_MAX} of "
                f"{subject.machine}"
            )
            raise TooManyVersions(msg)

    def _may_read(self, actor: Actor, version: AnyVersion) -> bool:
        resource = _resource(version.subject)
        return self._parts.authorizer.is_allowed(actor, Action.INCIDENT_READ, resource)

    def _audit(self, unit: UnitOfWork, actor: Actor, action: Action, version: AnyVersion) -> None:
        subject = version.subject
        detail = {"id": subject.id, "machine": subject.machine, "version": version.version}
        place = f"{kind_of(subject)}/{subject.id}"
        self._parts.audit.append(unit.connection, actor, action, place, detail)


def _resource(subject: AnySubject) -> Resource:
    """Return what grants are weighed for: the machine, at the beginning of what happened."""
    start = subject.reported_at if isinstance(subject, ServiceIncident) else subject.period.start
    period = Period(start, Instant(start + 1))
    return Resource(kind_of(subject).value, subject.id, machine=subject.machine, period=period)


def _lock(kind: SubjectKind, id_: str) -> str:
    return f"{kind}:{id_}"
