"""How rows become the bytes of a Parquet file. Any engine that reads Parquet reads them.

The encodings were chosen by measurement (`notes/historian.md`, section 4; docs/performance.md):
0.7 bytes per reading in day files of regular data.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.model import DAY_LEVEL

ROW_GROUP_ROWS = 128_000
SCAN_ROW_GROUP_ROWS = 512_000
"""Where series share irregular stamps: several whole days of 1 Hz stand in one row group."""
OFTEN_ABSENT = ("own_ts", "number", "text")
OFTEN_ONE = ("status", "kind", "exponent")
"""Columns that mostly have one value in a whole row group, and then need not be read."""
_IRREGULAR_STEPS = 32
_DELTA = ("ts", "own_ts", "mantissa", "sequence", "ordinal")
_DICTIONARY = ("series", "source_epoch", "status", "kind", "exponent", "text")
# A page for a whole row group is 5 % smaller than pages of 20,000 rows, the default, and faster.
_PAGES = {"data_page_size": 1 << 25, "max_rows_per_page": SCAN_ROW_GROUP_ROWS}
_SMALL_ENCODING = dict.fromkeys(_DELTA, "DELTA_BINARY_PACKED") | {"number": "PLAIN"}
SMALL = {
    **_PAGES,
    "compression": "zstd",
    "compression_level": 3,
    "use_dictionary": list(_DICTIONARY),
    "column_encoding": _SMALL_ENCODING,
    # Those of the other columns, and a page index, are 2 % of a file and rule nothing out.
    "write_statistics": ["series", "ts", "sequence", "ordinal", *OFTEN_ABSENT, *OFTEN_ONE],
}
"""How day files are written: they stay."""
FAST = {
    **_PAGES,
    "compression": "zstd",
    "compression_level": 1,
    "use_dictionary": ["text"],
    "column_encoding": dict.fromkeys(
        (*_DELTA, "series", "source_epoch", "status", "kind", "exponent"), "DELTA_BINARY_PACKED"
    )
    | {"number": "PLAIN"},
    "write_statistics": ["series", "ts", *OFTEN_ABSENT],
}
"""How commits and hours are written: nine tenths of the time, and they are merged soon."""


class Layout(msgspec.Struct, frozen=True):
    """How a file is written.

    Attributes:
        options: of `pyarrow.parquet.ParquetWriter`.
        row_group_rows: at most.
    """

    options: Mapping[str, Any]
    row_group_rows: int


def layout(level: int, first: pa.Table) -> Layout:
    """Choose how a file is written.

    Stamps that jitter cost two bytes each when they are packed as differences. Where a scan gives
    all signals of a machine the same stamp, those of the second series are the bytes of the first
    once more, and cost nothing: if they are written as they are, and stand in one page.

    Args:
        level: of the file. What is merged soon is written the fast way.
        first: sorted rows, its first ones.
    """
    if level < DAY_LEVEL:
        return Layout(FAST, ROW_GROUP_ROWS)
    if not has_scans(first):
        return Layout(SMALL, ROW_GROUP_ROWS)
    options = SMALL | {"column_encoding": _SMALL_ENCODING | {"ts": "PLAIN"}}
    return Layout(options, SCAN_ROW_GROUP_ROWS)


def has_scans(table: pa.Table) -> bool:
    """Tell whether the first two series of sorted rows share stamps that follow no rule."""
    series, ts = columns.array(table, "series"), columns.array(table, "ts")
    starts = np.flatnonzero(np.r_[True, series[1:] != series[:-1]])
    if len(starts) < 2:
        return False
    first, second = ts[: starts[1]], ts[starts[1] : (*starts[2:], len(ts))[0]]
    is_irregular = len(np.unique(np.diff(first))) > _IRREGULAR_STEPS
    return is_irregular and 2 * len(np.intersect1d(first, second)) > len(second)


def encode(table: pa.Table, level: int = 0) -> bytes:
    """Return sorted rows as the bytes of a Parquet file of a level."""
    sink = pa.BufferOutputStream()
    chosen = layout(level, table)
    with pq.ParquetWriter(sink, columns.SCHEMA, store_schema=False, **chosen.options) as writer:
        writer.write_table(table, row_group_size=chosen.row_group_rows)
    data: bytes = sink.getvalue().to_pybytes()
    return data
