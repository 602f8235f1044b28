"""The catalogue in SQL."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa

from lineshaft.core import canonical
from lineshaft.core.period import Instant
from lineshaft.services.contracts.catalogue.model import CatalogueEntry, Withdrawal
from lineshaft.services.contracts.catalogue.tables import OFFERING_WITHDRAWAL
from lineshaft.services.contracts.model import (
    Contract,
    ContractRecord,
    Offering,
    OfferingReference,
)
from lineshaft.services.contracts.tables import (
    CONTRACT_ACTIVATION,
    CONTRACT_VERSION,
    OFFERING_VERSION,
)

_OFFERING, _WITHDRAWAL = OFFERING_VERSION.c, OFFERING_WITHDRAWAL.c


class SqlCatalogueStore:
    """Implements `CatalogueStore` and `OfferingSales`."""

    def versions(self, connection: sa.Connection, id_: str) -> list[CatalogueEntry]:
        """Return all versions of an offering, the first one first."""
        query = sa.select(OFFERING_VERSION).where(_OFFERING.id == id_).order_by(_OFFERING.version)
        return _entries(connection, connection.execute(query).all())

    def last_versions(
        self, connection: sa.Connection, after: str, limit: int
    ) -> list[CatalogueEntry]:
        """Return the last version of each offering after an id, by id; at most `limit`."""
        last = (
            sa.select(_OFFERING.id, sa.func.max(_OFFERING.version).label("version"))
            .where(_OFFERING.id > after)
            .group_by(_OFFERING.id)
            .order_by(_OFFERING.id)
            .limit(limit)
            .subquery()
        )
        is_last = (_OFFERING.id == last.c.id) & (_OFFERING.version == last.c.version)
        query = sa.select(OFFERING_VERSION).join(last, is_last).order_by(_OFFERING.id)
        return _entries(connection, connection.execute(query).all())

    def named(
        self, connection: sa.Connection, references: Collection[OfferingReference]
    ) -> list[CatalogueEntry]:
        """Return these versions, as far as they exist."""
        wanted = {(each.id, each.version) for each in references}
        query = sa.select(OFFERING_VERSION).where(
            _OFFERING.id.in_(sorted({id_ for id_, _ in wanted}))
        )
        rows = connection.execute(query)
        return _entries(connection, [row for row in rows if (row.id, row.version) in wanted])

    def withdraw(self, connection: sa.Connection, withdrawal: Withdrawal) -> None:
        """Keep a withdrawal from sale."""
        connection.execute(
            sa.insert(OFFERING_WITHDRAWAL).values(
                id=withdrawal.offering.id,
                version=withdrawal.offering.version,
                reason=withdrawal.reason,
                withdrawn_at=withdrawal.at,
                withdrawn_by=withdrawal.by,
            )
        )

    def withdrawn_through(self, connection: sa.Connection, id_: str) -> int:
        """Return the last version of an offering that is withdrawn from sale; 0 for none."""
        query = sa.select(sa.func.max(_WITHDRAWAL.version)).where(_WITHDRAWAL.id == id_)
        return connection.execute(query).scalar() or 0

    def contracts(
        self, connection: sa.Connection, id_: str, after: str, limit: int
    ) -> list[ContractRecord]:
        """Return the last version of each contract that is made from an offering, by id."""
        other = CONTRACT_VERSION.alias()
        last = sa.select(sa.func.max(other.c.version)).where(other.c.id == CONTRACT_VERSION.c.id)
        is_bound = (CONTRACT_ACTIVATION.c.id == CONTRACT_VERSION.c.id) & (
            CONTRACT_ACTIVATION.c.version == CONTRACT_VERSION.c.version
        )
        # The content is canonical JSON: sorted keys, no blanks; within a text a quotation mark is
        # escaped. So this text stands nowhere else.
        named = f'"offering":{{"id":"{id_}",'
        query = (
            sa.select(CONTRACT_VERSION, CONTRACT_ACTIVATION.c.activated_at)
            .select_from(CONTRACT_VERSION.outerjoin(CONTRACT_ACTIVATION, is_bound))
            .where(CONTRACT_VERSION.c.version == last.scalar_subquery())
            .where(CONTRACT_VERSION.c.id > after)
            .where(CONTRACT_VERSION.c.content.contains(named, autoescape=True))
            .order_by(CONTRACT_VERSION.c.id)
            .limit(limit)
        )
        return [_record(row) for row in connection.execute(query)]


def _entries(connection: sa.Connection, rows: Iterable[Any]) -> list[CatalogueEntry]:
    rows = list(rows)
    ids = sorted({row.id for row in rows})
    withdrawals: dict[str, list[Withdrawal]] = defaultdict(list)
    query = (
        sa.select(OFFERING_WITHDRAWAL)
        .where(_WITHDRAWAL.id.in_(ids))
        .order_by(_WITHDRAWAL.id, _WITHDRAWAL.version)
    )
    for row in connection.execute(query):
        reference = OfferingReference(id=row.id, version=row.version)
        made = Withdrawal(reference, Instant(row.withdrawn_at), row.withdrawn_by, row.reason)
        withdrawals[row.id].append(made)
    return [
        CatalogueEntry(
            Offering.from_content(canonical.decode(row.content.encode())),
            Instant(row.created_at),
            next((w for w in withdrawals[row.id] if w.offering.version >= row.version), None),
        )
        for row in rows
    ]


def _record(row: Any) -> ContractRecord:
    return ContractRecord(
        contract=Contract.from_content(canonical.decode(row.content.encode())),
        created_at=Instant(row.created_at),
        activated_at=None if row.activated_at is None else Instant(row.activated_at),
    )
