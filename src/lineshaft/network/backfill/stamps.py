"""Instants of a column, exactly: nothing is rounded, and no zone is guessed."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lineshaft.core.errors import Invalid
from lineshaft.core.period import parse_instant
from lineshaft.core.value import MANTISSA_MAX
from lineshaft.network.backfill.errors import MapInvalid
from lineshaft.network.backfill.model import FileMap

_INSTANT = pa.timestamp("us", "UTC")
_CIVIL = pa.timestamp("us")
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_ISO = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_OFFSET = r"(Z|[+-][0-9]{2}:?[0-9]{2})"

Stamps = tuple[NDArray[np.int64], dict[int, str]]
"""Instants in microseconds UTC, and by row why there is none."""


def instants(column: pa.Array, file_map: FileMap) -> Stamps:
    """Return the instants of a column.

    Args:
        column: texts, integers, or timestamps as a Parquet file holds them.
        file_map: says what they count, and whether one without an offset is UTC.

    Raises:
        MapInvalid: for a column of a type that is no instant, or without a zone.
    """
    if pa.types.is_timestamp(column.type):
        return _timestamps(column, file_map)
    if file_map.ts_unit != "iso":
        return _counts(column, file_map.ts_unit)
    if not pa.types.is_string(column.type):
        msg = f"the column {file_map.ts!r} holds {column.type}: name its unit as ts_unit in a map "
        msg += "(--map): s, ms, us or ns since 1970"
        raise MapInvalid(msg)
    try:
        return _numbers(column.cast(_INSTANT)), {}
    except pa.ArrowInvalid:
        return _texts(column, file_map)


def _texts(column: pa.StringArray, file_map: FileMap) -> Stamps:
    """Read stamps of which some are wrong, or have no offset."""
    found = np.zeros(len(column), np.int64)
    problems: dict[int, str] = {}
    whole = pc.match_substring_regex(column, f"{_ISO}{_OFFSET}$").fill_null(fill_value=False)
    left = _cast(column, whole.to_numpy(zero_copy_only=False), _INSTANT, found)
    if file_map.assume_utc:
        civil = pc.match_substring_regex(column, f"{_ISO}$").fill_null(fill_value=False)
        left &= _cast(column, civil.to_numpy(zero_copy_only=False), _CIVIL, found)
    for row in np.flatnonzero(left).tolist():
        text = column[row].as_py() or ""
        is_civil = file_map.assume_utc and not text.endswith(("Z", "z"))
        try:
            found[row] = _one(text, f"{text}Z" if is_civil else text)
        except Invalid as error:
            problems[row] = str(error)
    return found, problems


def _cast(
    column: pa.StringArray,
    chosen: NDArray[np.bool_],
    as_type: pa.DataType,
    found: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Read the chosen texts at once where all are right; tell which are left."""
    places = np.flatnonzero(chosen)
    try:
        found[places] = _numbers(column.take(pa.array(places)).cast(as_type))
    except pa.ArrowInvalid:
        return np.ones(len(column), np.bool_)
    return ~chosen


def _one(text: str, with_offset: str) -> int:
    for candidate in (text, with_offset):
        try:
            return int(pa.scalar(candidate).cast(_INSTANT).value)
        except pa.ArrowInvalid:
            continue
    return parse_instant(with_offset)


def _timestamps(column: pa.Array, file_map: FileMap) -> Stamps:
    if column.type.tz is None and not file_map.assume_utc:
        msg = f"the column {file_map.ts!r} has no time zone: say assume_utc = true in a map "
        msg += "(--map) where its stamps are UTC"
        raise MapInvalid(msg)
    return _counted(column.cast(pa.int64()), column.type.unit)


def _counts(column: pa.Array, unit: str) -> Stamps:
    if pa.types.is_integer(column.type) and column.type != pa.uint64():
        return _counted(column.cast(pa.int64()), unit)
    texts = column.cast(pa.string())
    is_count = pc.match_substring_regex(texts, r"^-?[0-9]{1,18}$").fill_null(fill_value=False)
    integers = pc.if_else(is_count, texts, "0").cast(pa.int64())
    found, problems = _counted(integers, unit)
    for row in np.flatnonzero(~is_count.to_numpy(zero_copy_only=False)).tolist():
        text = texts[row].as_py()
        problems[row] = f"cannot read the instant {text!r}: expected a count of {unit} since 1970"
    return found, problems


def _counted(integers: pa.Int64Array, unit: str) -> Stamps:
    missing = np.flatnonzero(integers.is_null().to_numpy(zero_copy_only=False)).tolist()
    problems = dict.fromkeys(missing, "there is no instant")
    counts = integers.fill_null(0).to_numpy(zero_copy_only=False)
    per_second = _PER_SECOND[unit]
    if per_second <= _PER_SECOND["us"]:
        factor = _PER_SECOND["us"] // per_second
        is_wrong = np.abs(counts) > MANTISSA_MAX // factor
        why = "beyond what an instant can be"
        found = np.where(is_wrong, 0, counts) * factor
    else:
        found, rest = np.divmod(counts, per_second // _PER_SECOND["us"])
        is_wrong = rest != 0
        why = "finer than a microsecond"
    for row in np.flatnonzero(is_wrong).tolist():
        problems.setdefault(row, f"cannot take the instant {counts[row]} {unit}: {why}")
    return found, problems


def _numbers(stamps: pa.TimestampArray) -> NDArray[np.int64]:
    if stamps.null_count:
        msg = "a null among the stamps"
        raise pa.ArrowInvalid(msg)
    numbers: NDArray[np.int64] = stamps.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return numbers
