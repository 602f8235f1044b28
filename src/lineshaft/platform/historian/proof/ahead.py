"""The blocks of many series that rows read ahead prove, each segment's header read once."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray

from lineshaft.core.reading import SignalId
from lineshaft.core.segment.merkle import root_over
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.model import (
    KnownBlock,
    KnownBlocks,
    SourceEpoch,
    StoredHeader,
)
from lineshaft.platform.historian.packed import HeldPath
from lineshaft.platform.historian.ports import Manifest, SourceKeys
from lineshaft.platform.historian.proof.encoding import BlockRows
from lineshaft.platform.historian.queries.ahead import StoredRows

SEGMENTS_AHEAD_MAX = 8_192
"""Segments of one source that are looked through; the blocks of more are asked for one by one."""


@dataclass(slots=True)
class _Chain:
    """What was read of a source.

    Attributes:
        stored: headers, in the order of their numbers.
        hashes, firsts: hash and first sequence of each header.
        paths: by series and number.
    """

    stored: list[StoredHeader] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    firsts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    paths: dict[int, dict[int, HeldPath]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Rows of one series and one source, from one to another.

    Attributes:
        rows: its own where its rows do not stand in a row in the order of their sequences.
    """

    series: int
    owner: int
    first: int
    behind: int
    rows: BlockRows | None = None


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
        names = {number: signal for signal, number in found.series.items()}
        stretches = list(_stretches(found))
        self._read_chains(found, sources, stretches)
        rows, known = BlockRows.of(found.rows), KnownBlocks()
        for one in stretches:
            source, signal = sources[one.owner], names[one.series]
            mine = one.rows or rows.cut(one.first, one.behind)
            proven = list(self._proven((signal, one.series), source, mine))
            known[signal, source.source, source.epoch] = proven
        return known

    def _read_chains(
        self,
        found: StoredRows,
        sources: dict[int, SourceEpoch],
        stretches: Sequence[_Stretch],
    ) -> None:
        """Read headers and paths of all segments that rows stand in, those of a source at once."""
        owner = columns.array(found.rows, "source_epoch")
        sequence = columns.array(found.rows, "sequence")
        order = np.lexsort((sequence, owner))
        owner, sequence = owner[order], sequence[order]
        for number in np.unique(owner).tolist():
            low, high = np.searchsorted(owner, [number, number + 1]).tolist()
            first, last = (
                self._manifest.number_of(self._connection, sources[number].id, int(at)) or 0
                for at in (sequence[low], sequence[high - 1])
            )
            chain = self._chains[number] = _Chain()
            if last - first < SEGMENTS_AHEAD_MAX:
                chain.stored = self._manifest.headers(self._connection, number, first, last)
                chain.hashes = [hashlib.sha256(one.header_bytes).digest() for one in chain.stored]
                chain.firsts = np.array([one.header.first_sequence for one in chain.stored])
                series = [one.series for one in stretches if one.owner == number]
                chain.paths = self._manifest.paths_of_many(
                    self._connection, number, series, (first, last)
                )

    def _proven(
        self, owner: tuple[SignalId, int], source: SourceEpoch, rows: BlockRows
    ) -> Iterator[KnownBlock]:
        chain, (signal, series) = self._chains[source.id], owner
        if not chain.stored:
            return
        sequence = rows.fixed["sequence"].astype(np.int64)
        within = np.searchsorted(chain.firsts, sequence, side="right") - 1
        places = within[np.flatnonzero(np.diff(within, prepend=-1))].tolist()
        if source.id not in self._salts:
            self._salts[source.id], _ = self._keys.source_secret(source.source, source.epoch)
        headers = [chain.stored[place].header for place in places]
        blocks = rows.blocks(headers, signal, self._salts[source.id])
        for place, block in zip(places, blocks, strict=True):
            header = chain.stored[place].header
            path = chain.paths[series].get(header.number)
            if path is None:
                continue
            root = root_over(block.leaf, path.leaf_index, header.block_count, path.path)
            if root == header.root:
                last = block.first_ordinal + block.record_count - 1
                parts = (header.number, chain.hashes[place], block.leaf)
                yield KnownBlock(*parts, block.first_ordinal, last)


def _stretches(found: StoredRows) -> Iterator[_Stretch]:
    """Cut rows by series and source."""
    owner = columns.array(found.rows, "source_epoch")
    sequence = columns.array(found.rows, "sequence")
    for signal, (first, behind) in found.places().items():
        series, of, at = found.series[signal], owner[first:behind], sequence[first:behind]
        if first == behind:
            continue
        if np.all(of == of[0]) and np.all(at[1:] > at[:-1]):
            yield _Stretch(series, int(of[0]), first, behind)
            continue
        rows = found.rows.slice(first, behind - first)
        for number in np.unique(of).tolist():
            yield _Stretch(series, number, first, behind, BlockRows.of(_of_source(rows, number)))


def _of_source(rows: pa.Table, number: int) -> pa.Table:
    """Return the rows of one source, in the order of their sequences."""
    mine = rows.filter(pa.array(columns.array(rows, "source_epoch") == number))
    return mine.take(pa.array(np.argsort(columns.array(mine, "sequence"))))
