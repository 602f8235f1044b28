"""Proofs: what was signed, rebuilt from what is stored."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import pyarrow as pa

from lineshaft.core.reading import SignalId
from lineshaft.core.segment.header import Header
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.deleted import Remains
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.model import (
    US_PER_HOUR,
    BlockProof,
    SourceEpoch,
)
from lineshaft.platform.historian.packed import HeldPath
from lineshaft.platform.historian.ports import Manifest, SourceKeys
from lineshaft.platform.historian.proof.blocks import Block, rebuild
from lineshaft.platform.historian.proof.rebuilt import RebuiltSegment
from lineshaft.platform.historian.proof.series import SeriesProver
from lineshaft.platform.historian.queries.scan import Scanner, with_present_files

SEGMENTS_AT_ONCE_MAX = 64
"""Segments whose rows are held in memory together: at most 64,000 records."""
_ALL_ORDINALS = (1, 2**63 - 1)


class Prover:
    """Rebuilds what sources signed from the stored rows."""

    def __init__(
        self, database: Database, manifest: Manifest, scanner: Scanner, keys: SourceKeys
    ) -> None:
        """Read rows through `scanner` and secrets through `keys`."""
        self._database, self._manifest, self._scanner = database, manifest, scanner
        self._keys = keys
        self._series = SeriesProver(database, manifest, scanner, keys)

    def proofs(
        self, signal: SignalId, source: SourceEpoch, ordinals: tuple[int, int]
    ) -> Iterator[BlockProof]:
        """Yield the blocks of a signal that hold ordinals from the first to the last, in order.

        Raises:
            ProofBroken: when the rows do not lead to a signed root.
        """
        unproven: list[int] = []
        for number, proof in self._series.proofs(signal, source, ordinals):
            if proof is None:
                unproven.append(number)
                continue
            yield from self._rebuilt_proofs(signal, source, unproven)
            unproven = []
            yield proof
        yield from self._rebuilt_proofs(signal, source, unproven)

    def _rebuilt_proofs(
        self, signal: SignalId, source: SourceEpoch, numbers: Sequence[int]
    ) -> Iterator[BlockProof]:
        """Yield proofs where no path is stored: from the rows of all series."""
        for run in _runs(numbers):
            for segment in self.segments(source, run[0], run[-1]):
                yield self._proof(segment, signal)

    def paths(
        self, signals: Sequence[SignalId], source: SourceEpoch
    ) -> Iterator[tuple[int, list[tuple[SignalId, HeldPath]]]]:
        """Yield the segments where blocks of signals have no stored path, with the paths.

        However many signals it is for, the rows of a segment are read once.
        """
        missing: dict[int, set[SignalId]] = {}
        for signal in signals:
            for number, proof in self._series.proofs(signal, source, _ALL_ORDINALS):
                if proof is None:
                    missing.setdefault(number, set()).add(signal)
        for run in _runs(sorted(missing)):
            for segment in self.segments(source, run[0], run[-1]):
                number = segment.stored.header.number
                segment.check()
                found = []
                for position, block in enumerate(segment.blocks):
                    if block.signal in missing[number]:
                        place, path = segment.way_up(position)
                        found.append((block.signal, HeldPath(number, place, b"".join(path))))
                yield number, found

    def segments(self, source: SourceEpoch, first: int, last: int) -> Iterator[RebuiltSegment]:
        """Yield the segments from number `first` to `last` with the blocks rebuilt for them."""
        salt, _ = self._keys.source_secret(source.source, source.epoch)
        for start in range(first, last + 1, SEGMENTS_AT_ONCE_MAX):
            end = min(last, start + SEGMENTS_AT_ONCE_MAX - 1)
            with self._database.read() as connection:
                stored = self._manifest.headers(connection, source.id, start, end)
            headers = [one.header for one in stored]
            if headers:
                rows, remains = with_present_files(partial(self._rows, source, headers))
                for one, blocks in zip(stored, self._rebuilt(rows, headers, salt), strict=True):
                    number = one.header.number
                    stones = remains.tombstones.get(number, ())
                    yield RebuiltSegment(one, blocks, stones, remains.is_gone(number))

    def _rebuilt(self, rows: pa.Table, headers: Sequence[Header], salt: bytes) -> list[list[Block]]:
        with self._database.read() as connection:
            ids = np.unique(columns.array(rows, "series")).tolist()
            signals = self._manifest.signals(connection, ids)
        return rebuild(rows, headers, signals, salt)

    def _rows(self, source: SourceEpoch, headers: Sequence[Header]) -> tuple[pa.Table, Remains]:
        sequences = headers[0].first_sequence, headers[-1].last_sequence
        hours = (
            min(header.min_ts for header in headers) // US_PER_HOUR,
            max(header.max_ts for header in headers) // US_PER_HOUR,
        )
        with self._database.read() as connection:
            files = self._manifest.files(connection, hours, sequences)
            # In the same view as the files: what is not in the one is in the other.
            numbers = headers[0].number, headers[-1].number
            remains = self._manifest.remains(connection, source.id, *numbers)
        where = "source_epoch = ? AND sequence BETWEEN ? AND ?"
        return self._scanner.rows(files, where, (source.id, *sequences)), remains

    def _proof(self, segment: RebuiltSegment, signal: SignalId) -> BlockProof:
        segment.check()
        position = [block.signal for block in segment.blocks].index(signal)
        block, stored = segment.blocks[position], segment.stored
        place, path = segment.way_up(position)
        parts = (stored.header_bytes, stored.signature, signal, block.salt, block.data, place, path)
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
