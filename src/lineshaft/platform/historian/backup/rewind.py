"""Going back to what the historian knew at an instant.

Everything in the historian is known at the instant of a commit, so going back is to cut what was
known later: rows, headers, marks, and what follows from them. What is cut is written down as lost,
by series, until its source has sent it again; and what was known between the instant and the
restore can never be asked for again, because it may come back in another order.
"""

import msgspec
import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from lineshaft.core.period import Instant, format_instant
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.backup.losses import LossManifest
from lineshaft.platform.historian.backup.model import Cut
from lineshaft.platform.historian.backup.rewind_rows import RewindRows
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.files.writing import Shape
from lineshaft.platform.historian.model import Loss, Mark, NewStoreFile, SourceEpoch, StoreFile
from lineshaft.platform.historian.ports import Manifest
from lineshaft.platform.historian.proof.last_values import LastValues


class _Goal(msgspec.Struct, frozen=True):
    """How far a source is stored after the cut."""

    source: SourceEpoch
    mark: Mark
    known_at: Instant


class _Change(msgspec.Struct, frozen=True):
    """A file and what is left of it."""

    old: StoreFile
    new: list[NewStoreFile]


class Rewinder:
    """Cuts what was known after an instant; on a store that nobody else works on."""

    def __init__(self, database: Database, manifest: Manifest, files: StoreFiles) -> None:
        """Cut what `manifest` lists and `files` has."""
        self._database, self._manifest, self._files = database, manifest, files
        self._rows, self._losses = RewindRows(), LossManifest()

    def rewind(self, at: Instant, now: Instant) -> Cut:
        """Cut what became known after an instant, and say what that was.

        Args:
            at: what was known then stays.
            now: the present instant.

        Raises:
            StoreFileDamaged: when a file that has to be cut cannot be read; nothing is changed.
        """
        with self._database.read() as connection:
            goals = self._goals(connection, at)
            files = [one for one in self._manifest.files(connection) if one.known_at > at]
            restored_at = Instant(max(now, self._manifest.last_known_at(connection) + 1))
        sequences = np.zeros(max((one.source.id for one in goals), default=0) + 1, dtype=np.int64)
        for goal in goals:
            sequences[goal.source.id] = goal.mark.sequence
        losses: list[Loss] = []
        changes: list[_Change] = []
        for file in files:
            rows = self._files.read([file])
            is_kept = (
                columns.array(rows, "sequence") <= sequences[columns.array(rows, "source_epoch")]
            )
            losses += _losses(rows.filter(pa.array(~is_kept)), at, restored_at)
            kept = self._kept(rows.filter(pa.array(is_kept)), file, at)
            changes.append(_Change(file, kept))
        cut = Cut(
            at=at,
            restored_at=restored_at,
            segments=sum(one.source.mark.number - one.mark.number for one in goals),
            records=sum(one.source.mark.sequence - one.mark.sequence for one in goals),
            losses=tuple(losses),
        )
        self._write(cut, goals, changes)
        return cut

    def note_restore(self, now: Instant) -> Cut:
        """Write down that what was known after the last commit of a backup is not known now."""
        with self._database.unit_of_work() as unit:
            at = self._manifest.last_known_at(unit.connection)
            restored_at = Instant(max(now, at + 1))
            self._losses.write_cut(unit.connection, at, restored_at)
            self._manifest.settle(unit.connection, restored_at)
        return Cut(at, restored_at, 0, 0, ())

    def _goals(self, connection: sa.Connection, at: Instant) -> list[_Goal]:
        known = self._manifest.sequences_known_at(connection, at)
        return [
            self._goal(connection, source, known.get(source.id, 0))
            for source in self._manifest.source_epochs(connection)
        ]

    def _goal(self, connection: sa.Connection, source: SourceEpoch, sequence: int) -> _Goal:
        if not sequence:
            return _Goal(source, Mark(), Instant(0))
        number = self._manifest.number_of(connection, source.id, sequence) or 0
        (stored,) = self._manifest.headers(connection, source.id, number, number)
        return _Goal(source, Mark(number, sequence, stored.header.hash()), stored.known_at)

    def _kept(self, rows: pa.Table, file: StoreFile, at: Instant) -> list[NewStoreFile]:
        if not rows.num_rows:
            return []
        shape = Shape(file.level, file.hour, file.hours, file.merges, at)
        return [self._files.write_stream([rows.combine_chunks()], shape)]

    def _write(self, cut: Cut, goals: list[_Goal], changes: list[_Change]) -> None:
        with self._database.unit_of_work(is_long_expected=True) as unit:
            connection = unit.connection
            for one in changes:
                self._manifest.replace(connection, [one.old], one.new, cut.restored_at)
            self._manifest.forget_rollups_known_after(connection, cut.at)
            for goal in goals:
                if goal.mark.number < goal.source.mark.number:
                    self._cut_source(connection, goal)
            self._losses.write_losses(connection, cut.losses)
            self._losses.write_cut(connection, cut.at, cut.restored_at)
            self._manifest.settle(connection, cut.restored_at)
            touched = {one.series for one in cut.losses}
            self._manifest.forget_latest(connection, sorted(touched))
            found = LastValues(connection, self._manifest, self._files).of(sorted(touched))
            self._manifest.write_latest(connection, found)

    def _cut_source(self, connection: sa.Connection, goal: _Goal) -> None:
        straddling = self._rows.straddling(connection, goal.source.id, goal.mark.number)
        first = min(straddling, default=goal.mark.number + 1)
        kept = self._manifest.headers(connection, goal.source.id, first, goal.mark.number)
        self._rows.cut(connection, goal.source.id, goal.mark, goal.known_at, kept)


def _losses(rows: pa.Table, at: Instant, restored_at: Instant) -> list[Loss]:
    """Say which rows of which series and source are cut."""
    keys = ["series", "source_epoch"]
    totals = [("sequence", "max"), ("sequence", "count"), ("ts", "min"), ("ts", "max")]
    return [
        Loss(
            series=row["series"],
            source_epoch=row["source_epoch"],
            last_sequence=row["sequence_max"],
            first_ts=row["ts_min"],
            last_ts=row["ts_max"],
            rows=row["sequence_count"],
            reason=f"cut by the restore to {format_instant(at)}",
            noted_at=restored_at,
        )
        for row in rows.group_by(keys).aggregate(totals).to_pylist()
    ]
