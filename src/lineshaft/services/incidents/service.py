"""Record incidents and exclusions, agree to them, and say what was agreed at an instant."""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

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
    RECENT_MAX,
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
    check_text,
    kind_of,
)
from lineshaft.services.incidents.ports import IncidentStore

EVENT_SUBJECT = "event.incidents"
_NOT_FOUND: dict[SubjectKind, type[NotFound]] = {
    SubjectKind.INCIDENT: IncidentNotFound,
    SubjectKind.EXCLUSION: ExclusionNotFound,
}


class IncidentParts(msgspec.Struct, frozen=True, kw_only=True):
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

    def report(self, actor: Actor, machine: str, text: str) -> AnyVersion:
        """Say that something is wrong with a machine, now: an incident begins, its cause unknown.

        Raises:
            Forbidden: when the actor may not, such as a customer without a contract on it now.
            Invalid: when the text says nothing, or too much.
            TooManyVersions: when the machine has as many incidents as there may be.
        """
        check_text(text, f"request on {machine}")
        with self._database.unit_of_work() as unit:
            at = self._parts.known_at(unit)
            id_ = self._parts.ids.new_id("inc")
            subject = ServiceIncident(id_, machine, at, note=text)
            self._parts.authorizer.authorize(actor, Action.INCIDENT_REPORT, _resource(subject))
            return self._kept(unit, actor, (Action.INCIDENT_REPORT, at), (subject, 1, []))

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
            done = Action.INCIDENT_WRITE, self._parts.known_at(unit)
            return self._kept(unit, actor, done, (subject, version, versions))

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

    def recent(self, actor: Actor) -> list[RecordedVersion[ServiceIncident]]:
        """Return the last versions of the newest incidents the actor may see, the newest first.

        At most `RECENT_MAX`, of all machines.
        """
        machines = self._parts.authorizer.visible_machines(actor)
        with self._database.read() as connection:
            found = self._store.recent(connection, machines, RECENT_MAX)
        last = {version.subject.id: version for version in found}
        seen = [version for version in last.values() if self._may_read(actor, version)]
        return sorted(seen, key=lambda one: (one.subject.reported_at, one.subject.id), reverse=True)

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

    def _kept(
        self,
        unit: UnitOfWork,
        actor: Actor,
        done: tuple[Action, Instant],
        made_of: tuple[AnySubject, int, list[AnyVersion]],
    ) -> AnyVersion:
        """Keep the next version of a subject, and tell of it."""
        (action, at), (subject, version, versions) = done, made_of
        self._check_next(unit, subject, version, versions)
        made: AnyVersion = RecordedVersion(subject, version, at, actor.id)
        self._store.insert(unit.connection, made)
        event = version_recorded(self._parts.ids.new_id("evt"), made)
        unit.publish(OutboxMessage(event.id, EVENT_SUBJECT, event.to_json(), at))
        self._audit(unit, actor, action, made)
        return made

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
