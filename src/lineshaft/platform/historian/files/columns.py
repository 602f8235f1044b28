"""The columns of a store file: gathering, order, zone map. Pure, on whole arrays.

Nothing here loops over readings: a hub takes hundreds of thousands of them per second.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lineshaft.core.reading import RecordKind
from lineshaft.platform.historian.model import NEVER, US_PER_HOUR, ZONE_DTYPE, SourceEpoch

SCHEMA = pa.schema(
    [
        pa.field("series", pa.int32(), nullable=False),
        pa.field("ts", pa.int64(), nullable=False),
        pa.field("own_ts", pa.int64()),
        pa.field("source_epoch", pa.int32(), nullable=False),
        pa.field("sequence", pa.int64(), nullable=False),
        pa.field("ordinal", pa.int64(), nullable=False),
        pa.field("status", pa.uint32(), nullable=False),
        pa.field("kind", pa.uint8(), nullable=False),
        pa.field("mantissa", pa.int64()),
        pa.field("exponent", pa.int8()),
        pa.field("number", pa.float64()),
        pa.field("text", pa.string()),
    ]
)
"""The final columns. Sequences and ordinals stay below 2**63, as in the SQL manifest."""

GOOD_BELOW = 1 << 30
_POWERS = 10.0 ** np.arange(19)


def ranks(sources: Iterable[SourceEpoch]) -> NDArray[np.int64]:
    """Return by number of source and epoch its position in the order of (source, epoch)."""
    in_order = sorted(sources, key=lambda one: (one.source, one.epoch))
    result = np.zeros(max((one.id for one in in_order), default=0) + 1, dtype=np.int64)
    result[[one.id for one in in_order]] = np.arange(len(in_order))
    return result


def array(table: pa.Table, name: str) -> NDArray[Any]:
    """Return a column without nulls as a numpy array."""
    result: NDArray[Any] = table.column(name).to_numpy()
    return result


def filled(table: pa.Table, name: str) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return a column with zeros for its nulls, and which rows have a value."""
    column = table.column(name)
    if not column.null_count:
        return column.to_numpy(), np.ones(len(column), dtype=np.bool_)
    has: NDArray[np.bool_] = column.is_valid().to_numpy()
    return column.fill_null(0).to_numpy(), has


class Blocks(msgspec.Struct, frozen=True):
    """Rows that came together: those of one series and source, in sequence order.

    Attributes:
        series, source_epoch: int32[n], of each block.
        counts: int64[n], its rows.
    """

    series: NDArray[np.int32]
    source_epoch: NDArray[np.int32]
    counts: NDArray[np.int64]


def gathered(rows: pa.Table, blocks: Blocks, ranks: NDArray[np.int64]) -> pa.Table:
    """Return rows that came block by block as sorted rows of `SCHEMA`.

    A block is nearly always in the order of time already, and so are those of one series one after
    the other: only the blocks are sorted then, not their rows.

    Args:
        rows: of all blocks, one behind the other; `SCHEMA` without series and source_epoch.
        blocks: whose rows they are.
        ranks: see `ordered`.
    """
    counts = blocks.counts
    starts = np.cumsum(counts) - counts
    sequence, ts = array(rows, "sequence")[starts], array(rows, "ts")[starts]
    by = np.lexsort((sequence, ranks[blocks.source_epoch], ts, blocks.series))
    taken = counts[by]
    order = np.repeat(starts[by] - np.cumsum(taken) + taken, taken) + np.arange(rows.num_rows)
    arrays = {name: _picked(rows.column(name), order) for name in rows.column_names}
    arrays["series"] = pa.array(np.repeat(blocks.series[by], taken))
    arrays["source_epoch"] = pa.array(np.repeat(blocks.source_epoch[by], taken))
    table = pa.table([arrays[name] for name in SCHEMA.names], schema=SCHEMA)
    return ordered(table, ranks)


def _picked(column: pa.ChunkedArray, order: NDArray[np.int64]) -> pa.Array:
    """Take rows of a column: by numpy where there is nothing but numbers, as it is much faster."""
    if column.null_count == len(column):
        return pa.nulls(len(order), column.type)
    values = column.combine_chunks()
    if values.null_count or not pa.types.is_primitive(values.type):
        return values.take(pa.array(order))
    return pa.array(values.to_numpy().take(order))


def ordered(table: pa.Table, ranks: NDArray[np.int64]) -> pa.Table:
    """Sort rows by (series, ts, source, epoch, sequence).

    Args:
        table: rows of `SCHEMA`.
        ranks: by `source_epoch`, its position in the order of (source, epoch).
    """
    names = ("sequence", "source_epoch", "ts", "series")
    sequence, source_epoch, ts, series = (array(table, name) for name in names)
    rank = ranks[source_epoch]
    if is_ordered(series, ts, rank, sequence):
        return table
    return table.take(pa.array(np.lexsort((sequence, rank, ts, series))))


def is_ordered(*keys: NDArray[Any]) -> bool:
    """Tell whether rows are in the order of their keys, the first key first."""
    is_open: Any = np.True_
    for key in keys:
        before, after = key[:-1], key[1:]
        if np.any((after < before) & is_open):
            return False
        is_open = (after == before) & is_open
        if not np.any(is_open):
            break
    return True


