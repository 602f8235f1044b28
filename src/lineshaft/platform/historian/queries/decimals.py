"""Reads the decimals of a store file as arrays: whole columns, and only what a sum needs.

A file has its rows by series and time, so whoever wants all of them needs no query engine, which
would look at every row of every column. Where the statistics of a file say that a column has one
value, it is not even read.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from lineshaft.core.reading import RecordKind
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.files.encoding import OFTEN_ONE

Rows = dict[str, NDArray[Any]]
KINDS = {
    "series": np.int32,
    "ts": np.int64,
    "mantissa": np.int64,
    "exponent": np.int8,
    "sequence": np.int64,
    "source_epoch": np.int32,
    "is_decimal": np.bool_,
}
"""Arrays of `read`: of good decimal readings all says something, of other rows the flag alone."""
_PLAIN = ("series", "ts", "sequence", "source_epoch")
_READ = (*_PLAIN, "status", "kind", "mantissa", "exponent")
_MOSTLY_NULL = ("number", "text")
_TYPES = {name: columns.SCHEMA.field(name).type.to_pandas_dtype() for name in OFTEN_ONE}
_PLACES = {name: place for place, name in enumerate(columns.SCHEMA.names)}


def read(path: Path, wanted: tuple[int, int, int, int]) -> Rows:
    """Return the rows of a file in their order.

    Args:
        path: of the file.
        wanted: first and last series; first instant, and the one behind the last.

    Raises:
        FileNotFoundError: when it is gone.
    """
    low, high, start, end = wanted
    with pa.OSFile(str(path)) as source, pq.ParquetFile(source, pre_buffer=False) as file:
        footer = file.metadata
        groups = [
            group
            for group in range(footer.num_row_groups)
            if _meets(footer.row_group(group), "series", (low, high))
            and _meets(footer.row_group(group), "ts", (start, end - 1))
        ]
        said = [name for name in _MOSTLY_NULL if not _is_null(footer, groups, name)]
        ones = {name: _only(footer, groups, name) for name in OFTEN_ONE}
        several = [name for name in _READ if ones.get(name) is None]
        table = file.read_row_groups(groups, columns=[*several, *said], use_threads=False)
    series = columns.array(table, "series")
    # As wide as they are, or all of them would be copied.
    bounds = np.array([low, high], dtype=series.dtype)
    first, behind = np.searchsorted(series, bounds[0]), np.searchsorted(series, bounds[1], "right")
    found = _arrays(table.slice(first, behind - first), said, ones)
    ts = found["ts"]
    if len(ts) and (ts.min() < start or ts.max() >= end):
        chosen = (ts >= start) & (ts < end)
        found = {name: column[chosen] for name, column in found.items()}
    return found


def _arrays(table: pa.Table, said: list[str], ones: Mapping[str, int | None]) -> Rows:
    def filled(name: str) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        one = ones.get(name)
        if one is None:
            return columns.filled(table, name)
        count = table.num_rows
        return np.full(count, one, dtype=_TYPES[name]), np.ones(count, dtype=np.bool_)

    found = {name: columns.array(table, name) for name in _PLAIN}
    found["mantissa"], has_mantissa = filled("mantissa")
    found["exponent"], has_exponent = filled("exponent")
    (kind, _), (status, _) = filled("kind"), filled("status")
    is_decimal = (kind == RecordKind.READING) & (status < columns.GOOD_BELOW)
    is_decimal &= has_mantissa & has_exponent
    for name in said:
        is_decimal &= table.column(name).is_null().to_numpy()
    return found | {"is_decimal": is_decimal}


def _meets(group: Any, name: str, bounds: tuple[int, int]) -> bool:
    """Tell whether a group may have rows between two values of a column, both included."""
    known = group.column(_PLACES[name]).statistics
    return bool(known.min <= bounds[1] and bounds[0] <= known.max)


def _is_null(footer: pq.FileMetaData, groups: list[int], name: str) -> bool:
    """Tell whether a column has no value at all in some groups."""
    chunks = [footer.row_group(group).column(_PLACES[name]) for group in groups]
    known = [(chunk.statistics, chunk.num_values) for chunk in chunks]
    return all(one and one.has_null_count and one.null_count == count for one, count in known)


def _only(footer: pq.FileMetaData, groups: list[int], name: str) -> int | None:
    """Return the one value of a column in all rows of some groups; None where it may have more."""
    values: set[int] = set()
    for group in groups:
        known = footer.row_group(group).column(_PLACES[name]).statistics
        if not (known and known.has_min_max and known.has_null_count and known.null_count == 0):
            return None
        values |= {known.min, known.max}
    return values.pop() if len(values) == 1 else None
