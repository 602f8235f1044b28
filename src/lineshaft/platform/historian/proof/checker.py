"""The check of the store: everything that is stored against what was signed."""

import hashlib

import duckdb
import pyarrow as pa

from lineshaft.core.errors import Refusal
from lineshaft.core.reading import SourceId
from lineshaft.core.segment.header import NO_PREVIOUS, verify_signature
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.errors import SegmentUnknownSource
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.model import CheckReport, SourceEpoch, StoreFile
from lineshaft.platform.historian.ports import Manifest, SourceKeys
from lineshaft.platform.historian.proof.prover import Prover
from lineshaft.platform.historian.proof.rebuilt import RebuiltSegment

FAULTS_MAX = 100


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

    def check(self) -> CheckReport:
        """Read every file and rebuild every segment."""
        with self._database.read() as connection:
            files = self._manifest.files(connection)
            sources = self._manifest.source_epochs(connection)
            deleted = sum(self._manifest.deleted_records(connection).values())
        faults = [fault for file in files if (fault := self._file_fault(file))]
        segments = 0
        for source in sources:
            if source.mark.number:
                segments += source.mark.number
                faults += self._chain_faults(source)
        announced = sum(source.mark.sequence for source in sources)
        stored = sum(file.rows for file in files)
        if announced != stored + deleted:
            faults.append(
                f"{stored} records are stored and {deleted} deleted, the marks announce {announced}"
            )
        return CheckReport(len(files), segments, stored, tuple(faults[:FAULTS_MAX]))

    def _file_fault(self, file: StoreFile) -> str:
        try:
            data = (self._files.directory / file.path).read_bytes()
        except OSError as error:
            return f"store file {file.path}: {error.strerror}"
        if hashlib.sha256(data).digest() != file.sha256:
            return f"store file {file.path}: not the bytes that were written"
        return ""

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
        except (Refusal, duckdb.Error, pa.ArrowException, KeyError, ValueError) as error:
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
