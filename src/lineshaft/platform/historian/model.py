"""What the historian stores and answers: pure types."""

from collections.abc import Sequence

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import RecordKind, SignalId, SourceId
from lineshaft.core.segment.header import NO_PREVIOUS, Header
from lineshaft.core.value import Columns, Value, from_columns
from lineshaft.platform.historian.packed import HeldPaths

US_PER_HOUR = 3_600_000_000
HOURS_PER_DAY = 24
HOUR_LEVEL, DAY_LEVEL = 1, 2
DAY_SERIES_ROWS_MAX = 4_000_000
"""A series with more rows in a day (46 per second) gets no roll-up of it: memory is bounded."""
POINTS_MAX = 2_000

RANGE_SCHEMA = pa.schema(
    [
        pa.field("ts", pa.int64(), nullable=False),
        pa.field("own_ts", pa.int64()),
        pa.field("source", pa.string(), nullable=False),
        pa.field("epoch", pa.uint32(), nullable=False),
        pa.field("sequence", pa.uint64(), nullable=False),
        pa.field("ordinal", pa.uint64(), nullable=False),
        pa.field("kind", pa.uint8(), nullable=False),
        pa.field("status", pa.uint32(), nullable=False),
        pa.field("mantissa", pa.int64()),
        pa.field("exponent", pa.int8()),
        pa.field("number", pa.float64()),
        pa.field("text", pa.string()),
    ]
)
"""The columns of a range of readings, in (ts, source, epoch, sequence) order."""

BUCKET_SCHEMA = pa.schema(
    [
        pa.field("bucket_start", pa.int64(), nullable=False),
        pa.field("min", pa.float64(), nullable=False),
        pa.field("max", pa.float64(), nullable=False),
        pa.field("mean", pa.float64(), nullable=False),
        pa.field("count", pa.int64(), nullable=False),
    ]
)
"""The columns of a downsampled range; a bucket without readings is absent."""

NEVER = np.iinfo(np.int64).min
"""Stands in a zone entry for an instant that does not exist."""

ZONE_DTYPE = np.dtype(
    [
        ("series", "<i4"),
        ("rows", "<i4"),
        ("first_ts", "<i8"),
        ("last_ts", "<i8"),
        ("first_ordinal", "<i8"),
        ("last_ordinal", "<i8"),
        ("first_state_ts", "<i8"),
        ("last_state_ts", "<i8"),
        ("first_good_ts", "<i8"),
        ("last_good_ts", "<i8"),
    ]
)
"""What a store file says of one series without being opened.

`rows`, `first_ts`, `last_ts` and the ordinals are of all its records; `…state_ts` of readings and
status records; `…good_ts` of readings with a good status.
"""
ZONE_PART_SERIES = 64
"""Series per row of the zone map: a query reads the parts that hold its series only."""


class Mark(msgspec.Struct, frozen=True):
    """The high-water mark of a source and epoch: everything up to here is stored for ever.

    Attributes:
        number: header number; 0 before the first.
        sequence: last record of that header.
        header_hash: hash of that header; zeros before the first.
    """

    number: int = 0
    sequence: int = 0
    header_hash: bytes = NO_PREVIOUS


class SourceEpoch(msgspec.Struct, frozen=True):
    """A source and epoch under the small number that its rows carry, with its mark."""

    id: int
    source: SourceId
    epoch: int
    mark: Mark
    known_at: Instant


class StoreFile(msgspec.Struct, frozen=True):
    """A Parquet file of the historian, as the manifest knows it.

    Attributes:
        id: number in the manifest; 0 before it is registered.
        path: relative to the directory of the store.
        level: 0 as committed, or gathered from such files; 1 of a closed hour; 2 of a closed day.
        hour: first of its hours, since 1970-01-01T00:00Z.
        known_at: when the youngest of its rows became known.
        sha256: hash of the whole file.
        merges: at level 0, how often its rows were gathered.
        hours: how many hours it spans, 1 or 24.
    """

    path: str
    level: int
    hour: int
    rows: int
    min_ts: Instant
    max_ts: Instant
    min_series: int
    max_series: int
    min_sequence: int
    max_sequence: int
    size: int
    sha256: bytes
    known_at: Instant
    id: int = 0
    merges: int = 0
    hours: int = 1

    @property
    def last_hour(self) -> int:
        """The last of its hours."""
        return self.hour + self.hours - 1

    @property
    def day(self) -> int:
        """Days since 1970-01-01 of every row in it."""
        return self.hour // HOURS_PER_DAY


