"""Values of a column, exactly: from their text, or from the integers that a Parquet file holds.

A decimal is never taken through a binary float. Whole columns are looked at together; whatever is
not plain digits goes to `core.value.parse_decimal`, which is the reference, and a property test
holds the two together.
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lineshaft.core.errors import Invalid
from lineshaft.core.segment.block import HAS_EXPONENT, HAS_MANTISSA, HAS_NUMBER, HAS_TEXT
from lineshaft.core.value import (
    EXPONENT_MIN,
    TEXT_BYTES_MAX,
    parse_decimal,
)
from lineshaft.network.backfill.columns import TEXT, Values
from lineshaft.network.backfill.errors import MapInvalid
from lineshaft.network.backfill.model import Kind

_DECIMAL = HAS_MANTISSA | HAS_EXPONENT
_PLAIN = r"^-?([0-9]+\.?[0-9]*|\.[0-9]+)$"
_PLAIN_CHARACTERS_MAX = 18
"""Any number of so few characters fits 64 bits."""
_MINUS = 0x2D
_BOOLEANS = {"0": 0, "1": 1, "false": 0, "true": 1}
_DECIMAL_DIGITS_MAX = 38


def values_of(column: pa.Array, kind: Kind) -> Values:
    """Return the values of a column.

    Args:
        column: texts, or numbers and booleans as a Parquet file holds them.
        kind: what texts mean; anything else says for itself what it is.

    Raises:
        MapInvalid: for a column of a type that is no value.
    """
    if pa.types.is_string(column.type):
        return _OF_TEXT[kind](column)
    if pa.types.is_integer(column.type):
        return _integers(column)
    if pa.types.is_decimal(column.type):
        return _scaled(column)
    if pa.types.is_boolean(column.type):
        return _dense(column, column.cast(pa.int64()), HAS_MANTISSA)
    if pa.types.is_floating(column.type):
        return _floats(column)
    msg = f"a column of type {column.type} holds no values: expected numbers, booleans or text"
    raise MapInvalid(msg)


def decimals(texts: pa.StringArray) -> Values:
    """Read decimal numbers digit for digit; an empty text or null is no value."""
    found = Values.empty(len(texts))
    given = np.flatnonzero(_lengths(texts) > 0)
    if len(given) < len(texts):
        texts = texts.take(pa.array(given))
    try:
        part = _plain(texts)
    except pa.ArrowInvalid:
        part = _mixed(texts)
    if part is None:
        part = _mixed(texts)
    found.put(given, part)
    return found


def _plain(texts: pa.StringArray) -> Values | None:
    """Read numbers that are all digits, a point and a minus; None where that is not sure."""
    if pc.any(pc.match_substring(texts, "x", ignore_case=True)).as_py():
        return None  # the library's integers may be hexadecimal
    point = pc.find_substring(texts, ".").to_numpy(zero_copy_only=False)
    if pc.any(pc.starts_with(texts, ".-")).as_py():
        return None
    mantissa = pc.replace_substring(texts, ".", "", max_replacements=1).cast(pa.int64())
    decimals_given = np.where(point >= 0, _lengths(texts) - point - 1, 0)
    if len(texts) and decimals_given.max() > -EXPONENT_MIN:
        return None
    found = Values.empty(len(texts))
    found.presence[:] = _DECIMAL
    found.mantissa = mantissa.to_numpy(zero_copy_only=False)
    found.exponent = (-decimals_given).astype(np.int8)
    return found


def _mixed(texts: pa.StringArray) -> Values:
    """Read plain numbers together, and all others one by one."""
    found = Values.empty(len(texts))
    is_plain = pc.match_substring_regex(texts, _PLAIN).to_numpy(zero_copy_only=False)
    is_plain &= _lengths(texts) <= _PLAIN_CHARACTERS_MAX
    places = np.flatnonzero(is_plain)
    part = _plain(texts.take(pa.array(places)))
    if part is not None:
        found.put(places, part)
    else:
        is_plain[:] = False
    for cell in np.flatnonzero(~is_plain).tolist():
        try:
            value = parse_decimal(texts[cell].as_py())
        except Invalid as error:
            found.problems[cell] = str(error)
        else:
            found.presence[cell] = _DECIMAL
            found.mantissa[cell], found.exponent[cell] = value.mantissa, value.exponent
    return found


def _texts(texts: pa.StringArray) -> Values:
    found = Values.empty(len(texts))
    lengths = _lengths(texts)
    found.presence[lengths > 0] = HAS_TEXT
    for cell in np.flatnonzero(lengths > TEXT_BYTES_MAX).tolist():
        found.problems[cell] = f"a text of {lengths[cell]} bytes: at most {TEXT_BYTES_MAX}"
    is_kept = (lengths > 0) & (lengths <= TEXT_BYTES_MAX)
    found.presence[~is_kept] = 0
    found.text = pc.if_else(pa.array(is_kept), texts.cast(TEXT), pa.scalar(None, TEXT))
    return found


def _booleans(texts: pa.StringArray) -> Values:
    found = Values.empty(len(texts))
    for cell, text in enumerate(texts.to_pylist()):
        if not text:
            continue
        bit = _BOOLEANS.get(text.lower())
        if bit is None:
            found.problems[cell] = f"cannot read {text[:20]!r} as a boolean: expected 0, 1, "
            found.problems[cell] += "false or true"
        else:
            found.presence[cell], found.mantissa[cell] = HAS_MANTISSA, bit
    return found


_OF_TEXT: dict[Kind, Callable[[pa.StringArray], Values]] = {
    "decimal": decimals,
    "text": _texts,
    "boolean": _booleans,
}


def _integers(column: pa.Array) -> Values:
    if column.type == pa.uint64():
        return decimals(column.cast(pa.string()))
    return _dense(column, column.cast(pa.int64()), _DECIMAL)


def _dense(column: pa.Array, integers: pa.Int64Array, bits: int) -> Values:
    found = Values.empty(len(column))
    is_there = column.is_valid().to_numpy(zero_copy_only=False)
    found.presence[is_there] = bits
    found.mantissa = integers.fill_null(0).to_numpy(zero_copy_only=False).copy()
    return found


def _scaled(column: pa.Array) -> Values:
    """Take the integers of decimals as they are stored: little-endian, 16 bytes each."""
    scale = column.type.scale
    if pa.types.is_decimal128(column.type) and 0 <= scale <= -EXPONENT_MIN:
        words = np.frombuffer(column.buffers()[1], dtype="<i8").reshape(-1, 2)
        words = words[column.offset : column.offset + len(column)]
        low, high = words[:, 0], words[:, 1]
        is_there = column.is_valid().to_numpy(zero_copy_only=False)
        if bool(np.all((high == low >> 63) | ~is_there)):
            found = Values.empty(len(column))
            found.presence[is_there] = _DECIMAL
            found.mantissa = np.where(is_there, low, 0)
            found.exponent = np.where(is_there, -scale, 0).astype(np.int8)
            return found
    return decimals(column.cast(pa.string()))


def _floats(column: pa.Array) -> Values:
    found = Values.empty(len(column))
    is_there = column.is_valid().to_numpy(zero_copy_only=False)
    numbers = column.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False)
    is_finite = np.isfinite(numbers)
    found.presence[is_there & is_finite] = HAS_NUMBER
    found.number = np.where(is_finite, numbers, 0.0)
    for cell in np.flatnonzero(is_there & ~is_finite).tolist():
        found.problems[cell] = f"cannot store {numbers[cell]}: expected a finite number"
    return found


def _lengths(texts: pa.StringArray) -> NDArray[np.int64]:
    lengths: NDArray[np.int64] = (
        pc.binary_length(texts).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    )
    return lengths
