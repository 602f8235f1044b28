"""What contracts need of a database, and of the store of readings."""

from collections.abc import Sequence
from typing import Protocol

import sqlalchemy as sa

from lineshaft.core.period import Instant
from lineshaft.infrastructure.database import UnitOfWork
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.contracts.model import Contract, ContractRecord, Offering


class ContractStore(Protocol):
    """Keeps versions of offerings and contracts; none of them ever changes."""

    def add_offering(self, connection: sa.Connection, offering: Offering, at: Instant) -> None:
        """Keep a new version."""
        ...

    def offering(self, connection: sa.Connection, id_: str, version: int | None) -> Offering | None:
        """Return a version of an offering, the last one for None."""
        ...

    def offerings(self, connection: sa.Connection) -> list[Offering]:
        """Return the last version of each offering, by id."""
        ...

    def add_contract(self, connection: sa.Connection, contract: Contract, at: Instant) -> None:
        """Keep a new version as a draft."""
        ...

    def activate(self, connection: sa.Connection, id_: str, version: int, at: Instant) -> None:
        """Note that a version binds from now on."""
        ...

    def activated(
        self, connection: sa.Connection, organisations: frozenset[str] | None
    ) -> list[str]:
        """Return the ids of contracts with an activated version; of these organisations, or all."""
        ...

    def versions(self, connection: sa.Connection, id_: str) -> list[ContractRecord]:
        """Return all versions of a contract, the first one first."""
        ...

    def versions_of(self, connection: sa.Connection, ids: Sequence[str]) -> list[ContractRecord]:
        """Return all versions of contracts, by id, the first one first."""
        ...

    def contracts(
        self, connection: sa.Connection, organisations: frozenset[str] | None
    ) -> list[ContractRecord]:
        """Return the last version of each contract, by id; of these organisations, or of all."""
        ...


class OfferingSales(Protocol):
    """Knows what is not sold any more."""

    def withdrawn_through(self, connection: sa.Connection, id_: str) -> int:
        """Return the last version of an offering that is withdrawn from sale; 0 for none."""
        ...


class ContractHolds(Protocol):
    """Holds the readings that a contract bills from, so that nobody deletes them."""

    def contract_binds(
        self, unit: UnitOfWork, actor: Actor, contract: Contract, before: Sequence[Contract]
    ) -> None:
        """Hold what a version meters, in the unit of work that lets it bind.

        Args:
            unit: of the activation.
            actor: who activates.
            contract: the version that binds from now on.
            before: the activated versions before it, the first one first.
        """
        ...
