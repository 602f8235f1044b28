"""What usage events need from others."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import sqlalchemy as sa

from lineshaft.core.reading import SignalId
from lineshaft.platform.historian.usage.model import KeptEvent, Producer


class KnownSignals(Protocol):
    """Which signals machines have; the twin knows."""

    def unknown(self, signals: Collection[SignalId]) -> frozenset[SignalId]:
        """Return those that no machine has."""
        ...


class UsageEventStore(Protocol):
    """Keeps ids of events and ordinals; `store.SqlUsageEventStore`."""

    def intern_producer(self, connection: sa.Connection, producer: Producer) -> int:
        """Return the number of a producer; a new one gets one, for ever."""
        ...

    def producer(self, connection: sa.Connection, producer: Producer) -> int | None:
        """Return the number of a producer, or None."""
        ...

    def kept(
        self, connection: sa.Connection, producer: int, ids: Sequence[str]
    ) -> dict[str, KeptEvent]:
        """Return what is kept of ids."""
        ...

    def page(
        self, connection: sa.Connection, producer: int, after: tuple[int, int], limit: int
    ) -> list[KeptEvent]:
        """Return what is kept behind (number of source and epoch, sequence), in that order."""
        ...

    def insert(self, connection: sa.Connection, producer: int, kept: Collection[KeptEvent]) -> None:
        """Keep new ids."""
        ...

    def ordinals(
        self, connection: sa.Connection, source_epoch: int, series: Mapping[str, int]
    ) -> dict[str, int]:
        """Return the last ordinal of series; those without one are left out."""
        ...

    def write_ordinals(
        self, connection: sa.Connection, source_epoch: int, ordinals: Mapping[int, int]
    ) -> None:
        """Keep the last ordinals of series."""
        ...
