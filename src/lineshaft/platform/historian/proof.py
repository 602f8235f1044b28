"""Proofs and the check of the store: what was signed against what is stored."""

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial

import duckdb
import numpy as np
import pyarrow as pa

from lineshaft.core.errors import Refusal
from lineshaft.core.reading import SignalId, SourceId
from lineshaft.core.segment import merkle
from lineshaft.core.segment.header import NO_PREVIOUS, Header, verify_signature
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian import columns
from lineshaft.platform.historian.blocks import Block, rebuild
from lineshaft.platform.historian.errors import ProofBroken, SegmentUnknownSource
from lineshaft.platform.historian.files import StoreFiles
from lineshaft.platform.historian.model import (
    US_PER_HOUR,
    BlockProof,
    CheckReport,
    SourceEpoch,
    StoredHeader,
    StoreFile,
)
from lineshaft.platform.historian.ports import Manifest, SourceKeys
from lineshaft.platform.historian.scan import Scanner, with_present_files

SEGMENTS_AT_ONCE_MAX = 64
"""Segments whose rows are held in memory together: at most 64,000 records."""
FAULTS_MAX = 100


class Prover:
    """Rebuilds what sources signed from the stored rows."""

    def __init__(
        self, database: Database, manifest: Manifest, scanner: Scanner, keys: SourceKeys
    ) -> None:
        """Read rows through `scanner` and secrets through `keys`."""
        self._database, self._manifest, self._scanner = database, manifest, scanner
        self._keys = keys

    def proofs(
        self, signal: SignalId, source: SourceEpoch, ordinals: tuple[int, int]
    ) -> Iterator[BlockProof]:
        """Yield the blocks of a signal that hold ordinals from the first to the last, in order.

        Raises:
            ProofBroken: when the rows do not lead to a signed root.
        """
        numbers = self._numbers(signal, source, ordinals)
        for run in _runs(numbers):
            for header, blocks in self.segments(source, run[0], run[-1]):
                yield self._proof(header, blocks, signal)

    def segments(
        self, source: SourceEpoch, first: int, last: int
    ) -> Iterator[tuple[StoredHeader, list[Block]]]:
        """Yield headers from number `first` to `last` with the blocks rebuilt for them."""
        salt, _ = self._keys.source_secret(source.source, source.epoch)
        for start in range(first, last + 1, SEGMENTS_AT_ONCE_MAX):
            end = min(last, start + SEGMENTS_AT_ONCE_MAX - 1)
            with self._database.read() as connection:
                stored = self._manifest.headers(connection, source.id, start, end)
            headers = [one.header for one in stored]
            if headers:
                rows = with_present_files(partial(self._rows, source, headers))
                yield from zip(stored, self._rebuilt(rows, headers, salt), strict=True)

    def _rebuilt(self, rows: pa.Table, headers: Sequence[Header], salt: bytes) -> list[list[Block]]:
        with self._database.read() as connection:
            ids = np.unique(columns.array(rows, "series")).tolist()
            signals = self._manifest.signals(connection, ids)
        return rebuild(rows, headers, signals, salt)

    def _rows(self, source: SourceEpoch, headers: Sequence[Header]) -> pa.Table:
        sequences = headers[0].first_sequence, headers[-1].last_sequence
        hours = (
            min(header.min_ts for header in headers) // US_PER_HOUR,
            max(header.max_ts for header in headers) // US_PER_HOUR,
        )
        with self._database.read() as connection:
            files = self._manifest.files(connection, hours, sequences)
        where = "source_epoch = ? AND sequence BETWEEN ? AND ?"
        return self._scanner.rows(files, where, (source.id, *sequences))

    def _numbers(
        self, signal: SignalId, source: SourceEpoch, ordinals: tuple[int, int]
    ) -> list[int]:
        """Return the numbers of the segments with a block of the signal in a range of ordinals."""
        rows = with_present_files(lambda: self._signal_rows(signal, source, ordinals))
        sequences = np.sort(columns.array(rows, "sequence"))
        if not len(sequences):
            return []
        with self._database.read() as connection:
            first, last = (
                self._manifest.number_of(connection, source.id, int(sequence)) or 0
                for sequence in (sequences[0], sequences[-1])
            )
            stored = self._manifest.headers(connection, source.id, first, last)
        firsts = np.array([one.header.first_sequence for one in stored])
        found = np.unique(np.searchsorted(firsts, sequences, side="right") - 1)
        return [stored[index].header.number for index in found.tolist()]

    def _signal_rows(
        self, signal: SignalId, source: SourceEpoch, ordinals: tuple[int, int]
    ) -> pa.Table:
        first, last = ordinals
        with self._database.read() as connection:
            series = self._manifest.series_ids(connection, [signal]).get(signal, 0)
            zones = self._manifest.zones(connection, series)
        entries = zones.entries
        holds = (entries["first_ordinal"] <= last) & (entries["last_ordinal"] >= first)
        files = [zones.files[index] for index in np.flatnonzero(holds).tolist()]
        where = "series = ? AND source_epoch = ? AND ordinal BETWEEN ? AND ?"
        return self._scanner.rows(files, where, (series, source.id, first, last))

    def _proof(self, stored: StoredHeader, blocks: Sequence[Block], signal: SignalId) -> BlockProof:
        leaves = [block.leaf for block in blocks]
        index = [block.signal for block in blocks].index(signal)
        header = stored.header
        if merkle.root(leaves) != header.root:
            msg = f"the rows of segment {header.number} of {header.source}/{header.epoch} do not "
            msg += "lead to the root that its source signed"
            raise ProofBroken(msg)
        block = blocks[index]
        path = merkle.inclusion_path(leaves, index)
        parts = (stored.header_bytes, stored.signature, signal, block.salt, block.data, index, path)
        return BlockProof(*parts)


