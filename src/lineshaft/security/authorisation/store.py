"""Grants in SQL."""

import sqlalchemy as sa

from lineshaft.core.period import Instant
from lineshaft.security.authorisation.model import Grant
from lineshaft.security.authorisation.tables import GRANT


class SqlGrantStore:
    """Implements `GrantStore`."""

    def insert(self, connection: sa.Connection, grant: Grant) -> None:
        """Keep a grant; one with the same contract, machine and start is replaced."""
        key = (
            (GRANT.c.contract == grant.contract)
            & (GRANT.c.machine == grant.machine)
            & (GRANT.c.start_at == grant.start)
        )
        connection.execute(sa.delete(GRANT).where(key))
        connection.execute(
            sa.insert(GRANT).values(
                contract=grant.contract,
                machine=grant.machine,
                start_at=grant.start,
                end_at=grant.end,
                organisation=grant.organisation,
            )
        )

    def count(self, connection: sa.Connection, organisation: str) -> int:
        """Return how many grants an organisation has, ended ones included."""
        query = sa.select(sa.func.count()).where(GRANT.c.organisation == organisation)
        return connection.execute(query).scalar_one()

    def end(self, connection: sa.Connection, contract: str, at: Instant) -> int:
        """End all grants of a contract; those that would begin later are removed."""
        is_of_contract = GRANT.c.contract == contract
        removed = connection.execute(
            sa.delete(GRANT).where(is_of_contract & (GRANT.c.start_at >= at))
        )
        is_longer = GRANT.c.end_at.is_(None) | (GRANT.c.end_at > at)
        shortened = connection.execute(
            sa.update(GRANT).where(is_of_contract & is_longer).values(end_at=at)
        )
        return removed.rowcount + shortened.rowcount

    def of_organisation(self, connection: sa.Connection, organisation: str) -> list[Grant]:
        """Return all grants of an organisation in order of machine and start."""
        query = (
            sa.select(GRANT)
            .where(GRANT.c.organisation == organisation)
            .order_by(GRANT.c.machine, GRANT.c.start_at, GRANT.c.contract)
        )
        return [
            Grant(
                organisation=row.organisation,
                machine=row.machine,
                start=Instant(row.start_at),
                end=None if row.end_at is None else Instant(row.end_at),
                contract=row.contract,
            )
            for row in connection.execute(query)
        ]
