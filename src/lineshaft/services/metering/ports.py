"""What metering needs of the historian and of a database."""

from collections.abc import Iterable
from typing import Protocol

import pyarrow as pa
import sqlalchemy as sa

from lineshaft.core.period import Instant
from lineshaft.core.reading import SignalId, SourceId
from lineshaft.platform.historian.model import BlockProof, RangeQuery
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.metering.model import UsageRecord


class History(Protocol):
    """The stored rows of a signal and the signed blocks that they came in: the historian."""

    def readings(self, actor: Actor, query: RangeQuery) -> pa.Table:
        """Return the rows of a range, with the columns of `RANGE_SCHEMA`."""
        ...

    def settle(self, actor: Actor, now: Instant) -> Instant:
        """Return an instant at which everything known stays known."""
        ...

    def proofs(
        self,
        actor: Actor,
        signal: SignalId,
        source: tuple[SourceId, int],
        ordinals: tuple[int, int],
    ) -> Iterable[BlockProof]:
        """Return the blocks of a source and epoch that hold the first to the last ordinal."""
        ...


class Liveness(Protocol):
    """What is known of the sources of a signal beyond its last record."""

    def known_until(self, signal: SignalId, known_at: Instant) -> Instant | None:
        """Return until when a live source is known to have had nothing more to say.

        None: nobody has to be alive for this signal, as for a replay of the past.
        """
        ...


class UsageStore(Protocol):
    """Keeps usage records for ever, under the hash of their content."""

    def insert(self, connection: sa.Connection, record: UsageRecord) -> None:
        """Keep a record; one that is there already stays as it is."""
        ...

    def find(self, connection: sa.Connection, digest: str) -> UsageRecord | None:
        """Return the record with that hash, or None."""
        ...
