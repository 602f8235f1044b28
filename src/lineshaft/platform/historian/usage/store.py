"""Ids of usage events and ordinals in SQL."""

import json
from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from typing import Any

import sqlalchemy as sa

from lineshaft.platform.historian.sql import insert_new, parts, upsert
from lineshaft.platform.historian.tables import DESK_ORDINAL, SOURCE_EPOCH
from lineshaft.platform.historian.usage.model import KeptEvent, Producer
from lineshaft.platform.historian.usage.tables import USAGE_EVENT, USAGE_PRODUCER

_NAMES = tuple(column.name for column in USAGE_EVENT.columns)
ROWS_PER_STATEMENT = 5_000
"""Ids of one INSERT: with six values each, below the 32,766 that SQLite takes."""
_KEPT = sa.select(
    USAGE_EVENT.c.event_id,
    USAGE_EVENT.c.digest,
    USAGE_EVENT.c.source_epoch,
    SOURCE_EPOCH.c.epoch,
    USAGE_EVENT.c.sequence,
    USAGE_EVENT.c.is_refused,
).join(SOURCE_EPOCH, SOURCE_EPOCH.c.id == USAGE_EVENT.c.source_epoch)
_OF_PRODUCER = _KEPT.where(USAGE_EVENT.c.producer == sa.bindparam("of"))
_ASKED = sa.func.json_each(sa.bindparam("ids")).table_valued("value")
_OF_IDS = {
    # All ids are one parameter: to spread thousands over a statement takes longer than to look.
    "sqlite": _OF_PRODUCER.where(USAGE_EVENT.c.event_id.in_(sa.select(_ASKED.c.value))),
    "postgresql": _OF_PRODUCER.where(
        USAGE_EVENT.c.event_id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(sa.Text)))
    ),
}
_INSERT_ARRAYS = sa.text(
    f"INSERT INTO {USAGE_EVENT.name} ({', '.join(_NAMES)}) SELECT * FROM unnest("
    "CAST(:producer AS bigint[]), CAST(:event_id AS text[]), CAST(:digest AS bytea[]), "
    "CAST(:source_epoch AS bigint[]), CAST(:sequence AS bigint[]), CAST(:is_refused AS boolean[]))"
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
        dialect = connection.dialect.name
        asked = json.dumps(ids) if dialect == "sqlite" else ids
        rows = connection.execute(_OF_IDS[dialect], {"of": producer, "ids": asked})
        return {row.event_id: KeptEvent(*row) for row in rows}

    def page(
        self, connection: sa.Connection, producer: int, after: tuple[int, int], limit: int
    ) -> list[KeptEvent]:
        """Return what is kept behind (number of source and epoch, sequence), in that order."""
        behind = _RECORD > sa.tuple_(*map(sa.literal, after))  # noqa: SIM300 - SQL reads that way
        query = _KEPT.where(USAGE_EVENT.c.producer == producer, behind)
        order = USAGE_EVENT.c.source_epoch, USAGE_EVENT.c.sequence
        return [KeptEvent(*row) for row in connection.execute(query.order_by(*order).limit(limit))]

    def insert(self, connection: sa.Connection, producer: int, kept: Collection[KeptEvent]) -> None:
        """Keep new ids.

        Thousands stand in one statement: between two of them the driver lets other threads run,
        and each that computes keeps the transaction waiting for 5 ms.
        """
        # In the order of the key, so that each page of its tree is written once.
        rows = sorted(
            (producer, one.id, one.digest, one.source_epoch, one.sequence, one.is_refused)
            for one in kept
        )
        if connection.dialect.name == "postgresql":
            columns = map(list, zip(*rows, strict=True))
            connection.execute(_INSERT_ARRAYS, dict(zip(_NAMES, columns, strict=False)))
            return
        for start in range(0, len(rows), ROWS_PER_STATEMENT):
            part = rows[start : start + ROWS_PER_STATEMENT]
            connection.exec_driver_sql(_insert(len(part)), tuple(chain.from_iterable(part)))

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


def _insert(count: int) -> str:
    row = f"({', '.join('?' * len(_NAMES))})"
    return f"INSERT INTO {USAGE_EVENT.name} ({', '.join(_NAMES)}) VALUES {', '.join([row] * count)}"
