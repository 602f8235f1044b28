"""Ids of usage events and ordinals in SQL."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from lineshaft.platform.historian.sql import execute_rows, insert_new, parts, upsert
from lineshaft.platform.historian.tables import DESK_ORDINAL, SOURCE_EPOCH
from lineshaft.platform.historian.usage.model import KeptEvent, Producer
from lineshaft.platform.historian.usage.tables import USAGE_EVENT, USAGE_PRODUCER

_NAMES = tuple(column.name for column in USAGE_EVENT.columns)
_KEPT = sa.select(
    USAGE_EVENT.c.event_id,
    USAGE_EVENT.c.digest,
    USAGE_EVENT.c.source_epoch,
    SOURCE_EPOCH.c.epoch,
    USAGE_EVENT.c.sequence,
    USAGE_EVENT.c.is_refused,
).join(SOURCE_EPOCH, SOURCE_EPOCH.c.id == USAGE_EVENT.c.source_epoch)
_OF_IDS = _KEPT.where(
    USAGE_EVENT.c.producer == sa.bindparam("of"),
    USAGE_EVENT.c.event_id.in_(sa.bindparam("ids", expanding=True)),
)
_RECORD = sa.tuple_(USAGE_EVENT.c.source_epoch, USAGE_EVENT.c.sequence)
_ORDINALS = sa.select(DESK_ORDINAL.c.series, DESK_ORDINAL.c.ordinal).where(
    DESK_ORDINAL.c.source_epoch == sa.bindparam("of"),
    DESK_ORDINAL.c.series.in_(sa.bindparam("ids", expanding=True)),
)


class SqlUsageEventStore:
    """Keeps ids of events for ever, and how far the series of the hub's source have come."""

    def intern_producer(self, connection: sa.Connection, producer: Producer) -> int:
        """Return the number of a producer; a new one gets one, for ever."""
        row = {"organisation": producer.organisation, "name": producer.name}
        insert_new(connection, USAGE_PRODUCER, [row])
        number: int = connection.execute(_producer(producer)).scalar_one()
        return number

    def producer(self, connection: sa.Connection, producer: Producer) -> int | None:
        """Return the number of a producer, or None."""
        number: int | None = connection.execute(_producer(producer)).scalar_one_or_none()
        return number

    def kept(
        self, connection: sa.Connection, producer: int, ids: Sequence[str]
    ) -> dict[str, KeptEvent]:
        """Return what is kept of ids."""
        found: dict[str, KeptEvent] = {}
        for part in parts(ids):
            for row in connection.execute(_OF_IDS, {"of": producer, "ids": part}):
                found[row.event_id] = KeptEvent(*row)
        return found

    def page(
        self, connection: sa.Connection, producer: int, after: tuple[int, int], limit: int
    ) -> list[KeptEvent]:
        """Return what is kept behind (number of source and epoch, sequence), in that order."""
        behind = _RECORD > sa.tuple_(*map(sa.literal, after))  # noqa: SIM300 - SQL reads that way
        query = _KEPT.where(USAGE_EVENT.c.producer == producer, behind)
        order = USAGE_EVENT.c.source_epoch, USAGE_EVENT.c.sequence
        return [KeptEvent(*row) for row in connection.execute(query.order_by(*order).limit(limit))]

    def insert(self, connection: sa.Connection, producer: int, kept: Sequence[KeptEvent]) -> None:
        """Keep new ids."""
        rows = [
            (producer, one.id, one.digest, one.source_epoch, one.sequence, one.is_refused)
            for one in kept
        ]
        execute_rows(connection, _insert, _NAMES, rows)

    def ordinals(
        self, connection: sa.Connection, source_epoch: int, series: Mapping[str, int]
    ) -> dict[str, int]:
        """Return the last ordinal of series; those without one are left out."""
        known: dict[int, int] = {}
        for part in parts(list(series.values())):
            for row in connection.execute(_ORDINALS, {"of": source_epoch, "ids": part}):
                known[row.series] = row.ordinal
        return {signal: known[id_] for signal, id_ in series.items() if id_ in known}

    def write_ordinals(
        self, connection: sa.Connection, source_epoch: int, ordinals: Mapping[int, int]
    ) -> None:
        """Keep the last ordinals of series."""
        rows = [
            {"source_epoch": source_epoch, "series": series, "ordinal": ordinal}
            for series, ordinal in ordinals.items()
        ]
        upsert(connection, DESK_ORDINAL, rows)


def _producer(producer: Producer) -> Any:
    table = USAGE_PRODUCER.c
    return sa.select(table.id).where(
        table.organisation == producer.organisation, table.name == producer.name
    )


def _insert(_dialect: str) -> Any:
    return sa.insert(USAGE_EVENT)
