"""Exchanges of meters in SQL: written once, never changed."""

from typing import Any

import sqlalchemy as sa

from lineshaft.core import canonical
from lineshaft.core.period import Instant
from lineshaft.core.reading import SignalId
from lineshaft.services.metering.exchanges.model import (
    ExchangeApproval,
    ExchangeVersion,
    MeterExchange,
)
from lineshaft.services.metering.exchanges.tables import METER_EXCHANGE, METER_EXCHANGE_APPROVAL


class SqlExchangeStore:
    """Implements `ExchangeStore`."""

    def insert(self, connection: sa.Connection, version: ExchangeVersion) -> None:
        """Keep a version that nobody has approved yet."""
        exchange = version.exchange
        connection.execute(
            sa.insert(METER_EXCHANGE).values(
                id=exchange.id,
                version=version.version,
                machine=exchange.machine,
                signal=exchange.signal,
                content=canonical.encode(exchange.to_content()).decode(),
                recorded_at=version.recorded_at,
                recorded_by=version.recorded_by,
            )
        )

    def approve(
        self, connection: sa.Connection, version: ExchangeVersion, approval: ExchangeApproval
    ) -> None:
        """Keep the approval of a version."""
        connection.execute(
            sa.insert(METER_EXCHANGE_APPROVAL).values(
                id=version.exchange.id,
                version=version.version,
                approved_at=approval.at,
                approved_by=approval.by,
            )
        )

    def versions(self, connection: sa.Connection, id_: str) -> list[ExchangeVersion]:
        """Return all versions of an exchange, the first one first."""
        return _found(connection, METER_EXCHANGE.c.id == id_)

    def of_signal(self, connection: sa.Connection, signal: SignalId) -> list[ExchangeVersion]:
        """Return all versions of all exchanges of a signal, by id and version."""
        return _found(connection, METER_EXCHANGE.c.signal == signal)

    def machines(self, connection: sa.Connection) -> frozenset[str]:
        """Return the machines of which any exchange is recorded."""
        return frozenset(connection.scalars(sa.select(METER_EXCHANGE.c.machine).distinct()))

    def of_machine(self, connection: sa.Connection, machine: str) -> list[ExchangeVersion]:
        """Return all versions of all exchanges on a machine, by id and version."""
        return _found(connection, METER_EXCHANGE.c.machine == machine)


def _found(connection: sa.Connection, which: sa.ColumnElement[bool]) -> list[ExchangeVersion]:
    made, approved = METER_EXCHANGE.c, METER_EXCHANGE_APPROVAL.c
    key = (approved.id == made.id) & (approved.version == made.version)
    query = (
        sa.select(METER_EXCHANGE, approved.approved_at, approved.approved_by)
        .select_from(METER_EXCHANGE.outerjoin(METER_EXCHANGE_APPROVAL, key))
        .where(which)
        .order_by(made.id, made.version)
    )
    return [_version(row) for row in connection.execute(query)]


def _version(row: sa.Row[Any]) -> ExchangeVersion:
    approval = None
    if row.approved_at is not None:
        approval = ExchangeApproval(row.approved_by, Instant(row.approved_at))
    exchange = MeterExchange.from_content(canonical.decode(row.content.encode()))
    recorded_at = Instant(row.recorded_at)
    return ExchangeVersion(exchange, row.version, recorded_at, row.recorded_by, approval)
