"""Group commit: rows to durable files, then one transaction, in a worker thread."""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from lineshaft.core.clock import Clock
from lineshaft.core.period import Instant
from lineshaft.core.reading import RecordKind, SignalId, SourceId
from lineshaft.infrastructure.database import Database
from lineshaft.infrastructure.files import require_free_space
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.intake import latest
from lineshaft.platform.historian.intake.held import NothingHeld, held_paths
from lineshaft.platform.historian.intake.numbers import Known, Numbers
from lineshaft.platform.historian.intake.unpack import Opened
from lineshaft.platform.historian.model import (
    Commit,
    Mark,
    RecordEntry,
    SegmentRow,
    SourceEpoch,
)
from lineshaft.platform.historian.ports import HeldSeries, Manifest

COMMIT_LOCK = "historian.commit"
NOTHING_HELD = NothingHeld()


class Committed(msgspec.Struct, frozen=True):
    """What a commit has made durable.

    Attributes:
        known_at: the instant of the commit.
        marks: the new mark of each source and epoch.
    """

    known_at: Instant
    marks: dict[tuple[SourceId, int], Mark]
    records: int


class Committer:
    """Writes accepted segments: one thread prepares, and one registers beside it."""

    def __init__(
        self,
        database: Database,
        manifest: Manifest,
        files: StoreFiles,
        clock: Clock,
        *,
        floor_mb: int = 0,
    ) -> None:
        """Write to `files` and `database`; refuse while the disk has less than `floor_mb` free."""
        self._database, self._manifest, self._files = database, manifest, files
        self._clock, self._floor_mb = clock, floor_mb
        self._numbers = Numbers(database, manifest)

    def source(self, source: SourceId, epoch: int) -> SourceEpoch:
        """Return a source and epoch under its number; its mark may be older than the stored one."""
        return self._numbers.source(source, epoch)

    def commit(self, segments: Sequence[Opened], held: HeldSeries = NOTHING_HELD) -> Committed:
        """Prepare and register segments at once; see there."""
        return self.register(self.prepare(segments, held))

    def prepare(self, segments: Sequence[Opened], held: HeldSeries = NOTHING_HELD) -> Commit:
        """Write the files of segments that follow on the marks of their sources, in order.

        The blocks of held series get their paths to the signed roots stored beside them. Several
        threads may prepare, each its own commit.

        What is prepared and never registered is an orphan: never read, removed at the next start.

        Raises:
            FreeSpaceLow: when the disk is below the floor; nothing is changed.
            Unavailable: when the database cannot be written now; nothing is changed.
            OSError: when the disk refuses.
        """
        require_free_space(self._files.directory, self._floor_mb)
        known = self._numbers.of(segments)
        table = _rows(segments, known)
        numbered = list(zip(known.sources, segments, strict=True))
        return Commit(
            segments=[_segment_row(number, one) for number, one in numbered],
            files=[
                self._files.write(rows, hour, 0, Instant(0)) for hour, rows in columns.hours(table)
            ],
            marks={number: _mark(one) for number, one in numbered},
            latest=latest.last_rows(table),
            entries=_entries(table, segments, known),
            paths=held_paths(numbered, held, known.series.__getitem__),
        )

    def register(
        self, commit: Commit, guard: Callable[[sa.Connection], None] | None = None
    ) -> Committed:
        """Write files, headers, marks and indices in one transaction.

        After a failure the same commit may be registered again. Should the failed transaction have
        been kept after all, that breaks on the primary key of its segments, and nothing doubles.

        Args:
            commit: what was prepared.
            guard: called in the transaction before anything is written, while no other commit
                runs; what it raises undoes everything.

        Raises:
            Unavailable: when the database cannot be written now.
        """
        corrections = latest.corrections_of(commit.entries)
        with self._database.unit_of_work() as unit:
            unit.lock(COMMIT_LOCK)
            connection = unit.connection
            if guard is not None:
                guard(connection)
            known_at = self._manifest.write(connection, commit, self._clock.now())
            self._manifest.add_paths(connection, commit.paths)
            known = self._manifest.latest(connection, [entry.series for entry, _ in corrections])
            self._manifest.write_latest(connection, latest.corrected(known, corrections))
        marks = {(one.header.source, one.header.epoch): _mark(one) for one in commit.segments}
        return Committed(known_at, marks, sum(one.header.record_count for one in commit.segments))

    def introduce(self, segments: Sequence[Opened]) -> None:
        """Give every new source and signal of segments its number.

        Raises:
            Unavailable: when the database cannot be written now.
        """
        self._numbers.of(segments)

    def rows(self, segments: Sequence[Opened]) -> pa.Table:
        """Return the rows of segments as a store file has them.

        Raises:
            Unavailable: when the database cannot be written now.
        """
        return _rows(segments, self._numbers.of(segments))


def _rows(segments: Sequence[Opened], known: Known) -> pa.Table:
    series = known.series
    blocks = columns.Blocks(
        series=np.array([series[name] for one in segments for name in one.signals], "i4"),
        source_epoch=np.repeat(
            np.array(known.sources, dtype=np.int32), [len(one.signals) for one in segments]
        ),
        counts=np.array([count for one in segments for count in one.counts], dtype=np.int64),
    )
    rows = pa.concat_tables([one.rows for one in segments])
    return columns.gathered(rows, blocks, known.ranks)


def _segment_row(source_epoch: int, segment: Opened) -> SegmentRow:
    parts = (segment.header, segment.header_bytes, segment.header_hash, segment.signature)
    return SegmentRow(source_epoch, *parts)


def _entries(table: pa.Table, segments: Sequence[Opened], known: Known) -> list[RecordEntry]:
    kind = columns.array(table, "kind")
    chosen = (kind == RecordKind.CORRECTION) | (kind == RecordKind.REFUSAL)
    if not chosen.any():
        return []
    names = {known.series[name]: SignalId(name) for one in segments for name in one.signals}
    return [
        RecordEntry(
            kind=RecordKind(row["kind"]),
            source_epoch=row["source_epoch"],
            sequence=row["sequence"],
            series=row["series"],
            signal=names[row["series"]],
            ts=Instant(row["ts"]),
            status=row["status"],
            columns=latest.to_columns(row),
        )
        for row in table.filter(pa.array(chosen)).to_pylist()
    ]


def _mark(segment: Opened | SegmentRow) -> Mark:
    header = segment.header
    return Mark(header.number, header.last_sequence, segment.header_hash)
