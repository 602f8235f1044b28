"""Whole blocks found among rows: what can be deleted, and the mask that deletes it. Pure."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lineshaft.core.reading import RecordKind
from lineshaft.core.segment.header import Header
from lineshaft.platform.historian.files import columns

NAMES = ("series", "ts", "source_epoch", "sequence", "ordinal", "kind")
"""The columns that blocks are found by."""


class Blocks(msgspec.Struct, frozen=True):
    """Blocks as columns, in the order of (source_epoch, number, series).

    Attributes:
        first_sequence, last_sequence: of the whole segment.
        rows: how many records each has.
        has_correction: whether one of them corrects another record.
    """

    source_epoch: NDArray[np.int64]
    number: NDArray[np.int64]
    first_sequence: NDArray[np.int64]
    last_sequence: NDArray[np.int64]
    series: NDArray[np.int64]
    rows: NDArray[np.int64]
    min_ts: NDArray[np.int64]
    max_ts: NDArray[np.int64]
    first_ordinal: NDArray[np.int64]
    last_ordinal: NDArray[np.int64]
    has_correction: NDArray[np.bool_]

    def __len__(self) -> int:
        """Count the blocks."""
        return len(self.series)

    def where(self, chosen: NDArray[Any]) -> "Blocks":
        """Return some of them, by mask or index."""
        return Blocks(*(getattr(self, name)[chosen] for name in self.__struct_fields__))

    @property
    def segments(self) -> list[tuple[int, int]]:
        """Source and epoch and number of each segment that they stand in, each once, in order."""
        pairs = np.unique(np.stack([self.source_epoch, self.number]), axis=1)
        return [(int(source_epoch), int(number)) for source_epoch, number in pairs.T]


def join(parts: Sequence[Blocks]) -> Blocks:
    """Put blocks together."""
    joined = [
        np.concatenate([getattr(part, name) for part in parts] or [np.zeros(0, np.int64)])
        for name in Blocks.__struct_fields__
    ]
    joined[-1] = joined[-1].astype(np.bool_)
    result = Blocks(*joined)
    return result.where(np.lexsort((result.series, result.number, result.source_epoch)))


def find(rows: pa.Table, headers: Sequence[Header]) -> Blocks:
    """Find the blocks of rows.

    Args:
        rows: of one source and epoch, columns `NAMES`, in any order; every row that the wanted
            series have in the segments. Those that belong to none of the segments are left out.
        headers: of the segments, in the order of their numbers.
    """
    firsts = np.array([header.first_sequence for header in headers], dtype=np.int64)
    lasts = np.array([header.last_sequence for header in headers], dtype=np.int64)
    numbers = np.array([header.number for header in headers], dtype=np.int64)
    column = {name: columns.array(rows, name) for name in NAMES}
    place = np.searchsorted(firsts, column["sequence"], side="right") - 1
    inside = (place >= 0) & (column["sequence"] <= lasts[place])
    order = np.flatnonzero(inside)
    if not len(order):
        return join([])
    order = order[np.lexsort((column["series"][order], place[order]))]
    place = place[order]
    column = {name: values[order] for name, values in column.items()}
    series = column["series"].astype(np.int64)
    starts = np.flatnonzero(np.r_[True, (place[1:] != place[:-1]) | (series[1:] != series[:-1])])
    at = place[starts]
    return Blocks(
        source_epoch=column["source_epoch"][starts].astype(np.int64),
        number=numbers[at],
        first_sequence=firsts[at],
        last_sequence=lasts[at],
        series=series[starts],
        rows=np.diff(np.r_[starts, len(series)]),
        min_ts=np.minimum.reduceat(column["ts"], starts),
        max_ts=np.maximum.reduceat(column["ts"], starts),
        first_ordinal=np.minimum.reduceat(column["ordinal"], starts),
        last_ordinal=np.maximum.reduceat(column["ordinal"], starts),
        has_correction=np.bitwise_or.reduceat(column["kind"] == RecordKind.CORRECTION, starts),
    )


class Doomed:
    """Tells which rows of a file belong to blocks that are deleted."""

    def __init__(self, blocks: Blocks) -> None:
        """Look for the rows of `blocks`."""
        keys = np.stack([blocks.source_epoch, blocks.first_sequence, blocks.last_sequence])
        segments, place = np.unique(keys, axis=1, return_inverse=True)
        self._sources, self._firsts, self._lasts = segments
        self._width = int(blocks.series.max(initial=0)) + 1
        self._keys = np.unique(place.reshape(-1) * self._width + blocks.series)

    def mask(self, rows: pa.Table) -> NDArray[np.bool_]:
        """Return which rows are deleted.

        Args:
            rows: with series, source_epoch and sequence.
        """
        source = columns.array(rows, "source_epoch").astype(np.int64)
        sequence, series = columns.array(rows, "sequence"), columns.array(rows, "series")
        result = np.zeros(len(sequence), dtype=np.bool_)
        for one in np.unique(self._sources).tolist():
            begin, end = np.searchsorted(self._sources, [one, one + 1])
            mine = np.flatnonzero(source == one)
            place = np.searchsorted(self._firsts[begin:end], sequence[mine], side="right") - 1
            inside = (place >= 0) & (sequence[mine] <= self._lasts[begin:end][place])
            inside &= series[mine] < self._width
            keys = (place + begin) * self._width + series[mine]
            result[mine] = inside & np.isin(keys, self._keys)
        return result
