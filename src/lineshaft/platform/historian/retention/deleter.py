"""Deletes the blocks of a day: proves first what is there, then rewrites files, all or nothing."""

from collections.abc import Callable, Iterator, Sequence

import msgspec
import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from lineshaft.core.clock import Clock
from lineshaft.core.period import US_PER_DAY
from lineshaft.core.reading import RecordKind
from lineshaft.core.segment.tombstone import Tombstone
from lineshaft.infrastructure.database import Database, UnitOfWork
from lineshaft.platform.historian.deleted import DeletedSegment
from lineshaft.platform.historian.errors import ProofBroken
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.files.writing import Shape
from lineshaft.platform.historian.intake.commit import COMMIT_LOCK
from lineshaft.platform.historian.model import (
    US_PER_HOUR,
    NewStoreFile,
    SourceEpoch,
    StoreFile,
)
from lineshaft.platform.historian.ports import Manifest
from lineshaft.platform.historian.proof.prover import Prover
from lineshaft.platform.historian.proof.rebuilt import RebuiltSegment
from lineshaft.platform.historian.queries.scan import Scanner
from lineshaft.platform.historian.retention.blocks import Blocks, Doomed
from lineshaft.platform.historian.retention.errors import StoreChanging
from lineshaft.platform.historian.retention.last import last_in_force
from lineshaft.platform.historian.retention.model import DeletionReport
from lineshaft.platform.historian.retention.ports import RetentionStore

ATTEMPTS_MAX = 5
"""How often files may be merged away while rows are deleted from them."""
BATCH_ROWS = 65_536
"""Rows that are held in memory while a file is written anew."""
_INDEXED = (RecordKind.CORRECTION, RecordKind.REFUSAL)
_KEYS = ("series", "source_epoch", "sequence", "kind")


class DeleterParts(msgspec.Struct, frozen=True, kw_only=True):
    """What a deletion works on."""

    database: Database
    manifest: Manifest
    files: StoreFiles
    store: RetentionStore
    scanner: Scanner
    prover: Prover
    clock: Clock


class _Left(msgspec.Struct):
    """What is left of the segments that lose blocks."""

    stones: dict[tuple[int, int], list[Tombstone]] = msgspec.field(default_factory=dict)
    gone: list[DeletedSegment] = msgspec.field(default_factory=list)


class _Rewritten(msgspec.Struct):
    """Files and what takes their place, with the deleted records that stand in an index.

    Attributes:
        dropped: (source and epoch, sequence, kind) of deleted corrections and refusals.
        bytes_freed: size of the old files less that of the new ones.
    """

    old: list[StoreFile] = msgspec.field(default_factory=list)
    new: list[NewStoreFile] = msgspec.field(default_factory=list)
    dropped: list[tuple[int, int, int]] = msgspec.field(default_factory=list)
    bytes_freed: int = 0


class _Change(msgspec.Struct, frozen=True):
    """Everything that one deletion changes."""

    blocks: Blocks
    left: _Left
    rewritten: _Rewritten
    keep_rollups: bool

    def report(self) -> DeletionReport:
        """Return what it does."""
        return DeletionReport(
            blocks=len(self.blocks),
            rows=int(self.blocks.rows.sum()),
            segments=len(self.left.stones) + len(self.left.gone),
            segments_gone=len(self.left.gone),
            files=len(self.rewritten.old),
            byte_estimate=self.rewritten.bytes_freed,
        )


