"""Proofs from the rows of one series alone, where the way up to the signed root is stored."""

from collections.abc import Iterator, Sequence
from functools import partial

import msgspec
import numpy as np
import pyarrow as pa

from lineshaft.core.reading import SignalId
from lineshaft.core.segment.merkle import HASH_BYTES, root_over
from lineshaft.core.segment.wire import SEGMENT_RECORDS_MAX
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.errors import ProofBroken
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.model import BlockProof, SourceEpoch, StoredHeader
from lineshaft.platform.historian.packed import HeldPath
from lineshaft.platform.historian.ports import Manifest, SourceKeys
from lineshaft.platform.historian.proof.blocks import Block
from lineshaft.platform.historian.proof.encoding import blocks_of_series
from lineshaft.platform.historian.queries.scan import Scanner, with_present_files

ORDINALS_AT_ONCE_MAX = 262_144
"""Rows of a series that are held in memory together, and less than a segment at either end."""
SEGMENTS_AT_ONCE_MAX = 2_048
"""Headers that are held in memory together: eight runs of the archive."""


class _Asked(msgspec.Struct, frozen=True):
    """Whose blocks are asked for."""

    signal: SignalId
    series: int
    source: SourceEpoch
    salt: bytes


class SeriesProver:
    """Finds the segments of a series, and proves its blocks there without reading any other."""

    def __init__(
        self, database: Database, manifest: Manifest, scanner: Scanner, keys: SourceKeys
    ) -> None:
        """Read rows through `scanner` and secrets through `keys`."""
        self._database, self._manifest, self._scanner = database, manifest, scanner
        self._keys = keys

    def proofs(
        self, signal: SignalId, source: SourceEpoch, ordinals: tuple[int, int]
    ) -> Iterator[tuple[int, BlockProof | None]]:
        """Yield the numbers of the segments with ordinals from the first to the last, in order.

        Each with the proof of the block, or with None where no path to the root is stored.

        Raises:
            ProofBroken: when rows and stored path do not lead to the signed root.
        """
        with self._database.read() as connection:
            series = self._manifest.series_ids(connection, [signal]).get(signal, 0)
            ends = self._manifest.zones(connection, series).entries["last_ordinal"]
        salt, _ = self._keys.source_secret(source.source, source.epoch)
        asked = _Asked(signal, series, source, salt)
        first, last = ordinals[0], min(ordinals[1], int(max(ends, default=0)))
        done = 0
        for start in range(first, last + 1, ORDINALS_AT_ONCE_MAX):
            wanted = start, min(last, start + ORDINALS_AT_ONCE_MAX - 1)
            rows = with_present_files(partial(self._rows, asked, wanted))
            for headers, part in self._parts(asked, rows):
                for number, proof in self._of_part(asked, headers, part, wanted):
                    # A block that two spans of ordinals share comes with the first.
                    if number > done:
                        yield number, proof
                        done = number

    def _rows(self, asked: _Asked, ordinals: tuple[int, int]) -> pa.Table:
        """Return, in order, the rows of the whole blocks that hold ordinals, and some more."""
        first, last = ordinals[0] - SEGMENT_RECORDS_MAX + 1, ordinals[1] + SEGMENT_RECORDS_MAX - 1
        with self._database.read() as connection:
            zones = self._manifest.zones(connection, asked.series)
        entries = zones.entries
        holds = (entries["first_ordinal"] <= last) & (entries["last_ordinal"] >= first)
        files = [zones.files[index] for index in np.flatnonzero(holds).tolist()]
        where = "series = ? AND source_epoch = ? AND ordinal BETWEEN ? AND ?"
        rows = self._scanner.rows(files, where, (asked.series, asked.source.id, first, last))
        return rows.take(pa.array(np.argsort(columns.array(rows, "sequence"))))

    def _parts(
        self, asked: _Asked, rows: pa.Table
    ) -> Iterator[tuple[list[StoredHeader], pa.Table]]:
        """Cut rows by segments: some headers that have rows, and these rows."""
        sequences = columns.array(rows, "sequence")
        if not len(sequences):
            return
        with self._database.read() as connection:
            first, last = (
                self._manifest.number_of(connection, asked.source.id, int(sequence)) or 0
                for sequence in (sequences[0], sequences[-1])
            )
        for start in range(first, last + 1, SEGMENTS_AT_ONCE_MAX):
            end = min(last, start + SEGMENTS_AT_ONCE_MAX - 1)
            with self._database.read() as connection:
                stored = self._manifest.headers(connection, asked.source.id, start, end)
            if not stored:
                continue
            firsts = [one.header.first_sequence for one in stored]
            begin = np.searchsorted(sequences, stored[0].header.first_sequence)
            stop = np.searchsorted(sequences, stored[-1].header.last_sequence, side="right")
            found = np.searchsorted(firsts, sequences[begin:stop], side="right") - 1
            if len(found):
                chosen = [stored[place] for place in np.unique(found).tolist()]
                yield chosen, rows.slice(begin, stop - begin)

    def _of_part(
        self,
        asked: _Asked,
        stored: Sequence[StoredHeader],
        rows: pa.Table,
        wanted: tuple[int, int],
    ) -> Iterator[tuple[int, BlockProof | None]]:
        numbers = stored[0].header.number, stored[-1].header.number
        with self._database.read() as connection:
            found = self._manifest.paths_of(connection, asked.source.id, asked.series, numbers)
        paths = {one.number: one for one in found}
        headers = [one.header for one in stored]
        blocks = blocks_of_series(rows, headers, asked.signal, asked.salt)
        for one, block in zip(stored, blocks, strict=True):
            last = block.first_ordinal + block.record_count - 1
            if block.first_ordinal <= wanted[1] and last >= wanted[0]:
                path = paths.get(one.header.number)
                yield one.header.number, None if path is None else _proof(one, block, path)


def _proof(stored: StoredHeader, block: Block, found: HeldPath) -> BlockProof:
    """Return the proof of a block, once its stored path has led to the signed root."""
    header, path = stored.header, found.path
    if root_over(block.leaf, found.leaf_index, header.block_count, path) != header.root:
        msg = f"the rows of {block.signal} in segment {header.number} of {header.source}/"
        msg += f"{header.epoch} and the path that is stored for them do not lead to the root that "
        msg += "its source signed"
        raise ProofBroken(msg)
    return BlockProof(
        header_bytes=stored.header_bytes,
        signature=stored.signature,
        signal=block.signal,
        salt=block.salt,
        block=block.data,
        leaf_index=found.leaf_index,
        path=[path[at : at + HASH_BYTES] for at in range(0, len(path), HASH_BYTES)],
    )
