"""What the clocks need of a database."""

from collections.abc import Collection
from typing import Protocol

import sqlalchemy as sa

from lineshaft.core.reading import SourceId
from lineshaft.services.metering.clocks.model import ClockOffset


class ClockStore(Protocol):
    """Keeps offsets; none of them ever changes."""

    def insert(self, connection: sa.Connection, offset: ClockOffset) -> None:
        """Keep an offset."""
        ...

    def find(self, connection: sa.Connection, id_: str) -> ClockOffset | None:
        """Return the offset of that id, or None."""
        ...

    def of_sources(
        self, connection: sa.Connection, sources: Collection[SourceId] | None
    ) -> list[ClockOffset]:
        """Return the offsets of some sources, or of all, in the order in which they were known."""
        ...

    def sources(self, connection: sa.Connection) -> frozenset[SourceId]:
        """Return the sources that have any."""
        ...