class Deleter:
    """Deletes blocks; the transaction in which it does so is also that of the caller's audit."""

    def __init__(self, parts: DeleterParts) -> None:
        """Work on a store."""
        self._parts = parts

    def delete(
        self,
        blocks: Blocks,
        *,
        keep_rollups: bool,
        also: Callable[[UnitOfWork, DeletionReport], None],
    ) -> DeletionReport:
        """Delete blocks of one day and leave tombstones.

        Args:
            blocks: whole ones.
            keep_rollups: whether the roll-ups stay.
            also: called in the transaction before it ends; what it raises undoes everything.

        Raises:
            ProofBroken: when what is stored is not what was signed; nothing is deleted.
            StoreChanging: when files were merged away again and again; nothing is deleted.
        """
        left = self._left(blocks)
        for _ in range(ATTEMPTS_MAX):
            rewritten = self._rewrite(blocks)
            change = _Change(blocks, left, rewritten, keep_rollups)
            if self._register(change, also):
                return change.report()
            # Nothing of it was kept. After an error that is not known: then they are orphans.
            self._parts.files.remove([one.file.path for one in rewritten.new])
        msg = f"cannot delete {len(blocks)} blocks: their files were merged {ATTEMPTS_MAX} times"
        raise StoreChanging(msg)

    # ---- proving what is there, and what will be left

    def _left(self, blocks: Blocks) -> _Left:
        with self._parts.database.read() as connection:
            sources = {one.id: one for one in self._parts.manifest.source_epochs(connection)}
            ids = np.unique(blocks.series).tolist()
            signals = self._parts.manifest.signals(connection, ids)
        doomed: dict[tuple[int, int], dict[str, int]] = {}
        keys = zip(
            blocks.source_epoch.tolist(),
            blocks.number.tolist(),
            blocks.series.tolist(),
            blocks.rows.tolist(),
            strict=True,
        )
        for source_epoch, number, series, rows in keys:
            doomed.setdefault((source_epoch, number), {})[signals[series]] = rows
        left = _Left()
        for source_epoch, numbers in _runs(sorted(doomed)):
            self._prove(sources[source_epoch], numbers, doomed, left)
        return left

    def _prove(
        self,
        source: SourceEpoch,
        numbers: tuple[int, int],
        doomed: dict[tuple[int, int], dict[str, int]],
        left: _Left,
    ) -> None:
        for segment in self._parts.prover.segments(source, *numbers):
            segment.check()
            number = segment.stored.header.number
            places = _places(segment, doomed[source.id, number])
            stones = segment.tree().without(places)
            if stones:
                left.stones[source.id, number] = stones
            else:
                records = segment.stored.header.record_count
                left.gone.append(DeletedSegment(source.id, number, records))

    # ---- files

    def _rewrite(self, blocks: Blocks) -> _Rewritten:
        parts, doomed, result = self._parts, Doomed(blocks), _Rewritten()
        hours = int(blocks.min_ts.min()) // US_PER_HOUR, int(blocks.max_ts.max()) // US_PER_HOUR
        sequences = int(blocks.first_sequence.min()), int(blocks.last_sequence.max())
        with parts.database.read() as connection:
            files = parts.manifest.files(connection, hours, sequences)
        low, high = int(blocks.series.min()), int(blocks.series.max())
        for file in files:
            if file.min_series <= high and file.max_series >= low:
                self._rewrite_file(file, doomed, result)
        return result

    def _rewrite_file(self, file: StoreFile, doomed: Doomed, result: _Rewritten) -> None:
        keys = self._parts.scanner.rows([file], "true", (), _KEYS)
        mask = doomed.mask(keys)
        if not mask.any():
            return
        result.old.append(file)
        result.bytes_freed += file.size
        indexed = mask & np.isin(columns.array(keys, "kind"), [int(one) for one in _INDEXED])
        for row in keys.filter(pa.array(indexed)).to_pylist():
            result.dropped.append((row["source_epoch"], row["sequence"], row["kind"]))
        if not mask.all():
            shape = Shape(file.level, file.hour, file.hours, file.merges, file.known_at)
            new = self._parts.files.write_stream(self._kept(file, doomed), shape)
            result.new.append(new)
            result.bytes_freed -= new.file.size

    def _kept(self, file: StoreFile, doomed: Doomed) -> Iterator[pa.Table]:
        """Yield what stays of a file, in its order."""
        for batch in self._parts.files.stream(file, BATCH_ROWS):
            rows = pa.Table.from_batches([batch])
            kept = rows.filter(pa.array(~doomed.mask(rows)))
            if kept.num_rows:
                yield kept

    # ---- the transaction

    def _register(
        self, change: "_Change", also: Callable[[UnitOfWork, DeletionReport], None]
    ) -> bool:
        parts, left, rewritten = self._parts, change.left, change.rewritten
        with parts.database.unit_of_work() as unit:
            unit.lock(COMMIT_LOCK)
            connection = unit.connection
            now = parts.clock.now()
            if not parts.manifest.replace(connection, rewritten.old, rewritten.new, now):
                return False
            parts.manifest.write_tombstones(connection, left.stones)
            parts.manifest.write_deleted(connection, left.gone)
            self._forget(connection, change)
            self._renew_latest(connection, change.blocks)
            also(unit, change.report())
        return True

    def _forget(self, connection: sa.Connection, change: "_Change") -> None:
        corrections, refusals = (
            [
                (source, sequence)
                for source, sequence, its in change.rewritten.dropped
                if its == kind
            ]
            for kind in _INDEXED
        )
        self._parts.store.forget_rows(connection, corrections, refusals)
        days = {
            (series, day)
            for series, first, last in _spans(change.blocks)
            for day in range(first // US_PER_DAY, last // US_PER_DAY + 1)
        }
        if change.keep_rollups:
            self._parts.manifest.note_outlived(connection, days)
            return
        for day in {day for _, day in days}:
            series = sorted({one for one, its in days if its == day})
            self._parts.manifest.forget_rollups(connection, day, series)

    def _renew_latest(self, connection: sa.Connection, blocks: Blocks) -> None:
        """Put what is the last value now in the place of those that were deleted."""
        manifest = self._parts.manifest
        numbers = {(one.source, one.epoch): one.id for one in manifest.source_epochs(connection)}
        known = manifest.latest(connection, np.unique(blocks.series).tolist())
        stale = [
            series
            for series, reading in known.items()
            if _holds(blocks, series, numbers[reading.source, reading.epoch], reading.sequence)
        ]
        self._parts.manifest.forget_latest(connection, stale)
        found = {
            series: last_in_force(connection, manifest, self._parts.scanner, series)
            for series in stale
        }
        manifest.write_latest(
            connection, {series: last for series, last in found.items() if last is not None}
        )


def _places(segment: RebuiltSegment, doomed: dict[str, int]) -> dict[int, int]:
    """Return the place in the tree and the number of records of each block that is deleted.

    Raises:
        ProofBroken: when one of them is not there as it was found.
    """
    there = sorted(segment.tree().leaves)
    places = {
        place: block.record_count
        for place, block in zip(there, segment.blocks, strict=True)
        if doomed.get(block.signal) == block.record_count
    }
    if len(places) != len(doomed):
        header = segment.stored.header
        msg = f"segment {header.number} of {header.source}/{header.epoch}: blocks changed while "
        msg += "they were to be deleted"
        raise ProofBroken(msg)
    return places


def _runs(segments: Sequence[tuple[int, int]]) -> list[tuple[int, tuple[int, int]]]:
    """Cut ascending (source and epoch, number) into runs of numbers without gaps."""
    runs: list[tuple[int, tuple[int, int]]] = []
    for source_epoch, number in segments:
        if runs and runs[-1][0] == source_epoch and runs[-1][1][1] == number - 1:
            runs[-1] = source_epoch, (runs[-1][1][0], number)
        else:
            runs.append((source_epoch, (number, number)))
    return runs


def _holds(blocks: Blocks, series: int, source_epoch: int, sequence: int) -> bool:
    is_its = (blocks.series == series) & (blocks.source_epoch == source_epoch)
    is_its &= (blocks.first_sequence <= sequence) & (blocks.last_sequence >= sequence)
    return bool(is_its.any())


def _spans(blocks: Blocks) -> list[tuple[int, int, int]]:
    """Return series, first and last instant of each block."""
    parts = blocks.series.tolist(), blocks.min_ts.tolist(), blocks.max_ts.tolist()
    return list(zip(*parts, strict=True))
