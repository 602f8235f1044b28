"""Clock offsets in SQL: written once, never changed."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from lineshaft.core.period import Instant
from lineshaft.core.reading import SourceId
from lineshaft.services.metering.clocks.model import (
    ClockEntry,
    ClockOffset,
    ClockOrigin,
    ClockStep,
)
from lineshaft.services.metering.clocks.tables import CLOCK_OFFSET


class SqlClockStore:
    """Implements `ClockStore`."""

    def insert(self, connection: sa.Connection, offset: ClockOffset) -> None:
        """Keep an offset."""
        step = offset.entry.step
        connection.execute(
            sa.insert(CLOCK_OFFSET).values(
                id=offset.entry.id,
                source=step.source,
                valid_from=step.valid_from,
                offset_us=step.offset_us,
                reason=offset.entry.reason,
                origin=offset.origin.value,
                author=offset.author,
                known_at=offset.known_at,
            )
        )

    def find(self, connection: sa.Connection, id_: str) -> ClockOffset | None:
        """Return the offset of that id, or None."""
        query = sa.select(CLOCK_OFFSET).where(CLOCK_OFFSET.c.id == id_)
        row = connection.execute(query).first()
        return None if row is None else _offset(row)

    def of_sources(
        self, connection: sa.Connection, sources: Collection[SourceId] | None
    ) -> list[ClockOffset]:
        """Return the offsets of some sources, or of all, in the order in which they were known."""
        table = CLOCK_OFFSET.c
        query = sa.select(CLOCK_OFFSET).order_by(table.known_at, table.id)
        if sources is not None:
            query = query.where(table.source.in_(sorted(sources)))
        return [_offset(row) for row in connection.execute(query)]

    def sources(self, connection: sa.Connection) -> frozenset[SourceId]:
        """Return the sources that have any."""
        query = sa.select(CLOCK_OFFSET.c.source).distinct()
        return frozenset(map(SourceId, connection.scalars(query)))


def _offset(row: sa.Row[Any]) -> ClockOffset:
    step = ClockStep(SourceId(row.source), Instant(row.valid_from), row.offset_us)
    entry = ClockEntry(row.id, step, row.reason)
    return ClockOffset(entry, ClockOrigin(row.origin), row.author, Instant(row.known_at))
