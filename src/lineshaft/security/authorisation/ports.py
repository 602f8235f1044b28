"""What authorisation needs of a database."""

from typing import Protocol

import sqlalchemy as sa

from lineshaft.core.period import Instant
from lineshaft.security.authorisation.model import Grant


class GrantStore(Protocol):
    """Keeps the grants."""

    def insert(self, connection: sa.Connection, grant: Grant) -> None:
        """Keep a grant; one with the same contract, machine and start is replaced."""
        ...

    def count(self, connection: sa.Connection, organisation: str) -> int:
        """Return how many grants an organisation has, ended ones included."""
        ...

    def end(self, connection: sa.Connection, contract: str, at: Instant) -> int:
        """End all grants of a contract; those that would begin later are removed.

        Returns:
            how many were changed or removed.
        """
        ...

    def of_organisation(self, connection: sa.Connection, organisation: str) -> list[Grant]:
        """Return all grants of an organisation in order of machine and start."""
        ...
