"""What contracts need of a database, and of the store of readings."""

from collections.abc import Sequence
from typing import Protocol

import sqlalchemy as sa

from lineshaft.core.period import Instant, Period
from lineshaft.infrastructure.database import UnitOfWork
from lineshaft.security.authorisation.model import Actor
from lineshaft.security.keys.model import Signature
from lineshaft.services.contracts.life import ContractAct
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

    def add_act(self, connection: sa.Connection, act: ContractAct) -> None:
        """Keep an act."""
        ...

    def acts(self, connection: sa.Connection, id_: str) -> list[ContractAct]:
        """Return what was done with a contract, the first one first."""
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


class Documented(Protocol):
    """A document of a period."""

    @property
    def number(self) -> str:
        """Its number."""
        ...

    @property
    def period(self) -> Period:
        """The period that it is of."""
        ...


class IssuedPeriods(Protocol):
    """Knows which periods of a contract are documented."""

    def overlapping(
        self, connection: sa.Connection, contract: str, period: Period
    ) -> Documented | None:
        """Return a document that covers a part of the period, if there is one."""
        ...


class Signer(Protocol):
    """Signs with the document key of the hub; `DocumentKeys` does."""

    def sign(self, connection: sa.Connection, data: bytes | memoryview) -> Signature:
        """Sign canonical bytes that name their format."""
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