def _runs(numbers: Sequence[int]) -> Iterator[list[int]]:
    """Cut ascending numbers into runs without gaps."""
    run: list[int] = []
    for number in numbers:
        if run and number != run[-1] + 1:
            yield run
            run = []
        run.append(number)
    if run:
        yield run


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
        faults = [fault for file in files if (fault := self._file_fault(file))]
        segments = 0
        for source in sources:
            if source.mark.number:
                segments += source.mark.number
                faults += self._chain_faults(source)
        announced = sum(source.mark.sequence for source in sources)
        stored = sum(file.rows for file in files)
        if announced != stored:
            faults.append(f"{stored} records are stored, the marks announce {announced}")
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
            for stored, blocks in self._prover.segments(source, 1, source.mark.number):
                header = stored.header
                number += 1
                is_next = header.number == number and header.first_sequence == sequence + 1
                if not is_next or header.previous_hash != previous:
                    faults.append(f"segment {header.number} of {name} does not continue the chain")
                faults += self._segment_faults(stored, blocks)
                previous, sequence = header.hash(), header.last_sequence
        except (Refusal, duckdb.Error, pa.ArrowException, KeyError, ValueError) as error:
            return [*faults, f"segment {number + 1} of {name} or later: {error}"]
        mark = source.mark
        if (number, sequence, previous) != (mark.number, mark.sequence, mark.header_hash):
            faults.append(f"the mark of {name} is not its last segment")
        return faults

    def _segment_faults(self, stored: StoredHeader, blocks: Sequence[Block]) -> list[str]:
        header = stored.header
        name = f"segment {header.number} of {header.source}/{header.epoch}"
        try:
            _, key = self._keys.source_secret(SourceId(header.source), header.epoch)
            verify_signature(stored.header_bytes, stored.signature, key)
        except SegmentUnknownSource:
            return [f"{name}: the key of its source is not known"]
        except Refusal as error:
            return [f"{name}: {error}"]
        leaves = [block.leaf for block in blocks]
        if not leaves or merkle.root(leaves) != header.root:
            return [f"{name}: the stored records are not those that were signed"]
        return []
