"""Reads series out of store files, row group by row group and only the columns that say something.

A footer tells which series a row group has, and of a column that it is the same in all its rows:
mostly every row is a good reading, and neither text nor a binary float. Such columns are not read.
This is three times as fast as a query engine that looks at every row of every column.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.model import StoreFile

FOOTERS_MAX = 256
"""Footers that are kept in memory."""
_ALWAYS = ("series", "ts", "mantissa", "exponent")
_IDENTITY = ("source_epoch", "sequence")
_ZERO, _NULL = ("kind", "status"), ("number", "text")
OPTIONAL = frozenset(_ZERO + _NULL)
"""Columns that are not read where all rows are the same: see `rollups.rows.ABSENT`."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Some series of a file.

    Attributes:
        series: ascending.
    """

    file: StoreFile
    series: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Footer:
    """What a file says of its row groups.

    Attributes:
        low, high: smallest and largest series of each.
        silent: of each, the optional columns that are the same in all its rows.
    """

    metadata: pq.FileMetaData
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    silent: tuple[frozenset[str], ...]


class RowGroups:
    """Reads rows of store files; safe to share between threads."""

    def __init__(self, files: StoreFiles) -> None:
        """Read the files of `files`."""
        self._files = files
        # Store files never change under their name.
        self._footer = lru_cache(maxsize=FOOTERS_MAX)(self._read_footer)

    def rows(
        self, wanted: Sequence[Wanted], span: tuple[int, int], *, with_identity: bool
    ) -> pa.Table:
        """Return the rows of series with `span[0] <= ts < span[1]`, file after file per series.

        Args:
            wanted: which series of which files.
            span: instants.
            with_identity: whether source and sequence are needed in any case; they come with every
                kind that is not a reading, too.

        Returns:
            Some columns of `columns.SCHEMA`; one of `OPTIONAL` is absent where it says nothing.

        Raises:
            FileNotFoundError: when a file is gone.
            StoreFileDamaged: when one is not the bytes that were written.
        """
        for one in wanted:
            self._files.path(one.file)
        groups = [(one, group) for one in wanted for group in self._groups_of(one)]
        silent = OPTIONAL
        for one, group in groups:
            silent &= self._footer(one.file.path).silent[group]
        names = [*_ALWAYS, *(name for name in _ZERO + _NULL if name not in silent)]
        if with_identity or "kind" not in silent:
            names += _IDENTITY
        pieces = [piece for one, group in groups for piece in self._pieces(one, group, names, span)]
        pieces.sort(key=lambda piece: piece[0])
        if not pieces:
            return columns.SCHEMA.empty_table().select(names)
        return pa.concat_tables([table for _, table in pieces]).combine_chunks()

    def _groups_of(self, wanted: Wanted) -> list[int]:
        """Return the row groups that may have one of the series."""
        footer = self._footer(wanted.file.path)
        first = np.searchsorted(wanted.series, footer.low, side="left")
        last = np.searchsorted(wanted.series, footer.high, side="right")
        return np.flatnonzero(first < last).tolist()

    def _pieces(
        self, wanted: Wanted, group: int, names: Sequence[str], span: tuple[int, int]
    ) -> Iterator[tuple[int, pa.Table]]:
        """Yield the rows of each series in a row group."""
        footer = self._footer(wanted.file.path)
        path = self._files.directory / wanted.file.path
        # Texts repeat: they stay the numbers that they are in the file.
        with pq.ParquetFile(path, metadata=footer.metadata, read_dictionary=["text"]) as file:
            table = file.read_row_group(group, columns=list(names), use_threads=False)
        table = table.select(names)
        series, ts = columns.array(table, "series"), columns.array(table, "ts")
        place = slice(
            np.searchsorted(wanted.series, footer.low[group], side="left"),
            np.searchsorted(wanted.series, footer.high[group], side="right"),
        )
        chosen = wanted.series[place].astype(series.dtype)  # another type would copy all rows
        firsts = np.searchsorted(series, chosen, side="left").tolist()
        lasts = np.searchsorted(series, chosen, side="right").tolist()
        for one, first, last in zip(chosen.tolist(), firsts, lasts, strict=True):
            begin, end = np.searchsorted(ts[first:last], span, side="left").tolist()
            if begin < end:
                yield one, table.slice(first + begin, end - begin)

    def _read_footer(self, path: str) -> _Footer:
        metadata = pq.read_metadata(self._files.directory / path)
        groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
        names = {name: index for index, name in enumerate(metadata.schema.names)}
        series = [group.column(names["series"]).statistics for group in groups]
        return _Footer(
            metadata=metadata,
            low=np.array([one.min for one in series], dtype=np.int64),
            high=np.array([one.max for one in series], dtype=np.int64),
            silent=tuple(_silent(group, names) for group in groups),
        )


def _silent(group: Any, names: dict[str, int]) -> frozenset[str]:
    """Return the optional columns that are the same in all rows of a group."""
    found = set()
    for name in _ZERO + _NULL:
        statistics = group.column(names[name]).statistics
        if statistics is None:
            continue
        if name in _NULL and statistics.null_count == group.num_rows:
            found.add(name)
        if name in _ZERO and statistics.has_min_max and statistics.min == statistics.max == 0:
            found.add(name)
    return frozenset(found)
