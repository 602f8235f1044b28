"""Texts of plain events as columns: checked and converted all at once. Pure.

It is imported with the first batch: `pyarrow.compute` makes a function of each of its kernels, and
a command that reads history alone would wait for them.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lineshaft.platform.historian.usage.model import EVENT_ID_CHARACTERS_MAX

MEMBERS = ("id", "signal", "ts", "value")
"""Of an event, in the order of its columns."""
_ID = r"\A[!-~]+\z"
_DECIMAL = r"\A-?[0-9]+(\.[0-9]+)?\z"
_INSTANT = r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z\z"
_DIGITS_MAX = 18
"""Any number of so many digits fits a mantissa, and any of so many decimals an exponent."""


class PlainColumns(msgspec.Struct, frozen=True, eq=False):
    """What n events say, in their order.

    Attributes:
        ids, names: their texts as they are.
        ts: int64[n], instants in microseconds UTC; 0 where there is none.
        mantissa, exponent: int64[n], int8[n]; 0 where there is no decimal.
        is_plain: bool[n], whether id, instant and decimal are such.
    """

    ids: pa.StringArray
    names: pa.StringArray
    ts: NDArray[np.int64]
    mantissa: NDArray[np.int64]
    exponent: NDArray[np.int8]
    is_plain: NDArray[np.bool_]


def plain_columns(events: Sequence[dict[str, str]]) -> PlainColumns:
    """Read events of four texts.

    Raises:
        ArrowInvalid: for a day that no calendar has.
        UnicodeEncodeError: for half a surrogate pair.
    """
    rows = list(map(itemgetter(*MEMBERS), events))
    texts: list[Any] = list(zip(*rows, strict=True)) or [()] * len(MEMBERS)
    ids, names, stamps, values = (pa.array(column, pa.string()) for column in texts)
    ts, has_ts = _instants(stamps)
    mantissa, exponent, has_number = _decimals(values)
    is_plain = has_ts & has_number & _are_ids(ids)
    return PlainColumns(ids, names, ts, mantissa, exponent, is_plain)


def _matches(texts: pa.Array, pattern: str) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = pc.match_substring_regex(texts, pattern).to_numpy(
        zero_copy_only=False
    )
    return found


def _lengths(texts: pa.Array) -> NDArray[np.int32]:
    found: NDArray[np.int32] = pc.binary_length(texts).to_numpy()
    return found


def _are_ids(ids: pa.Array) -> NDArray[np.bool_]:
    return _matches(ids, _ID) & (_lengths(ids) <= EVENT_ID_CHARACTERS_MAX)


def _instants(stamps: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Read instants; return zeros for other texts, and which are instants."""
    has = _matches(stamps, _INSTANT)
    read = pc.if_else(pa.array(has), stamps, "1970-01-01T00:00:00Z")
    return read.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy(), has


def _decimals(
    values: pa.Array,
) -> tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.bool_]]:
    """Read decimals digit for digit; return zeros for other texts, and which are decimals."""
    has = _matches(values, _DECIMAL)
    point, length = pc.find_substring(values, ".").to_numpy(), _lengths(values)
    has &= length <= _DIGITS_MAX
    digits = pc.replace_substring(pc.if_else(pa.array(has), values, "0"), ".", "")
    exponent = np.where(has & (point >= 0), point + 1 - length, 0).astype(np.int8)
    return digits.cast(pa.int64()).to_numpy(), exponent, has