class NewStoreFile(msgspec.Struct, frozen=True):
    """A file that is durable but not registered yet, with its zone map (`ZONE_DTYPE`)."""

    file: StoreFile
    zones: NDArray[np.void]


class StoredHeader(msgspec.Struct, frozen=True):
    """A signed header, the bytes that were signed, and when the historian learnt of it."""

    header: Header
    header_bytes: bytes
    signature: bytes
    known_at: Instant


class StoredReading(msgspec.Struct, frozen=True):
    """One stored record of a signal.

    Attributes:
        source, epoch, sequence: its identity.
    """

    signal: SignalId
    ts: Instant
    source: SourceId
    epoch: int
    sequence: int
    ordinal: int
    kind: RecordKind
    status: int
    columns: Columns
    own_ts: Instant | None = None

    @property
    def value(self) -> Value:
        """The value as the connector understood it."""
        return from_columns(self.columns)

    @property
    def order(self) -> tuple[int, str, int, int]:
        """Of readings that share an instant, the one with the greatest order is in force."""
        return self.ts, self.source, self.epoch, self.sequence


class StoredRefusal(msgspec.Struct, frozen=True):
    """Something that a connector could not take: why, and the first bytes of it."""

    signal: SignalId
    ts: Instant
    source: SourceId
    epoch: int
    sequence: int
    reason: str
    raw: bytes
    raw_size: int
    known_at: Instant


class StoredBeat(msgspec.Struct, frozen=True):
    """The last sign of life of a source: its own clock's instant and ours."""

    source: SourceId
    epoch: int
    mark: int
    at: Instant
    received_at: Instant


class RefusedSegment(msgspec.Struct, frozen=True):
    """Bytes that claimed to be a segment and were kept for inspection.

    Attributes:
        kind: `refused` (damaged, forged, unknown source) or `conflict`.
        times: how often the same bytes arrived.
    """

    id: int
    kind: str
    source: str
    epoch: int
    number: int
    reason: str
    data: bytes
    received_at: Instant
    times: int


class RangeQuery(msgspec.Struct, frozen=True):
    """Which records of a signal are asked for.

    Attributes:
        known_at: as the historian knew them at that instant; None: all.
        include_before: also the rows at the instant of the last reading or status record before
            the period, and at that of the last good reading before it.
        include_after: the same for the first ones at or after its end.
        sources: of these sources only; None: all.
    """

    signal: SignalId
    period: Period
    known_at: Instant | None = None
    include_before: bool = True
    include_after: bool = True
    sources: frozenset[SourceId] | None = None


class BlockProof(msgspec.Struct, frozen=True):
    """A block, rebuilt from the stored rows, and its way up to the signed root.

    Attributes:
        header_bytes, signature: what the source signed.
        salt: 32 bytes of this block alone.
        block: its canonical bytes.
        leaf_index: position of its leaf, from 0.
        path: sibling hashes, the nearest first.
    """

    header_bytes: bytes
    signature: bytes
    signal: SignalId
    salt: bytes
    block: bytes
    leaf_index: int
    path: list[bytes]


class Totals(msgspec.Struct, frozen=True):
    """How much is stored, counted from the store files themselves.

    Attributes:
        records: all rows; `distinct` of them have different (source, epoch, sequence).
        readings, refusals: of these kinds.
        own_stamps: rows whose own stamp differs from the effective instant.
        announced: records that the high-water marks say were stored.
        deleted: records that were deleted since.
    """

    records: int
    distinct: int
    readings: int
    refusals: int
    own_stamps: int
    announced: int
    deleted: int = 0

    @property
    def lost(self) -> int:
        """Records that the marks announce, that no file has and that nobody deleted."""
        return self.announced - self.deleted - self.distinct

    @property
    def duplicated(self) -> int:
        """Rows beyond the first of the same record."""
        return self.records - self.distinct


