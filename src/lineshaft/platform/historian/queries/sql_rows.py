"""Readings in force as the columns of the table that analysts query. Pure, on whole arrays."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lineshaft.core.reading import SignalId, machine_of
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.model import SourceEpoch
from lineshaft.platform.historian.rollups.rows import corrected

EXACT = pa.decimal128(38, 18)
"""Takes every stored decimal with an exponent of at most 1, and larger ones that are short."""
_SCALE = 18
_INTEGER_DIGITS = 20
_MANTISSA_DIGITS = 19
SQL_SCHEMA = pa.schema(
    [
        pa.field("signal", pa.string(), nullable=False),
        pa.field("machine", pa.string(), nullable=False),
        pa.field("ts", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("exact", EXACT),
        pa.field("text", pa.string()),
        pa.field("status", pa.uint32(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("epoch", pa.uint32(), nullable=False),
        pa.field("sequence", pa.uint64(), nullable=False),
    ]
)
"""`value` is the nearest float64, `exact` the decimal, `text` a text or symbol."""


class Known(msgspec.Struct, frozen=True):
    """Every source and epoch, and by number the last record of each that was known."""

    sources: Sequence[SourceEpoch]
    sequences: Mapping[int, int]


def to_sql(rows: pa.Table, series: Mapping[SignalId, int], known: Known) -> pa.Table:
    """Return the readings in force among rows as `SQL_SCHEMA`.

    Args:
        rows: of `columns.SCHEMA`, in any order; of whole instants.
        series: the numbers of the signals.
        known: rows behind it are left out.
    """
    table = corrected(
        columns.ordered(_known(rows, known), columns.ranks(known.sources)), known.sources
    )
    state = columns.is_state(columns.array(table, "kind"))
    number, ts = columns.array(table, "series"), columns.array(table, "ts")
    table = table.filter(pa.array(columns.in_force(number, ts, state)))
    value, has_value = columns.numeric(table)
    signals = _named(dict(zip(series.values(), series.keys(), strict=True)))
    numbers = pa.array(columns.array(table, "series"))
    epochs = pa.array(columns.array(table, "source_epoch"))
    given = {
        "signal": signals.take(numbers),
        "machine": _named({key: machine_of(name) for name, key in series.items()}).take(numbers),
        "ts": table.column("ts").cast(pa.timestamp("us", "UTC")),
        "value": pa.array(np.where(has_value, value, 0.0), mask=~has_value),
        "exact": exact(table),
        "text": table.column("text"),
        "status": table.column("status"),
        "source": _named({one.id: one.source for one in known.sources}).take(epochs),
        "epoch": _epochs(known.sources).take(epochs),
        "sequence": table.column("sequence").cast(pa.uint64()),
    }
    return pa.table(list(given.values()), schema=SQL_SCHEMA)


def _known(rows: pa.Table, known: Known) -> pa.Table:
    last = np.zeros(max((one.id for one in known.sources), default=0) + 1, dtype=np.int64)
    for identity, sequence in known.sequences.items():
        last[identity] = sequence
    is_known = columns.array(rows, "sequence") <= last[columns.array(rows, "source_epoch")]
    return rows if is_known.all() else rows.filter(pa.array(is_known))


def _named(names: Mapping[int, str]) -> pa.Array:
    """Return names by number."""
    listed: list[str | None] = [None] * (max(names, default=0) + 1)
    for number, name in names.items():
        listed[number] = name
    return pa.array(listed, pa.string())


def _epochs(sources: Sequence[SourceEpoch]) -> pa.Array:
    result = np.zeros(max((one.id for one in sources), default=0) + 1, dtype=np.uint32)
    for one in sources:
        result[one.id] = one.epoch
    return pa.array(result)


def exact(table: pa.Table) -> pa.Array:
    """Return mantissa and exponent as a decimal; null where there is none or it does not fit."""
    mantissa, _ = columns.filled(table, "mantissa")
    exponent, is_decimal = columns.filled(table, "exponent")
    # By place: first of all nothing, then the numbers of each exponent.
    parts, count = [pa.nulls(1, EXACT)], 1
    place = np.zeros(table.num_rows, dtype=np.int64)
    for one in np.unique(exponent[is_decimal]).tolist():
        chosen = np.flatnonzero(is_decimal & (exponent == one) & _fits(mantissa, one))
        place[chosen] = np.arange(count, count + len(chosen))
        count += len(chosen)
        parts.append(_scaled(mantissa[chosen], one))
    return pa.concat_arrays(parts).take(pa.array(place))


def _fits(mantissa: NDArray[np.int64], exponent: int) -> Any:
    digits = _INTEGER_DIGITS - exponent
    if digits >= _MANTISSA_DIGITS:
        return np.ones(len(mantissa), dtype=np.bool_)
    return (mantissa < 10**digits) & (mantissa > -(10**digits))


def _scaled(mantissa: NDArray[np.int64], exponent: int) -> pa.Array:
    """Return `mantissa * 10**exponent` exactly."""
    whole = pa.array(mantissa).cast(pa.decimal128(_MANTISSA_DIGITS, 0)).cast(pa.decimal128(38, 0))
    kind = pa.decimal128(38, -exponent)
    return pa.Array.from_buffers(kind, len(whole), whole.buffers()).cast(EXACT)
