"""What metering needs of the historian and of a database."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec
import pyarrow as pa
import sqlalchemy as sa

from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import SignalId, SourceId
from lineshaft.platform.historian.model import Ahead, BlockProof, RangeQuery, SourceEpoch
from lineshaft.platform.historian.queries.model import BulkSlice, SegmentHashes
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.metering.clocks.model import ClockSteps
from lineshaft.services.metering.estimates.model import Estimate
from lineshaft.services.metering.exchanges.model import MeterExchange
from lineshaft.services.metering.model import UsageRecord


class BulkPart(Protocol):
    """Some of the rows, by time."""

    @property
    def days(self) -> Sequence[object]:
        """The days that it has."""
        ...

    def slices(self, *, is_apart: bool = False) -> Iterator[BulkSlice]:
        """Yield the rows in pieces, each later than the one before; the database may be asked.

        Args:
            is_apart: it must not be, in a copy of the process; what would need it is an error.
        """
        ...


class BulkRows(Protocol):
    """The decimals of many signals in a span, as known at one instant."""

    @property
    def sources(self) -> Sequence[SourceEpoch]:
        """All sources and epochs, with their numbers."""
        ...

    def parts(self, count: int, rows_min: int) -> Sequence[BulkPart]:
        """Return the rows in one to `count` parts by time, of at least `rows_min` rows or so."""
        ...

    def segments(self, source_epochs: Sequence[int]) -> Mapping[int, SegmentHashes]:
        """Return by source the hashes of its headers, in the order of their numbers."""
        ...


class History(Protocol):
    """The stored rows of a signal and the signed blocks that they came in: the historian."""

    def readings(self, actor: Actor, query: RangeQuery) -> pa.Table:
        """Return the rows of a range, with the columns of `RANGE_SCHEMA`."""
        ...

    def sources_of(self, actor: Actor, signal: SignalId) -> list[tuple[SourceId, int]]:
        """Return the sources and epochs that have stored records of a signal, in order."""
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

    def ahead(
        self, actor: Actor, signals: Sequence[SignalId], span: Period, known_at: Instant
    ) -> Ahead | None:
        """Return the rows of many signals and the blocks that they prove; None: ask one by one."""
        ...

    def bulk(
        self, actor: Actor, signals: Sequence[SignalId], span: Period, known_at: Instant
    ) -> BulkRows | None:
        """Return what reads the decimals of many signals; None where they cannot be read so."""
        ...


class Liveness(Protocol):
    """What is known of the sources of a signal beyond its last record."""

    def known_until(
        self, signal: SignalId, sources: Collection[SourceId], known_at: Instant, end: Instant
    ) -> Instant | None:
        """Return until when the sources of a signal are known to have had nothing more to say.

        None: nobody has to be alive for this signal, as for a replay of the past, or what its
        sources have said themselves reaches to `end`.

        Args:
            signal: of a machine.
            sources: that the rows are of.
            known_at: as it was known then.
            end: of the period that is asked about.
        """
        ...

    def ahead(self) -> "Liveness":
        """Return one that has read at once which sources have to be alive."""
        ...


class ClockSource(Protocol):
    """How wrong the clocks of the sources are: `clocks.service.Clocks`."""

    def sources(self, actor: Actor) -> frozenset[SourceId]:
        """Return the sources of whose clocks anything is recorded."""
        ...

    def in_force(
        self, actor: Actor, sources: Collection[SourceId], known_at: Instant
    ) -> ClockSteps:
        """Return the steps of some sources' clocks, as they were known at an instant."""
        ...


class ExchangeSource(Protocol):
    """Recorded exchanges of meters: `exchanges.service.MeterExchanges`."""

    def machines(self, actor: Actor) -> frozenset[str]:
        """Return the machines of which any exchange is recorded."""
        ...

    def in_force(
        self, actor: Actor, signal: SignalId, known_at: Instant
    ) -> Sequence[MeterExchange]:
        """Return the exchanges of a signal that were approved by an instant, in time order."""
        ...


class EstimateSource(Protocol):
    """Estimates of usage that nothing was recorded of: `estimates.service.Estimates`."""

    def machines(self, actor: Actor) -> frozenset[str]:
        """Return the machines of which any estimate is recorded."""
        ...

    def in_force(
        self, actor: Actor, machine: str, meter: str, known_at: Instant
    ) -> Sequence[Estimate]:
        """Return the estimates of a meter that counted at an instant, in time order."""
        ...


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What metering takes into account beside the readings; of what is None nothing is known.

    Attributes:
        liveness: without it, a state holds until the instant of knowledge.
        clocks: without it, every clock is right.
        exchanges: without it, meters are exchanged where their parameters say so only.
        estimates: without it, nothing is estimated.
    """

    liveness: Liveness | None = None
    clocks: ClockSource | None = None
    exchanges: ExchangeSource | None = None
    estimates: EstimateSource | None = None


class UsageStore(Protocol):
    """Keeps usage records for ever, under the hash of their content."""

    def insert(self, connection: sa.Connection, record: UsageRecord) -> None:
        """Keep a record; one that is there already stays as it is."""
        ...

    def find(self, connection: sa.Connection, digest: str) -> UsageRecord | None:
        """Return the record with that hash, or None."""
        ...
