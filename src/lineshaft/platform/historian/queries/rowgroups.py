"""Reads series out of store files, row group by row group and only the columns that say something.

A footer tells which series a row group has, and of a column that it is the same in all its rows:
mostly every row is a good reading, and neither text nor a binary float. Such columns are not read.
This is three times as fast as a query engine that looks at every row of every column.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, Literal

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.model import StoreFile

FOOTERS_MAX = 256
"""Footers that are kept in memory."""
PLACES_MAX = 1_024
"""Series of a row group whose places are kept with its footer."""
_ALWAYS = ("series", "ts", "mantissa", "exponent")
_IDENTITY = ("source_epoch", "sequence")
_ZERO, _NULL = ("kind", "status"), ("number", "text")
OPTIONAL = frozenset(_ZERO + _NULL)
"""Columns that are not read where all rows are the same: see `rollups.rows.ABSENT`."""
_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")
_OFTEN_SAME = ("source_epoch", "exponent", *_ZERO)
"""Columns that have one value in most groups."""
_PLACES = {name: place for place, name in enumerate(columns.SCHEMA.names)}


class Wanted(msgspec.Struct, frozen=True):
    """Some series of a file.

    Attributes:
        series: ascending.
    """

    file: StoreFile
    series: NDArray[np.int64]


_Same = dict[str, int | None]


class _Footer(msgspec.Struct, frozen=True):
    """What a file says of its row groups.

    Attributes:
        low, high: smallest and largest series of each.
        bounds: smallest and largest series, first and last instant of each.
        same: of each, the integer (or nothing: None) that a column has in all its rows; more is
            known of a group that was read.
        places: of a group that was read, its series and where the rows of each begin and end.
        silent: of each, the optional columns that say nothing.
    """

    metadata: pq.FileMetaData
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    bounds: tuple[tuple[int, int, int, int], ...]
    same: list[_Same]
    places: dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]]
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

    def whole_rows(
        self, files: Sequence[StoreFile], series: int, spans: Sequence[tuple[int, int]]
    ) -> pa.Table:
        """Return the rows of a series whose instants lie in one of some spans, file after file.

        Args:
            files: where to look.
            series: its number.
            spans: instants, ends excluded; they do not overlap.

        Returns:
            All columns, `columns.SCHEMA`.

        Raises:
            FileNotFoundError: when a file is gone.
            StoreFileDamaged: when one is not the bytes that were written.
        """
        pieces: list[tuple[_Same, pa.Table]] = []
        for file in files:
            path, footer = str(self._files.path(file)), self._footer(file.path)
            for group, (low, high, first, last) in enumerate(footer.bounds):
                inside = [(start, end) for start, end in spans if first < end and start <= last]
                if inside and low <= series <= high:
                    pieces += _whole_pieces(path, footer, group, (series, inside))
        # Files are mostly alike: what they lack is put in place once, not file by file.
        found = [
            _completed(pa.concat_tables(table for _, table in alike).combine_chunks(), same)
            for same, alike in groupby(pieces, key=lambda piece: piece[0])
        ]
        return pa.concat_tables(found or [columns.SCHEMA.empty_table()]).combine_chunks()

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
        bounds = tuple(map(_bounds, groups))
        same = [_same(group) for group in groups]
        return _Footer(
            metadata=metadata,
            low=np.array([one[0] for one in bounds], dtype=np.int64),
            high=np.array([one[1] for one in bounds], dtype=np.int64),
            bounds=bounds,
            same=same,
            places={},
            silent=tuple(map(_silent, same)),
        )


def _bounds(group: Any) -> tuple[int, int, int, int]:
    """Return smallest and largest series, first and last instant of a group."""
    series, ts = (group.column(_PLACES[name]).statistics for name in ("series", "ts"))
    return series.min, series.max, ts.min, ts.max


def _same(group: Any) -> _Same:
    """Return what columns have in all rows of a group, where that is one integer or nothing."""
    found: _Same = {}
    for field in columns.SCHEMA:
        statistics = group.column(_PLACES[field.name]).statistics
        if statistics is None or not statistics.has_null_count:
            continue
        if statistics.null_count == group.num_rows:
            found[field.name] = None
        elif field.name in _ZERO and statistics.has_min_max and statistics.min == statistics.max:
            found[field.name] = statistics.min
    return found


def _silent(same: _Same) -> frozenset[str]:
    """Return the optional columns that say nothing in all rows of a group."""
    zero = (name for name in _ZERO if same.get(name) == 0)
    return frozenset([*zero, *(name for name in _NULL if same.get(name, 0) is None)])


def _whole_pieces(
    path: str, footer: _Footer, group: int, wanted: tuple[int, Sequence[tuple[int, int]]]
) -> Iterator[tuple[_Same, pa.Table]]:
    """Yield the rows of a series in each of some spans; what is the same in all is not read."""
    same, (one, spans) = footer.same[group], wanted
    is_known = group in footer.places
    rest = [name for name in _PLACES if name not in same and name != "series"]
    names = rest if is_known else ["series", *rest]
    source = pa.OSFile(path)
    with source, pq.ParquetFile(source, metadata=footer.metadata, pre_buffer=False) as file:
        table = file.read_row_group(group, columns=names, use_threads=False)
    places = footer.places[group] if is_known else _learnt(footer, group, table)
    table = table.select(rest)
    (first,), (last,) = (places[1][places[0].searchsorted([one], side)] for side in _SIDES)
    ts, same = columns.array(table, "ts")[first:last], same | {"series": one}
    for span in spans:
        begin, end = ts.searchsorted(span).tolist()
        if begin < end:
            yield same, table.slice(first + begin, end - begin)


def _learnt(
    footer: _Footer, group: int, table: pa.Table
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the series of a group, and where each begins and the last ends; remember few of them.

    What every row has in common is remembered as well: next time it is not read.
    """
    series = columns.array(table, "series")
    values, starts = np.unique(series, return_index=True)
    places = values.astype(np.int64), np.append(starts, len(series))
    if len(values) <= PLACES_MAX:
        read = (name for name in _OFTEN_SAME if name in table.schema.names)
        found = {n: columns.array(table, n) for n in read if not table.column(n).null_count}
        alike: _Same = {name: int(v[0]) for name, v in found.items() if (v == v[0]).all()}
        footer.same[group] = footer.same[group] | alike
        footer.places[group] = places
    return places


def _completed(table: pa.Table, same: _Same) -> pa.Table:
    """Return rows with the columns that were not read, as `columns.SCHEMA`."""
    names = table.column_names
    arrays = [
        table.column(field.name).cast(field.type)
        if field.name in names
        else pa.repeat(pa.scalar(same[field.name], field.type), table.num_rows)
        for field in columns.SCHEMA
    ]
    return pa.table(arrays, schema=columns.SCHEMA)
