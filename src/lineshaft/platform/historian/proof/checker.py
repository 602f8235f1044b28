"""The check of the store: everything that is stored against what was signed."""

from collections.abc import Sequence
from datetime import date

import pyarrow as pa

from lineshaft.core.errors import Refusal
from lineshaft.core.reading import RecordKind, SourceId
from lineshaft.core.segment.header import NO_PREVIOUS, verify_signature
from lineshaft.infrastructure.backup import Progress, no_progress
from lineshaft.infrastructure.database import Database, DatabaseDamaged
from lineshaft.platform.historian.errors import SegmentUnknownSource, StoreFileDamaged
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.model import CheckReport, SourceEpoch, StoreFile
from lineshaft.platform.historian.ports import Manifest, SourceKeys
from lineshaft.platform.historian.proof.content import Content, content_of, is_described, keys_of
from lineshaft.platform.historian.proof.derived_rows import DerivedRows
from lineshaft.platform.historian.proof.prover import Prover
from lineshaft.platform.historian.proof.rebuilt import RebuiltSegment
from lineshaft.platform.historian.proof.summed import SummedDays
from lineshaft.platform.historian.queries.scan import engine_errors

FAULTS_MAX = 100
_DAMAGES = (Refusal, pa.ArrowException, OSError, KeyError, ValueError)
"""What rows that are not as they were written may raise, beside the errors of the engine."""


class Checker:
    """Looks at everything that is stored and says what is wrong with it."""

    def __init__(
        self,
        database: Database,
        manifest: Manifest,
        files: StoreFiles,
        prover: Prover,
        keys: SourceKeys,
    ) -> None:
        """Check `files` and the rows in them against `manifest`."""
        self._database, self._manifest, self._files = database, manifest, files
        self._prover, self._keys = prover, keys
        self._derived = DerivedRows()
        self._summed = SummedDays(database, manifest, files)

    def check(self, *, is_quick: bool = False, progress: Progress = no_progress) -> CheckReport:
        """Compare everything that is stored with the manifest and with what was signed.

        Args:
            is_quick: the database itself, the bytes of every file and the marks only; no row is
                read and no segment rebuilt.
            progress: is told files, then segments, then days with roll-ups.
        """
        faults: list[str] = []
        try:
            return self._compared(faults, progress, is_quick=is_quick)
        except DatabaseDamaged as error:
            # What is stored is not known any more; what was found until here still holds.
            faults.insert(0, f"the database: {error}")
            return CheckReport(0, 0, 0, tuple(faults[:FAULTS_MAX]))

    def _compared(self, faults: list[str], progress: Progress, *, is_quick: bool) -> CheckReport:
        with self._database.read() as connection:
            if fault := self._derived.fault(connection, is_quick=is_quick):
                faults.append(f"the database: {fault}")
            files = self._manifest.files(connection)
            sources = self._manifest.source_epochs(connection)
            deleted = sum(self._manifest.deleted_records(connection).values())
            losses = self._manifest.losses(connection)
        contents = self._file_contents(files, faults, progress, is_quick=is_quick)
        segments = sum(source.mark.number for source in sources)
        if not is_quick:
            faults += self._chains(sources, segments, progress)
            faults += self._derived_faults(contents)
            faults += [
                f"roll-ups of {len(one.series)} signals on {_date(one.day)} are not what their "
                "rows amount to"
                for one in self._summed.wrong(progress)
            ]
        # What a restore has cut was cut from the marks as well.
        lost = sum(one.rows for one in losses if one.source_epoch is None)
        announced = sum(source.mark.sequence for source in sources)
        stored = sum(file.rows for file in files)
        if announced != stored + deleted + lost:
            gone = f"{deleted} deleted, {lost} known to be lost"
            faults.append(f"{stored} records are stored, {gone}, the marks announce {announced}")
        return CheckReport(len(files), segments, stored, tuple(faults[:FAULTS_MAX]))

    def _file_contents(
        self, files: Sequence[StoreFile], faults: list[str], progress: Progress, *, is_quick: bool
    ) -> list[Content]:
        """Look at every file; return what those hold that can be read."""
        contents: list[Content] = []
        for done, file in enumerate(files):
            progress("files", done, len(files))
            try:
                if is_quick:
                    self._files.examine(file)
                else:
                    contents.append(self._described(file, faults))
            except StoreFileDamaged as error:
                faults.append(f"store file {file.path}: {error.why}")
            except FileNotFoundError:
                if self._is_registered(file):
                    faults.append(f"store file {file.path}: it is missing")
            except OSError as error:
                faults.append(f"store file {file.path}: it cannot be read ({error.strerror})")
        progress("files", len(files), len(files))
        return contents

    def _described(self, file: StoreFile, faults: list[str]) -> Content:
        self._files.examine(file)
        content = content_of(self._files, file)
        with self._database.read() as connection:
            zones = self._derived.zones_of(connection, file)
        if not is_described(content, file, zones) and self._is_registered(file):
            faults.append(f"store file {file.path}: the manifest says something else of its rows")
        return content

    def _is_registered(self, file: StoreFile) -> bool:
        """Tell whether a file still counts: it may have been merged away since it was listed."""
        with self._database.read() as connection:
            return self._manifest.are_live(connection, [file])

    def _derived_faults(self, contents: Sequence[Content]) -> list[str]:
        faults = []
        for kind in (RecordKind.CORRECTION, RecordKind.REFUSAL):
            stored = keys_of(contents, kind)
            with self._database.read() as connection:
                indexed = self._derived.indexed(connection, kind)
            if missing := stored - indexed:
                faults.append(f"{len(missing)} {kind.name.lower()} records are not in their index")
        return faults

    def _chains(
        self, sources: Sequence[SourceEpoch], segments: int, progress: Progress
    ) -> list[str]:
        faults, done = [], 0
        for source in sources:
            progress("segments", done, segments)
            if source.mark.number:
                faults += self._chain_faults(source)
            done += source.mark.number
        progress("segments", segments, segments)
        return faults

    def _chain_faults(self, source: SourceEpoch) -> list[str]:
        name = f"{source.source}/{source.epoch}"
        previous, sequence, number = NO_PREVIOUS, 0, 0
        faults = []
        try:
            for segment in self._prover.segments(source, 1, source.mark.number):
                header = segment.stored.header
                number += 1
                is_next = header.number == number and header.first_sequence == sequence + 1
                if not is_next or header.previous_hash != previous:
                    faults.append(f"segment {header.number} of {name} does not continue the chain")
                faults += self._segment_faults(segment)
                previous, sequence = header.hash(), header.last_sequence
        except DatabaseDamaged:
            raise
        except (*_DAMAGES, *engine_errors()) as error:
            return [*faults, f"segment {number + 1} of {name} or later: {error}"]
        mark = source.mark
        if (number, sequence, previous) != (mark.number, mark.sequence, mark.header_hash):
            faults.append(f"the mark of {name} is not its last segment")
        return faults

    def _segment_faults(self, segment: RebuiltSegment) -> list[str]:
        stored, header = segment.stored, segment.stored.header
        name = f"segment {header.number} of {header.source}/{header.epoch}"
        try:
            _, key = self._keys.source_secret(SourceId(header.source), header.epoch)
            verify_signature(stored.header_bytes, stored.signature, key)
        except SegmentUnknownSource:
            return [f"{name}: the key of its source is not known"]
        except Refusal as error:
            return [f"{name}: {error}"]
        if not segment.is_sound:
            return [f"{name}: the stored records are not those that were signed"]
        return []


def _date(day: int) -> str:
    return date.fromordinal(date(1970, 1, 1).toordinal() + day).isoformat()
