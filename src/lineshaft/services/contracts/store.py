"""Offerings and contracts in SQL."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from msgspec import json

from lineshaft.core import canonical
from lineshaft.core.period import Instant
from lineshaft.services.contracts.content import from_canonical
from lineshaft.services.contracts.life import ActKind, ContractAct
from lineshaft.services.contracts.model import Contract, ContractRecord, Offering, Terms
from lineshaft.services.contracts.tables import (
    CONTRACT_ACT,
    CONTRACT_ACTIVATION,
    CONTRACT_VERSION,
    OFFERING_VERSION,
)

TERMS_KNOWN_MAX = 256
"""Different terms that are kept after they were read."""
_IS_OF = (CONTRACT_ACTIVATION.c.id == CONTRACT_VERSION.c.id) & (
    CONTRACT_ACTIVATION.c.version == CONTRACT_VERSION.c.version
)


class SqlContractStore:
    """Implements `ContractStore`."""

    def add_offering(self, connection: sa.Connection, offering: Offering, at: Instant) -> None:
        """Keep a new version."""
        connection.execute(
            sa.insert(OFFERING_VERSION).values(
                id=offering.id,
                version=offering.version,
                content=_text(offering.to_content()),
                created_at=at,
            )
        )

    def offering(self, connection: sa.Connection, id_: str, version: int | None) -> Offering | None:
        """Return a version of an offering, the last one for None."""
        table = OFFERING_VERSION
        query = sa.select(table.c.content).where(table.c.id == id_)
        if version is not None:
            query = query.where(table.c.version == version)
        content = connection.execute(query.order_by(table.c.version.desc()).limit(1)).scalar()
        return None if content is None else Offering.from_content(_content(content))

    def offerings(self, connection: sa.Connection) -> list[Offering]:
        """Return the last version of each offering, by id."""
        table = OFFERING_VERSION
        query = sa.select(table.c.content).where(_is_last(table)).order_by(table.c.id)
        return [Offering.from_content(_content(text)) for text in connection.scalars(query)]

    def add_contract(self, connection: sa.Connection, contract: Contract, at: Instant) -> None:
        """Keep a new version as a draft."""
        connection.execute(
            sa.insert(CONTRACT_VERSION).values(
                id=contract.id,
                version=contract.version,
                organisation=contract.organisation,
                content=_text(contract.to_content()),
                created_at=at,
            )
        )

    def activate(self, connection: sa.Connection, id_: str, version: int, at: Instant) -> None:
        """Note that a version binds from now on."""
        values = {"id": id_, "version": version, "activated_at": at}
        connection.execute(sa.insert(CONTRACT_ACTIVATION).values(values))

    def add_act(self, connection: sa.Connection, act: ContractAct) -> None:
        """Keep an act."""
        connection.execute(
            sa.insert(CONTRACT_ACT).values(
                contract=act.contract,
                number=act.number,
                kind=str(act.kind),
                version=act.version,
                at=act.at,
                recorded_at=act.recorded_at,
                recorded_by=act.recorded_by,
                recorded_name=act.recorded_name,
                detail=_text(act.detail),
            )
        )

    def acts(self, connection: sa.Connection, id_: str) -> list[ContractAct]:
        """Return what was done with a contract, the first one first."""
        table = CONTRACT_ACT
        query = sa.select(table).where(table.c.contract == id_).order_by(table.c.number)
        return [
            ContractAct(
                contract=row.contract,
                number=row.number,
                kind=ActKind(row.kind),
                version=row.version,
                at=Instant(row.at),
                recorded_at=Instant(row.recorded_at),
                recorded_by=row.recorded_by,
                recorded_name=row.recorded_name,
                detail=_content(row.detail),
            )
            for row in connection.execute(query)
        ]

    def activated(
        self, connection: sa.Connection, organisations: frozenset[str] | None
    ) -> list[str]:
        """Return the ids of contracts with an activated version; of these organisations, or all."""
        columns = (CONTRACT_VERSION.c.id, CONTRACT_VERSION.c.organisation)
        query = sa.select(*columns).join_from(CONTRACT_ACTIVATION, CONTRACT_VERSION, _IS_OF)
        rows = connection.execute(query.distinct()).all()
        seen = {
            row.id for row in rows if organisations is None or row.organisation in organisations
        }
        return sorted(seen)

    def versions(self, connection: sa.Connection, id_: str) -> list[ContractRecord]:
        """Return all versions of a contract, the first one first."""
        query = _records().where(CONTRACT_VERSION.c.id == id_).order_by(CONTRACT_VERSION.c.version)
        return [_record(row) for row in connection.execute(query)]

    def versions_of(self, connection: sa.Connection, ids: Sequence[str]) -> list[ContractRecord]:
        """Return all versions of contracts, by id, the first one first."""
        table = CONTRACT_VERSION.c
        query = _records().where(table.id.in_(ids)).order_by(table.id, table.version)
        return [_record(row) for row in connection.execute(query)]

    def contracts(
        self, connection: sa.Connection, organisations: frozenset[str] | None
    ) -> list[ContractRecord]:
        """Return the last version of each contract, by id; of these organisations, or of all."""
        query = _records().where(_is_last(CONTRACT_VERSION)).order_by(CONTRACT_VERSION.c.id)
        if organisations is not None:
            query = query.where(CONTRACT_VERSION.c.organisation.in_(sorted(organisations)))
        return [_record(row) for row in connection.execute(query)]


def _is_last(table: sa.Table) -> sa.ColumnElement[bool]:
    other = table.alias()
    last = sa.select(sa.func.max(other.c.version)).where(other.c.id == table.c.id)
    return table.c.version == last.scalar_subquery()


def _records() -> sa.Select[Any]:
    columns = (CONTRACT_VERSION, CONTRACT_ACTIVATION.c.activated_at)
    return sa.select(*columns).select_from(CONTRACT_VERSION.outerjoin(CONTRACT_ACTIVATION, _IS_OF))


def _record(row: Any) -> ContractRecord:
    return ContractRecord(
        contract=_contract(row.content),
        created_at=Instant(row.created_at),
        activated_at=None if row.activated_at is None else Instant(row.activated_at),
    )


def _contract(text: str) -> Contract:
    content = _content(text)
    return from_canonical(content | {"terms": _terms(json.encode(content["terms"]))}, Contract)


@lru_cache(maxsize=TERMS_KNOWN_MAX)
def _terms(data: bytes) -> Terms:
    """Read terms, once for all contracts that have the same: those of an offering mostly do."""
    return from_canonical(json.decode(data), Terms)


def _text(content: dict[str, Any]) -> str:
    return canonical.encode(content).decode()


def _content(text: str) -> Any:
    return canonical.decode(text.encode())
