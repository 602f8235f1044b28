"""Makes a store right again from what is there: backups, merged files, and the rows themselves.

Whatever takes the place of a damaged file has to be the same bytes, or the same records by its zone
map and by what their sources have signed. What cannot be repaired stays in the manifest, so that
every question that needs it is refused; given up, its records are written down as lost.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lineshaft.core.errors import Refusal
from lineshaft.core.period import Instant, Period
from lineshaft.infrastructure.backup import (
    BackupEntry,
    FileChanged,
    Progress,
    Repository,
    copy_checked,
    no_progress,
)
from lineshaft.infrastructure.database import Database
from lineshaft.infrastructure.files import make_dir
from lineshaft.platform.historian.errors import StoreFileDamaged
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.files.writing import Shape
from lineshaft.platform.historian.model import Loss, NewStoreFile, StoreFile
from lineshaft.platform.historian.ports import Manifest
from lineshaft.platform.historian.proof.content import Content, content_of, is_described
from lineshaft.platform.historian.proof.derived import Derived
from lineshaft.platform.historian.proof.derived_rows import DerivedRows
from lineshaft.platform.historian.proof.model import LostPart, RepairReport, UnrepairedFile
from lineshaft.platform.historian.proof.prover import Prover
from lineshaft.platform.historian.proof.spares import Spare, readable, rows_of, without
from lineshaft.platform.historian.proof.summed import SummedDays

_FILE_MODE = 0o644
_SPANS = ("series", "rows", "first_ts", "last_ts", "first_ordinal", "last_ordinal")
"""Fields of a zone entry that the same records always have."""


class RepairParts(msgspec.Struct, frozen=True):
    """What a repair works on."""

    database: Database
    manifest: Manifest
    files: StoreFiles
    prover: Prover


class Repairer:
    """Repairs a store that nobody else writes to."""

    def __init__(self, parts: RepairParts, backups: Sequence[Repository] = ()) -> None:
        """Repair from what is there, and from directories of backups."""
        self._parts, self._backups = parts, backups
        self._rows = DerivedRows()

    def repair(
        self, now: Instant, *, is_giving_up: bool = False, progress: Progress = no_progress
    ) -> RepairReport:
        """Look at everything and put right what can be.

        Args:
            now: the present instant.
            is_giving_up: whether files that cannot be repaired are taken out of the manifest and
                their records written down as lost: then the rest of their hours can be merged and
                looked at again, and what depends on them is refused still.
            progress: is told files.
        """
        orphans = self._clear_orphans()
        files = self._files()
        damaged = self._damaged(files, progress)
        restored = [file.path for file, _ in damaged if self._from_backup(file)]
        left = [(file, why) for file, why in damaged if file.path not in restored]
        spares = self._spares([file for file, _ in left]) if left else []
        rebuilt = [file.path for file, _ in left if self._from_others(file, spares, now)]
        left = [(file, why) for file, why in left if file.path not in rebuilt]
        described, contents = self._describe([file for file, _ in left], progress)
        stores = self._parts.database, self._parts.manifest, self._parts.files
        derived = Derived(*stores)
        unrepaired = tuple(self._unrepaired(file, why) for file, why in left)
        if is_giving_up:
            self._give_up([file for file, _ in left], now)
        is_whole = not left
        return RepairReport(
            files=len(files),
            restored=tuple(restored),
            rebuilt=tuple(rebuilt),
            described=tuple(described),
            indexed=derived.index(contents, is_whole=is_whole),
            latest=derived.latest(is_whole=is_whole),
            summed=SummedDays(*stores).put_right(),
            orphans=tuple(orphans),
            unrepaired=unrepaired,
            given_up=is_giving_up and bool(left),
        )

    # ---- what is damaged

    def _clear_orphans(self) -> list[str]:
        with self._parts.database.read() as connection:
            registered = self._parts.manifest.paths(connection)
        orphans = self._parts.files.orphans(registered, of_all=True)
        self._parts.files.remove(orphans)
        return orphans

    def _files(self) -> list[StoreFile]:
        with self._parts.database.read() as connection:
            return self._parts.manifest.files(connection)

    def _damaged(
        self, files: Sequence[StoreFile], progress: Progress
    ) -> list[tuple[StoreFile, str]]:
        found = []
        for done, file in enumerate(files):
            progress("files", done, len(files))
            if why := self._why_damaged(file):
                found.append((file, why))
        progress("files", len(files), len(files))
        return found

    def _why_damaged(self, file: StoreFile) -> str:
        try:
            self._parts.files.examine(file)
        except StoreFileDamaged as error:
            return error.why
        except FileNotFoundError:
            return "it is missing"
        return ""

    # ---- its bytes, or its records

    def _from_backup(self, file: StoreFile) -> bool:
        """Put the same bytes in the place of a file; tell whether a backup had them."""
        entry = BackupEntry(file.path, file.size, file.sha256.hex())
        target = self._parts.files.directory / file.path
        make_dir(target.parent)
        for backup in self._backups:
            try:
                copy_checked(backup.object_path(entry.sha256), target, entry, mode=_FILE_MODE)
            except (FileChanged, FileNotFoundError):
                continue
            return True
        return False

    def _from_others(self, file: StoreFile, spares: Sequence[Spare], now: Instant) -> bool:
        """Make a file again of the same records; tell whether they were all found."""
        own = self._parts.files.directory / file.path
        zones = self._zones(file)
        if not len(zones):
            return False
        others = [one for one in spares if one.sha256 is not None or one.path != own]
        found, is_certain = rows_of(others, zones)
        if found.num_rows != int(zones["rows"].sum()):
            # Where its hash is what was damaged, its own rows lead to what was signed.
            found, is_certain = rows_of([one for one in spares if one.path == own], zones)
        with self._parts.database.read() as connection:
            hours = file.hour, file.last_hour
            beside = [
                one
                for one in self._parts.manifest.files(connection, hours)
                if one.id != file.id and not self._why_damaged(one)
            ]
            ranks = columns.ranks(self._parts.manifest.source_epochs(connection))
        if beside:
            found = without(found, self._parts.files.read(beside))
        if found.num_rows != int(zones["rows"].sum()):
            return False
        rows = columns.ordered(found, ranks)
        shape = Shape(file.level, file.hour, file.hours, file.merges, file.known_at)
        new = self._parts.files.write_stream([rows], shape)
        if any(not np.array_equal(zones[name], new.zones[name]) for name in _SPANS):
            self._parts.files.remove([new.file.path])
            return False
        self._replace(file, [new], now)
        if is_certain or new.file.sha256 == file.sha256 or self._is_signed(rows):
            return True
        (registered,) = [one for one in self._files() if one.path == new.file.path]
        self._replace(registered, [NewStoreFile(file, zones)], now)
        return False

    def _replace(self, old: StoreFile, new: list[NewStoreFile], now: Instant) -> None:
        with self._parts.database.unit_of_work() as unit:
            self._parts.manifest.replace(unit.connection, [old], new, now)

    def _is_signed(self, rows: pa.Table) -> bool:
        """Tell whether the segments that rows stand in lead to the roots that were signed."""
        with self._parts.database.read() as connection:
            sources = self._parts.manifest.source_epochs(connection)
        for source in sources:
            of_source = columns.array(rows, "source_epoch") == source.id
            sequences = columns.array(rows, "sequence")[of_source]
            if not len(sequences):
                continue
            with self._parts.database.read() as connection:
                first, last = (
                    self._parts.manifest.number_of(connection, source.id, int(one)) or 0
                    for one in (sequences.min(), sequences.max())
                )
            try:
                segments = self._parts.prover.segments(source, first, last)
                if not all(segment.is_sound for segment in segments):
                    return False
            except Refusal:
                return False
        return True

    def _spares(self, damaged: Sequence[StoreFile]) -> list[Spare]:
        """Return what may have the records of damaged files: merged files, backups, themselves."""
        live, directory = self._files(), self._parts.files.directory
        with self._parts.database.read() as connection:
            registered = self._parts.manifest.paths(connection)
        merged = registered - {file.path for file in live}
        unknown = [directory / path for path in sorted(merged | {one.path for one in damaged})]
        in_use = {file.sha256.hex() for file in live}
        return [Spare(path, None) for path in sorted(readable(unknown))] + [
            Spare(path, path.name)
            for backup in self._backups
            for path in backup.objects()
            if path.name not in in_use
        ]

    # ---- what is said of files

    def _describe(
        self, damaged: Sequence[StoreFile], progress: Progress
    ) -> tuple[list[str], list[Content]]:
        """Put right what the manifest says of sound files; return which, and what all hold."""
        skipped = {file.path for file in damaged}
        files = [file for file in self._files() if file.path not in skipped]
        described, contents = [], []
        for done, file in enumerate(files):
            progress("rows", done, len(files))
            content = content_of(self._parts.files, file)
            contents.append(content)
            if not is_described(content, file, self._zones(file)):
                with self._parts.database.unit_of_work() as unit:
                    self._rows.describe(unit.connection, content.new)
                described.append(file.path)
        progress("rows", len(files), len(files))
        return described, contents

    def _zones(self, file: StoreFile) -> NDArray[np.void]:
        with self._parts.database.read() as connection:
            return self._rows.zones_of(connection, file)

    # ---- what is lost

    def _unrepaired(self, file: StoreFile, why: str) -> UnrepairedFile:
        zones = self._zones(file)
        with self._parts.database.read() as connection:
            signals = self._parts.manifest.signals(connection, zones["series"].tolist())
        parts = [
            LostPart(
                signals[int(zone["series"])],
                Period(Instant(int(zone["first_ts"])), Instant(int(zone["last_ts"]) + 1)),
                int(zone["rows"]),
            )
            for zone in zones
        ]
        return UnrepairedFile(file.path, why, tuple(parts))

    def _give_up(self, files: Sequence[StoreFile], now: Instant) -> None:
        for file in files:
            losses = [
                Loss(
                    series=int(zone["series"]),
                    source_epoch=None,
                    last_sequence=file.max_sequence,
                    first_ts=Instant(int(zone["first_ts"])),
                    last_ts=Instant(int(zone["last_ts"])),
                    rows=int(zone["rows"]),
                    reason=f"the store file {file.path} was damaged and given up",
                    noted_at=now,
                )
                for zone in self._zones(file)
            ]
            with self._parts.database.unit_of_work() as unit:
                self._parts.manifest.write_losses(unit.connection, losses)
                self._parts.manifest.replace(unit.connection, [file], [], now)