class CheckReport(msgspec.Struct, frozen=True):
    """What the historian's check of itself found; at most `FAULTS_MAX` faults are listed."""

    files: int
    segments: int
    records: int
    faults: tuple[str, ...]

    @property
    def is_ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


class Loss(msgspec.Struct, frozen=True):
    """Rows of a series that the marks announce and no store file has any more.

    Attributes:
        series: number of its signal.
        source_epoch: whose records; None when those of several sources are lost with a file.
        last_sequence: the last lost record; once the mark of the source has reached it again, all
            of them are back.
        first_ts, last_ts: the rows lie at these instants and between.
        rows: how many.
        reason: what happened, for people.
    """

    series: int
    source_epoch: int | None
    last_sequence: int
    first_ts: Instant
    last_ts: Instant
    rows: int
    reason: str
    noted_at: Instant


class SegmentRow(msgspec.Struct, frozen=True):
    """A segment on its way into the manifest."""

    source_epoch: int
    header: Header
    header_bytes: bytes
    header_hash: bytes
    signature: bytes


class RecordEntry(msgspec.Struct, frozen=True):
    """A correction or refusal on its way into its index.

    Attributes:
        series: number of its signal.
        columns: its value; `text` is its detail as canonical JSON.
    """

    kind: RecordKind
    source_epoch: int
    sequence: int
    series: int
    signal: SignalId
    ts: Instant
    status: int
    columns: Columns


class Commit(msgspec.Struct, frozen=True):
    """What one transaction writes: all of it, or nothing.

    Attributes:
        marks: by number of source and epoch, how far it is stored with this commit.
        latest: the last state row of each series of the commit; columns of a store file.
        entries: the corrections and refusals among the rows.
        paths: of the blocks of held series.
    """

    segments: Sequence[SegmentRow]
    files: Sequence[NewStoreFile]
    marks: dict[int, Mark]
    latest: pa.Table
    entries: Sequence[RecordEntry]
    paths: Sequence[HeldPaths] = ()


class RefusalEntry(msgspec.Struct, frozen=True):
    """A refusal as its index has it; `detail` is its text column."""

    signal: SignalId
    ts: Instant
    source_epoch: int
    sequence: int
    detail: str
    known_at: Instant


class PackedRollup(msgspec.Struct, frozen=True):
    """What the hours of a series on a day amount to, as `rollups.packing` writes it.

    Attributes:
        day: days since 1970-01-01.
        known_at: when the youngest row of the files of that day became known.
    """

    series: int
    day: int
    known_at: Instant
    data: bytes


class ZoneRows(msgspec.Struct, frozen=True):
    """Zone entries, each beside its file, in the order of hours.

    Attributes:
        reached: the farthest hour that was looked at; None when there was none to look at.
    """

    files: Sequence[StoreFile]
    entries: NDArray[np.void]
    reached: int | None = None


SIGNALS_AHEAD_MAX = 2_048
"""Signals that are read at once: a month of hourly readings of each is about 150 MB."""


class KnownBlock(msgspec.Struct, frozen=True):
    """A block that leads to the root that its source signed, without its bytes.

    Attributes:
        header_number, header_hash: of its segment.
        leaf_hash: of the salted block.
    """

    header_number: int
    header_hash: bytes
    leaf_hash: bytes
    first_ordinal: int
    last_ordinal: int


KnownBlocks = dict[tuple[SignalId, SourceId, int], list[KnownBlock]]
"""By signal, source and epoch, in the order of their segments."""


class Ahead(msgspec.Struct, frozen=True, eq=False):
    """All rows of signals in a span of stamps, as known at one instant, and blocks of them.

    Attributes:
        table: as `RANGE_SCHEMA`, signal by signal, each in (ts, source, epoch, sequence) order.
        places: first row of a signal, and the one behind its last.
        blocks: those that the rows prove; of others nothing is said.
        ended: signals of which no state row is stored behind the span; of others nothing is said.
    """

    span: Period
    known_at: Instant
    table: pa.Table
    places: dict[SignalId, tuple[int, int]]
    blocks: KnownBlocks
    ended: frozenset[SignalId]
