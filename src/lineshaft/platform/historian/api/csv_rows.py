"""Stored records as CSV, whole columns at once: a stream of millions of rows is not a loop.

The text of every cell is that of `readings.to_text`; rows that carry a detail are made there.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lineshaft.core.reading import RecordKind
from lineshaft.platform.historian.api import formats, readings
from lineshaft.platform.historian.files import columns

_EOL = "\r\n"
_SPECIAL = '[",\r\n]'
_KINDS = pa.array([kind.name.lower() for kind in RecordKind])
_DETAILED = np.array([RecordKind.CORRECTION, RecordKind.REFUSAL])


def csv_rows(rows: pa.Table, signals: pa.Array) -> bytes:
    """Return records (`RANGE_SCHEMA`) as lines of CSV (RFC 4180); `signals` has that of each."""
    kind = columns.array(rows, "kind")
    if np.isin(kind, _DETAILED).any():
        told = readings.to_text(rows, signals.to_pylist())
        return formats.csv_lines([], [list(row.values()) for row in told])
    value, code = _values(rows)
    cells = [
        _quoted(signals),
        _moments(rows, "ts"),
        _moments(rows, "own_ts"),
        _KINDS.take(pa.array(kind)),
        rows.column("status").cast(pa.string()),
        value,
        code,
        pa.nulls(rows.num_rows, pa.string()),
        _quoted(rows.column("source")),
        rows.column("epoch").cast(pa.string()),
        rows.column("sequence").cast(pa.string()),
    ]
    return _lines(cells)


def _lines(cells: Sequence[Any]) -> bytes:
    flat = [cell.combine_chunks() if isinstance(cell, pa.ChunkedArray) else cell for cell in cells]
    joined = pc.binary_join_element_wise(
        *flat, ",", null_handling="replace", null_replacement=""
    ).cast(pa.large_string())
    ended = pc.binary_join_element_wise(
        joined, pa.scalar("", pa.large_string()), pa.scalar(_EOL, pa.large_string())
    )
    if not len(ended):
        return b""
    _, offsets, data = ended.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)
    return bytes(memoryview(data)[ends[ended.offset] : ends[ended.offset + len(ended)]])


def _quoted(texts: Any) -> Any:
    """Put texts with a comma, a quote or an end of line between quotes."""
    special = pc.match_substring_regex(texts, _SPECIAL)
    if not pc.any(special).as_py():
        return texts
    doubled = pc.replace_substring(texts, '"', '""')
    between = pc.binary_join_element_wise('"', doubled, '"', "")
    return pc.if_else(special, between, texts)


def _moments(rows: pa.Table, name: str) -> Any:
    """Return instants as RFC 3339 in UTC; the fraction only where there is one."""
    text = rows.column(name).cast(pa.timestamp("us", "UTC")).cast(pa.string())
    parted = pc.replace_substring(text, " ", "T", max_replacements=1)
    return pc.replace_substring_regex(parted, r"\.?0+Z$", "Z")


def _values(rows: pa.Table) -> tuple[Any, Any]:
    """Return the value of each row as text, and the number of an enumeration's symbol."""
    mantissa, has_mantissa = columns.filled(rows, "mantissa")
    exponent, is_decimal = columns.filled(rows, "exponent")
    has_text = rows.column("text").is_valid().to_numpy()
    value = _quoted(rows.column("text").combine_chunks())
    for one in np.unique(exponent[is_decimal]).tolist():
        chosen = is_decimal & (exponent == one)
        texts = _decimals(mantissa[chosen], int(one))
        value = pc.replace_with_mask(value, pa.array(chosen), texts)
    floats = rows.column("number")
    if floats.null_count < len(floats):
        numbers = pa.array([None if one is None else repr(one) for one in floats.to_pylist()])
        value = pc.coalesce(value, numbers)
    is_bool = has_mantissa & ~is_decimal & ~has_text
    if is_bool.any():
        words = pa.array(["false", "true"]).take(pa.array(mantissa[is_bool]))
        value = pc.replace_with_mask(value, pa.array(is_bool), words)
    code = pa.array(mantissa, mask=~(has_mantissa & ~is_decimal & has_text)).cast(pa.string())
    return value, code


def _decimals(mantissa: NDArray[np.int64], exponent: int) -> pa.Array:
    """Write `mantissa * 10**exponent` in plain notation, digit for digit."""
    digits = pa.array(mantissa).cast(pa.string())
    if exponent == 0:
        return digits
    if exponent > 0:
        longer = pc.binary_join_element_wise(digits, "0" * exponent, "")
        return pc.if_else(pa.array(mantissa == 0), "0", longer)
    # As texts: the smallest mantissa has no positive counterpart of 64 bits.
    plain = pc.utf8_lpad(pc.utf8_ltrim(digits, "-"), 1 - exponent, "0")
    whole = pc.utf8_slice_codeunits(plain, 0, exponent)
    fraction = pc.utf8_slice_codeunits(plain, exponent)
    sign = pc.if_else(pa.array(mantissa < 0), "-", "")
    return pc.binary_join_element_wise(sign, pc.binary_join_element_wise(whole, fraction, "."), "")