def hours(table: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    """Cut rows into those of each hour, in time order; their order within is kept."""
    ts = array(table, "ts")
    low, high = int(ts.min()) // US_PER_HOUR, int(ts.max()) // US_PER_HOUR
    if low == high:
        yield low, table
        return
    hour = ts // US_PER_HOUR
    for one in np.unique(hour).tolist():
        yield one, table.filter(pa.array(hour == one))


def numeric(table: pa.Table) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the value of each row as a float for the eye, and which rows have one.

    Decimals, booleans (0 and 1) and floats are numbers; enumerations and texts are not.
    """
    mantissa, has_mantissa = filled(table, "mantissa")
    exponent, _ = filled(table, "exponent")
    number, has_number = filled(table, "number")
    has_text = table.column("text").is_valid().to_numpy()
    has_text &= array(table, "kind") != RecordKind.CORRECTION  # there it holds the reason
    decimal = mantissa / _POWERS[np.maximum(-exponent, 0)]
    if (exponent > 0).any():
        decimal *= _POWERS[np.maximum(exponent, 0)]
    return np.where(has_number, number, decimal), (has_mantissa & ~has_text) | has_number


def is_state(kind: NDArray[np.uint8]) -> Any:
    """Tell which rows say what state the signal is in."""
    return (kind == RecordKind.READING) | (kind == RecordKind.STATUS)


def is_good_reading(kind: NDArray[np.uint8], status: NDArray[np.uint32]) -> Any:
    """Tell which rows are readings with a good status (OPC 10000-4, table 177)."""
    return (kind == RecordKind.READING) & (status < GOOD_BELOW)


def in_force(series: NDArray[np.int32], ts: NDArray[np.int64], state: NDArray[np.bool_]) -> Any:
    """Tell which state rows are the last of their series and instant, in sorted rows."""
    if state.all():
        is_later = (series[1:] != series[:-1]) | (ts[1:] != ts[:-1])
        return np.r_[is_later, True] if len(series) else is_later
    rows = np.flatnonzero(state)
    is_last = np.ones(len(rows), dtype=np.bool_)
    is_last[:-1] = (series[rows[1:]] != series[rows[:-1]]) | (ts[rows[1:]] != ts[rows[:-1]])
    result = np.zeros(len(series), dtype=np.bool_)
    result[rows[is_last]] = True
    return result


def zones(table: pa.Table) -> NDArray[np.void]:
    """Return the zone map of sorted rows: one entry per series, in ascending order."""
    series, ts, ordinal = (array(table, name) for name in ("series", "ts", "ordinal"))
    kind, status = array(table, "kind"), array(table, "status")
    starts = np.flatnonzero(np.r_[True, series[1:] != series[:-1]])
    ends = np.r_[starts[1:], len(series)]
    result = np.zeros(len(starts), dtype=ZONE_DTYPE)
    result["series"], result["rows"] = series[starts], ends - starts
    result["first_ts"], result["last_ts"] = ts[starts], ts[ends - 1]
    result["first_ordinal"] = np.minimum.reduceat(ordinal, starts)
    result["last_ordinal"] = np.maximum.reduceat(ordinal, starts)
    state = is_state(kind)
    good = is_good_reading(kind, status)
    for name, chosen in (("state", state), ("good", good)):
        first, last = _span(ts, chosen, starts)
        result[f"first_{name}_ts"], result[f"last_{name}_ts"] = first, last
    return result


def _span(
    ts: NDArray[np.int64], chosen: NDArray[np.bool_], starts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and last chosen instant of each run of rows in order, or NEVER."""
    if chosen.all():
        return ts[starts], ts[np.r_[starts[1:], len(ts)] - 1]
    largest = np.iinfo(np.int64).max
    first = np.minimum.reduceat(np.where(chosen, ts, largest), starts)
    last = np.maximum.reduceat(np.where(chosen, ts, NEVER), starts)
    return np.where(last == NEVER, NEVER, first), last


def nullable(values: NDArray[Any], has: NDArray[np.bool_], kind: pa.DataType) -> pa.Array:
    """Spread dense values over the rows that have one; the others are null."""
    spread = np.zeros(len(has), dtype=values.dtype)
    spread[has] = values
    return pa.array(spread, type=kind, mask=~has)


def nullable_text(texts: pa.Array, has: NDArray[np.bool_]) -> pa.Array:
    """Spread dense texts over the rows that have one; the others are null."""
    if not len(texts):
        return pa.nulls(len(has), pa.string())
    return texts.take(pa.array(np.cumsum(has) - 1, mask=~has))


def texts_of(data: bytes, lengths: Sequence[int] | NDArray[np.uint32]) -> pa.Array:
    """Make texts of concatenated UTF-8, without a loop.

    Raises:
        pa.ArrowInvalid: when one of them is no UTF-8.
    """
    offsets = np.zeros(len(lengths) + 1, dtype=np.int32)
    np.cumsum(lengths, out=offsets[1:])
    buffers = [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(data)]
    result = pa.Array.from_buffers(pa.string(), len(lengths), buffers)
    result.validate(full=True)
    return result
