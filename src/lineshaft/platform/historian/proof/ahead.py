"""The blocks of many series that rows read ahead prove, each segment's header read once."""

import hashlib
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray

from lineshaft.core.reading import SignalId
from lineshaft.core.segment.merkle import leaf_hash, root_over, salt_of
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.model import (
    KnownBlock,
    KnownBlocks,
    SourceEpoch,
    StoredHeader,
)
from lineshaft.platform.historian.packed import HeldPath
from lineshaft.platform.historian.ports import Manifest, SourceKeys
from lineshaft.platform.historian.proof.encoding import BlockRows, head_of
from lineshaft.platform.historian.queries.ahead import StoredRows

SEGMENTS_AHEAD_MAX = 8_192
"""Segments of one source that are looked through; the blocks of more are asked for one by one."""


class _Chain(msgspec.Struct):
    """What was read of a source.

    Attributes:
        stored: headers, in the order of their numbers.
        hashes, firsts: hash and first sequence of each header.
        paths: by series and number.
    """

    stored: list[StoredHeader] = msgspec.field(default_factory=list)
    hashes: list[bytes] = msgspec.field(default_factory=list)
    firsts: NDArray[np.int64] = msgspec.field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    paths: dict[int, dict[int, HeldPath]] = msgspec.field(default_factory=dict)


class _Stretch(msgspec.Struct, frozen=True):
    """Rows of one series and one source, from one to another.

    Attributes:
        rows: its own where those of all do not stand in the order of their sequences.
    """

    series: int
    owner: int
    first: int
    behind: int
    rows: pa.Table | None = None


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
        known = KnownBlocks()
        for rows, some in _by_rows(found.rows, stretches):
            owners = [(names[one.series], sources[one.owner]) for one in some]
            kept = [known.setdefault((name, of.source, of.epoch), []) for name, of in owners]
            for place, block in self._proven(BlockRows.of(rows), some, owners):
                kept[place].append(block)
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
        self,
        rows: BlockRows,
        stretches: Sequence[_Stretch],
        owners: Sequence[tuple[SignalId, SourceEpoch]],
    ) -> Iterator[tuple[int, KnownBlock]]:
        """Yield the blocks of stretches of some rows, each with the place of its stretch."""
        stretch, segment, starts, ends = self._cut(rows, stretches)
        heads = [head_of(signal) for signal, _ in owners]
        encoded = rows.encoded([heads[place] for place in stretch], starts, ends)
        counts = (ends - starts).tolist()
        for place, at, count, block in zip(stretch, segment, counts, encoded, strict=True):
            (signal, source), (ordinal, data) = owners[place], block
            chain = self._chains[source.id]
            header = chain.stored[at].header
            path = chain.paths[stretches[place].series].get(header.number)
            if path is None:
                continue
            salt = salt_of(self._salt_secret(source), header.first_sequence, signal)
            leaf = leaf_hash(salt, data)
            root = root_over(leaf, path.leaf_index, header.block_count, path.path)
            if root == header.root:
                parts = (header.number, chain.hashes[at], leaf)
                yield place, KnownBlock(*parts, ordinal, ordinal + count - 1)

    def _cut(
        self, rows: BlockRows, stretches: Sequence[_Stretch]
    ) -> tuple[list[int], list[int], NDArray[np.int64], NDArray[np.int64]]:
        """Cut stretches where one segment ends and the next one begins.

        Returns:
            For each piece the place of its stretch, the place of its segment in the chain, its
            first row and the row behind its last.
        """
        sequence = rows.fixed["sequence"].astype(np.int64)
        stretch, segment = np.full((2, len(sequence)), -1, dtype=np.int64)
        for place, one in enumerate(stretches):
            within = slice(one.first, one.behind)
            stretch[within] = place
            firsts = self._chains[one.owner].firsts
            segment[within] = np.searchsorted(firsts, sequence[within], side="right") - 1
        is_new = (np.diff(stretch, prepend=-1) != 0) | (np.diff(segment, prepend=-1) != 0)
        starts = np.flatnonzero(is_new)
        ends = np.append(starts, len(sequence))[1:]
        kept = (stretch[starts] >= 0) & (segment[starts] >= 0)
        starts, ends = starts[kept], ends[kept]
        return stretch[starts].tolist(), segment[starts].tolist(), starts, ends

    def _salt_secret(self, source: SourceEpoch) -> bytes:
        if source.id not in self._salts:
            self._salts[source.id], _ = self._keys.source_secret(source.source, source.epoch)
        return self._salts[source.id]


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
            mine = _of_source(rows, number)
            yield _Stretch(series, number, 0, len(mine), mine)


def _of_source(rows: pa.Table, number: int) -> pa.Table:
    """Return the rows of one source, in the order of their sequences."""
    mine = rows.filter(pa.array(columns.array(rows, "source_epoch") == number))
    return mine.take(pa.array(np.argsort(columns.array(mine, "sequence"))))


def _by_rows(
    rows: pa.Table, stretches: Sequence[_Stretch]
) -> Iterator[tuple[pa.Table, list[_Stretch]]]:
    """Yield the rows of all with the stretches in them, then those that have rows of their own."""
    yield rows, [one for one in stretches if one.rows is None]
    for one in stretches:
        if one.rows is not None:
            yield one.rows, [one]
