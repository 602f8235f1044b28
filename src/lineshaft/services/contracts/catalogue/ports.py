"""What the catalogue needs of a database."""

from collections.abc import Collection
from typing import Protocol

import sqlalchemy as sa

from lineshaft.services.contracts.catalogue.model import CatalogueEntry, Withdrawal
from lineshaft.services.contracts.model import ContractRecord, OfferingReference


class CatalogueStore(Protocol):
    """Reads versions of offerings with their withdrawals, and who uses them."""

    def versions(self, connection: sa.Connection, id_: str) -> list[CatalogueEntry]:
        """Return all versions of an offering, the first one first."""
        ...

    def last_versions(
        self, connection: sa.Connection, after: str, limit: int
    ) -> list[CatalogueEntry]:
        """Return the last version of each offering after an id, by id; at most `limit`."""
        ...

    def named(
        self, connection: sa.Connection, references: Collection[OfferingReference]
    ) -> list[CatalogueEntry]:
        """Return these versions, as far as they exist."""
        ...

    def withdraw(self, connection: sa.Connection, withdrawal: Withdrawal) -> None:
        """Keep a withdrawal from sale."""
        ...

    def contracts(
        self, connection: sa.Connection, id_: str, after: str, limit: int
    ) -> list[ContractRecord]:
        """Return the last version of each contract that is made from an offering, by id.

        Args:
            connection: to read on.
            id_: of the offering, whatever version.
            after: begin after the contract of this id.
            limit: at most so many.
        """
        ...
