"""What incidents and agreed exclusions need of a database."""

from collections.abc import Collection
from typing import Protocol

import sqlalchemy as sa

from lineshaft.services.incidents.model import (
    AgreedExclusion,
    AnyVersion,
    RecordedVersion,
    ServiceIncident,
    SideApproval,
    SubjectKind,
)


class IncidentStore(Protocol):
    """Keeps versions and the approvals of both sides; none of them ever changes."""

    def insert(self, connection: sa.Connection, version: AnyVersion) -> None:
        """Keep a version that no side has approved yet."""
        ...

    def approve(
        self, connection: sa.Connection, version: AnyVersion, approval: SideApproval
    ) -> None:
        """Keep the approval of one side."""
        ...

    def versions(self, connection: sa.Connection, kind: SubjectKind, id_: str) -> list[AnyVersion]:
        """Return all versions of an incident or exclusion, the first one first."""
        ...

    def count(self, connection: sa.Connection, kind: SubjectKind, machine: str) -> int:
        """Return how many incidents or exclusions a machine has."""
        ...

    def incidents(
        self, connection: sa.Connection, machine: str
    ) -> list[RecordedVersion[ServiceIncident]]:
        """Return all versions of all incidents of a machine, by id and version."""
        ...

    def recent(
        self, connection: sa.Connection, machines: Collection[str] | None, limit: int
    ) -> list[RecordedVersion[ServiceIncident]]:
        """Return all versions of the incidents that were recorded last, by id and version.

        Args:
            connection: to read from.
            machines: only of these; None: of all.
            limit: most incidents.
        """
        ...

    def exclusions(
        self, connection: sa.Connection, machine: str
    ) -> list[RecordedVersion[AgreedExclusion]]:
        """Return all versions of all exclusions of a machine, by id and version."""
        ...
