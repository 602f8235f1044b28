"""What the kept supply networks need: a store, and contracts."""

from collections.abc import Sequence
from typing import Protocol

import msgspec
import sqlalchemy as sa

from lineshaft.core.clock import Clock
from lineshaft.infrastructure.database import Database
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import Actor
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.services.contracts.model import Contract
from lineshaft.valuechain.supplynetwork.versions.care import CareNote
from lineshaft.valuechain.supplynetwork.versions.model import OutageScenario
from lineshaft.valuechain.versions.service import VersionStore


class BoundContracts(Protocol):
    """Knows which versions of contracts bind."""

    def bound(self, actor: Actor, ids: Sequence[str]) -> dict[str, list[Contract]]:
        """Return the activated versions of contracts, the first one first.

        Contracts without any, or that the actor may not see, are left out.
        """
        ...


class NetworkStore(Protocol):
    """Keeps notes and scenarios; none of them ever changes."""

    def add_care_note(self, connection: sa.Connection, note: CareNote) -> None:
        """Keep a note of who looks after a dependency."""
        ...

    def care_notes(self, connection: sa.Connection) -> list[CareNote]:
        """Return all notes, the first one first."""
        ...

    def add_scenario(
        self, connection: sa.Connection, scenario: OutageScenario, content: bytes
    ) -> None:
        """Keep a scenario with its bytes."""
        ...

    def scenarios(self, connection: sa.Connection) -> list[OutageScenario]:
        """Return all scenarios, the one saved last first."""
        ...

    def scenario(self, connection: sa.Connection, id_: str) -> tuple[OutageScenario, bytes] | None:
        """Return a scenario with its bytes."""
        ...


class NetworkParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the use cases take."""

    database: Database
    versions: VersionStore
    store: NetworkStore
    contracts: BoundContracts
    authorizer: Authorizer
    audit: AuditChain
    clock: Clock
