"""Incidents and agreed exclusions in SQL: written once, never changed."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any, TypeVar

import sqlalchemy as sa

from lineshaft.core import canonical
from lineshaft.core.period import Instant
from lineshaft.services.incidents.model import (
    AgreedExclusion,
    AnyVersion,
    RecordedVersion,
    ServiceIncident,
    Side,
    SideApproval,
    SubjectKind,
    kind_of,
)
from lineshaft.services.incidents.tables import INCIDENT_APPROVAL, INCIDENT_VERSION

_Kind = TypeVar("_Kind", ServiceIncident, AgreedExclusion)
_Key = tuple[str, str, int]


class SqlIncidentStore:
    """Implements `IncidentStore`."""

    def insert(self, connection: sa.Connection, version: AnyVersion) -> None:
        """Keep a version that no side has approved yet."""
        subject = version.subject
        connection.execute(
            sa.insert(INCIDENT_VERSION).values(
                kind=kind_of(subject).value,
                id=subject.id,
                version=version.version,
                machine=subject.machine,
                content=canonical.encode(subject.to_content()).decode(),
                recorded_at=version.recorded_at,
                recorded_by=version.recorded_by,
            )
        )

    def approve(
        self, connection: sa.Connection, version: AnyVersion, approval: SideApproval
    ) -> None:
        """Keep the approval of one side."""
        connection.execute(
            sa.insert(INCIDENT_APPROVAL).values(
                kind=kind_of(version.subject).value,
                id=version.subject.id,
                version=version.version,
                side=approval.side.value,
                approved_at=approval.at,
                approved_by=approval.by,
            )
        )

    def versions(self, connection: sa.Connection, kind: SubjectKind, id_: str) -> list[AnyVersion]:
        """Return all versions of an incident or exclusion, the first one first."""
        table = INCIDENT_VERSION.c
        where = (table.kind == kind.value) & (table.id == id_)
        if kind is SubjectKind.INCIDENT:
            return list(_found(connection, where, ServiceIncident))
        return list(_found(connection, where, AgreedExclusion))

    def count(self, connection: sa.Connection, kind: SubjectKind, machine: str) -> int:
        """Return how many incidents or exclusions a machine has."""
        table = INCIDENT_VERSION.c
        query = sa.select(sa.func.count()).where(
            table.kind == kind.value, table.machine == machine, table.version == 1
        )
        return connection.execute(query).scalar_one()

    def incidents(
        self, connection: sa.Connection, machine: str
    ) -> list[RecordedVersion[ServiceIncident]]:
        """Return all versions of all incidents of a machine, by id and version."""
        return _found(connection, _of(SubjectKind.INCIDENT, machine), ServiceIncident)

    def recent(
        self, connection: sa.Connection, machines: Collection[str] | None, limit: int
    ) -> list[RecordedVersion[ServiceIncident]]:
        """Return all versions of the incidents that were recorded last, by id and version."""
        table = INCIDENT_VERSION.c
        kind = table.kind == SubjectKind.INCIDENT.value
        last = sa.select(table.id).where(kind, table.version == 1)
        if machines is not None:
            last = last.where(table.machine.in_(sorted(machines)))
        last = last.order_by(table.recorded_at.desc(), table.id).limit(limit)
        ids = connection.execute(last).scalars().all()
        return _found(connection, kind & table.id.in_(ids), ServiceIncident)

    def exclusions(
        self, connection: sa.Connection, machine: str
    ) -> list[RecordedVersion[AgreedExclusion]]:
        """Return all versions of all exclusions of a machine, by id and version."""
        return _found(connection, _of(SubjectKind.EXCLUSION, machine), AgreedExclusion)


def _of(kind: SubjectKind, machine: str) -> sa.ColumnElement[bool]:
    table = INCIDENT_VERSION.c
    return (table.kind == kind.value) & (table.machine == machine)


def _found(
    connection: sa.Connection, where: sa.ColumnElement[bool], kind: type[_Kind]
) -> list[RecordedVersion[_Kind]]:
    made, approved = INCIDENT_VERSION.c, INCIDENT_APPROVAL.c
    key = (
        (approved.kind == made.kind) & (approved.id == made.id) & (approved.version == made.version)
    )
    joined = INCIDENT_APPROVAL.join(INCIDENT_VERSION, key)
    approvals: dict[_Key, list[SideApproval]] = defaultdict(list)
    for row in connection.execute(sa.select(INCIDENT_APPROVAL).select_from(joined).where(where)):
        approval = SideApproval(Side(row.side), row.approved_by, Instant(row.approved_at))
        approvals[row.kind, row.id, row.version].append(approval)
    query = sa.select(INCIDENT_VERSION).where(where).order_by(made.id, made.version)
    return [
        _version(row, kind, approvals[row.kind, row.id, row.version])
        for row in connection.execute(query)
    ]


def _version(
    row: sa.Row[Any], kind: type[_Kind], approvals: list[SideApproval]
) -> RecordedVersion[_Kind]:
    return RecordedVersion(
        subject=kind.from_content(canonical.decode(row.content.encode())),
        version=row.version,
        recorded_at=Instant(row.recorded_at),
        recorded_by=row.recorded_by,
        approvals=tuple(sorted(approvals, key=lambda approval: (approval.at, approval.side))),
    )
