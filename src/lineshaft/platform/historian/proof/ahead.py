"""The blocks of many series that rows read ahead prove, each segment's header read once."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from lineshaft.core.reading import SignalId
from lineshaft.core.segment.merkle import root_over
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.model import (
    KnownBlock,
    KnownBlocks,
    SourceEpoch,
    StoredHeader,
)
from lineshaft.platform.historian.ports import Manifest, SourceKeys
from lineshaft.platform.historian.proof.encoding import blocks_of_series
from lineshaft.platform.historian.queries.ahead import StoredRows

SEGMENTS_AHEAD_MAX = 8_192
"""Segments of one source that are looked through; the blocks of more are asked for one by one."""


@dataclass(slots=True)
class _Chain:
    """Headers of a source that were read, with their hashes."""

    first: int
    stored: list[StoredHeader] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)


class AheadProver:
    """Proves blocks within one read transaction, where the way up to the root is stored."""

    def __init__(self, connection: sa.Connection, manifest: Manifest, keys: SourceKeys) -> None:
        """Read headers and paths through `connection`, secrets through `keys`."""
        self._connection, self._manifest, self._keys = connection, manifest, keys
        self._chains: dict[int, _Chain] = {}
        self._salts: dict[int, bytes] = {}

    def blocks(self, found: StoredRows) -> KnownBlocks:
        """Return the blocks whose rows are all there and lead to the root that was signed.

        A block that the span cuts, or whose path is not stored, is left out.
        """
        sources = {one.id: one for one in found.sources}
        known: KnownBlocks = {}
        places = found.places()
        self._read_chains(found, sources)
        for signal, (first, behind) in places.items():
            rows = found.rows.slice(first, behind - first)
            for number in np.unique(columns.array(rows, "source_epoch")).tolist():
                source = sources[number]
                mine = _of_source(rows, number)
                series = found.series[signal]
                proven = list(self._proven((signal, series), source, mine))
                known[signal, source.source, source.epoch] = proven
        return known

    def _read_chains(self, found: StoredRows, sources: dict[int, SourceEpoch]) -> None:
        """Read the headers of all segments that rows stand in, each source's once."""
        owner = columns.array(found.rows, "source_epoch")
        sequence = columns.array(found.rows, "sequence")
        for number in np.unique(owner).tolist():
            mine = sequence[owner == number]
            ends = (
                self._manifest.number_of(self._connection, sources[number].id, int(at)) or 0
                for at in (mine.min(), mine.max())
            )
            first, last = ends
            chain = self._chains[number] = _Chain(first)
            if last - first < SEGMENTS_AHEAD_MAX:
                chain.stored = self._manifest.headers(self._connection, number, first, last)
                chain.hashes = [hashlib.sha256(one.header_bytes).digest() for one in chain.stored]

    def _proven(
        self, owner: tuple[SignalId, int], source: SourceEpoch, rows: pa.Table
    ) -> Iterator[KnownBlock]:
        chain, (signal, series) = self._chains[source.id], owner
        if not chain.stored:
            return
        firsts = [one.header.first_sequence for one in chain.stored]
        sequence = columns.array(rows, "sequence")
        places = np.unique(np.searchsorted(firsts, sequence, side="right") - 1).tolist()
        numbers = tuple(chain.stored[place].header.number for place in (places[0], places[-1]))
        found = self._manifest.paths_of(self._connection, source.id, series, numbers)
        paths = {one.number: one for one in found}
        if source.id not in self._salts:
            self._salts[source.id], _ = self._keys.source_secret(source.source, source.epoch)
        salt = self._salts[source.id]
        headers = [chain.stored[place].header for place in places]
        for place, block in zip(places, blocks_of_series(rows, headers, signal, salt), strict=True):
            header = chain.stored[place].header
            path = paths.get(header.number)
            if path is None:
                continue
            root = root_over(block.leaf, path.leaf_index, header.block_count, path.path)
            if root == header.root:
                last = block.first_ordinal + block.record_count - 1
                parts = (header.number, chain.hashes[place], block.leaf)
                yield KnownBlock(*parts, block.first_ordinal, last)


def _of_source(rows: pa.Table, number: int) -> pa.Table:
    """Return the rows of one source, in the order of their sequences."""
    is_mine = columns.array(rows, "source_epoch") == number
    mine = rows if is_mine.all() else rows.filter(pa.array(is_mine))
    sequence = columns.array(mine, "sequence")
    if np.all(sequence[1:] > sequence[:-1]):
        return mine
    return mine.take(pa.array(np.argsort(sequence)))
