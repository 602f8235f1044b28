"""A day of one series as bytes: about 25 per hour. Pure.

The bytes are deflated: the format and the unit (three int16), then 15 columns of 24 64-bit integers
each, then what does not fit into those, in MessagePack. A column holds what its neighbours do not
say already (regular readings of a counter say nearly everything); it is folded to positive numbers
(0, -1, 1, -2 ...) and laid out with the lowest byte of all 24 hours first, so that nearly all the
rest is zeros. So a thousand days are read as one array.
"""

import zlib
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from lineshaft.core.errors import InvariantError
from lineshaft.platform.historian.model import HOURS_PER_DAY, US_PER_HOUR
from lineshaft.platform.historian.rollups.entries import Entries

_LEVEL = 6
_VALUES = ("minimum", "maximum", "first", "last", "total", "integral", "increase")
_COLUMNS = (
    "is_there",
    "first_us",
    "last_us",
    "count",
    "uncovered_us",
    "first_at",
    "last_at",
    "resets",
    *_VALUES,
)
_FORMAT = 1
_HEAD = np.dtype("<i2")
_HEAD_BYTES = 3 * _HEAD.itemsize
_SIZE = len(_COLUMNS) * HOURS_PER_DAY * 8
_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1


class _States(msgspec.Struct, array_like=True, frozen=True):
    """States by their position in `names`; in `durations`, microseconds of each per entry."""

    names: list[str]
    first: list[int | None]
    last: list[int | None]
    durations: list[dict[int, int]]


class _Rest(msgspec.Struct, array_like=True, frozen=True):
    """What does not fit into columns.

    Attributes:
        values: the columns `_VALUES` as decimal text, where one has a number beyond 64 bits; the
            columns hold zeros then.
    """

    states: _States | None = None
    values: list[list[str]] | None = None


_ENCODER, _DECODER = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(_Rest)


def pack(entries: Entries) -> bytes:
    """Return the entries of one series, day and unit, in order, as bytes."""
    values = {name: getattr(entries, name).tolist() for name in _VALUES}
    is_wide = any(not _INT_MIN <= one <= _INT_MAX for found in values.values() for one in found)
    columns = np.zeros((len(_COLUMNS), HOURS_PER_DAY), dtype=np.int64)
    hour = entries.hour % HOURS_PER_DAY
    said = _said(entries) | (_residuals(entries, values) if not is_wide else {})
    for place, name in enumerate(_COLUMNS):
        columns[place, hour] = said.get(name, 0)
    folded = (columns << 1) ^ (columns >> 63)
    planes = folded.astype("<i8").view(np.uint8).reshape(len(_COLUMNS), HOURS_PER_DAY, 8)
    head = np.array([_FORMAT, entries.two[0], entries.five[0]], dtype=_HEAD)
    data = head.tobytes() + planes.transpose(0, 2, 1).tobytes()
    texts = [[str(one) for one in found] for found in values.values()] if is_wide else None
    rest = _Rest(_packed_states(entries), texts)
    return zlib.compress(data + (_ENCODER.encode(rest) if rest != _Rest() else b""), _LEVEL)


def _said(entries: Entries) -> dict[str, Any]:
    """Return the columns of counts and instants."""
    begin, has = entries.hour * US_PER_HOUR, entries.count > 0
    return {
        "is_there": 1,
        "first_us": entries.first_ts - begin,
        "last_us": begin + US_PER_HOUR - entries.last_ts,
        "count": entries.count,
        "uncovered_us": entries.last_ts - entries.first_ts - entries.covered_us,
        "first_at": np.where(has, entries.first_at - entries.first_ts, 0),
        "last_at": np.where(has, entries.last_ts - entries.last_at, 0),
        "resets": entries.resets,
    }


def _residuals(entries: Entries, values: dict[str, list[int]]) -> dict[str, NDArray[np.int64]]:
    """Return the columns of values less what regular readings of a counter would have.

    They may overflow 64 bits on the way, here and back alike.
    """
    found = {name: np.array(column, dtype=np.int64) for name, column in values.items()}
    low, count = found["minimum"], entries.count
    above = found["total"] - low * count - found["last"] + low
    usual = {
        "minimum": np.zeros_like(low),
        "maximum": low,
        "first": low,
        "last": low,
        "total": low * count,
        "integral": low * entries.covered_us + above * _step_us(count, entries.covered_us),
        "increase": found["last"] - found["first"],
    }
    return {name: found[name] - usual[name] for name in _VALUES}


def _step_us(count: NDArray[np.int64], covered_us: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how far apart the readings are on the average."""
    return np.where(count > 1, covered_us // np.maximum(count - 1, 1), 0)


def _packed_states(entries: Entries) -> _States | None:
    names = sorted({name for states in entries.states.tolist() if states for name in states})
    if not names:
        return None
    place = {name: index for index, name in enumerate(names)}
    return _States(
        names=names,
        first=[place.get(name) for name in entries.first_state.tolist()],
        last=[place.get(name) for name in entries.last_state.tolist()],
        durations=[
            {place[name]: duration for name, duration in (states or {}).items()}
            for states in entries.states.tolist()
        ],
    )


def unpack(packed: Sequence[tuple[int, int, bytes]]) -> Entries:
    """Return the entries of days: series, day and bytes of each.

    Raises:
        InvariantError: when they are of another format.
    """
    data = [zlib.decompress(one) for _, _, one in packed]
    heads = np.frombuffer(b"".join(one[:_HEAD_BYTES] for one in data), dtype=_HEAD).reshape(-1, 3)
    if (heads[:, 0] != _FORMAT).any():
        msg = f"cannot read roll-ups of format {sorted(set(heads[:, 0].tolist()))}: expected 1"
        raise InvariantError(msg)
    planes = np.frombuffer(
        b"".join(one[_HEAD_BYTES : _HEAD_BYTES + _SIZE] for one in data), dtype=np.uint8
    ).reshape(len(data), len(_COLUMNS), 8, HOURS_PER_DAY)
    columns = np.ascontiguousarray(planes.transpose(1, 0, 3, 2)).view("<u8")[..., 0]
    is_there = columns[0] != 0
    number, hour = np.nonzero(is_there)
    folded = columns[:, number, hour]
    plain = ((folded >> np.uint64(1)) ^ (-(folded & np.uint64(1)))).astype(np.int64)
    units = heads.astype(np.int64)[number, 1:]
    series, day = (np.array([one[place] for one in packed], dtype=np.int64) for place in (0, 1))
    found = _restored(dict(zip(_COLUMNS, plain, strict=True)), day[number] * HOURS_PER_DAY + hour)
    found |= {"series": series[number], "two": units[:, 0], "five": units[:, 1]}
    found |= {
        name: np.full(len(number), None, dtype=object)
        for name in ("first_state", "last_state", "states")
    }
    ends = np.cumsum(is_there.sum(axis=1)).tolist()
    for start, end, one in zip([0, *ends], ends, data, strict=False):
        if len(one) > _HEAD_BYTES + _SIZE:
            _fill(found, slice(start, end), _DECODER.decode(one[_HEAD_BYTES + _SIZE :]))
    return Entries(**found)


def _restored(columns: dict[str, NDArray[Any]], hour: NDArray[np.int64]) -> dict[str, Any]:
    """Return the columns of entries but for series, unit and states."""
    begin, count, low = hour * US_PER_HOUR, columns["count"], columns["minimum"]
    first_ts = begin + columns["first_us"]
    last_ts = begin + US_PER_HOUR - columns["last_us"]
    covered_us = last_ts - first_ts - columns["uncovered_us"]
    above = columns["total"] - columns["last"]
    values = {
        "minimum": low,
        "maximum": columns["maximum"] + low,
        "first": columns["first"] + low,
        "last": columns["last"] + low,
        "total": columns["total"] + low * count,
        "integral": columns["integral"] + low * covered_us + above * _step_us(count, covered_us),
        "increase": columns["increase"] + columns["last"] - columns["first"],
    }
    return {name: value.astype(object) for name, value in values.items()} | {
        "hour": hour,
        "first_ts": first_ts,
        "last_ts": last_ts,
        "count": count,
        "covered_us": covered_us,
        "first_at": np.where(count > 0, first_ts + columns["first_at"], 0),
        "last_at": np.where(count > 0, last_ts - columns["last_at"], 0),
        "resets": columns["resets"],
    }


def _fill(found: dict[str, Any], run: slice, rest: _Rest) -> None:
    """Put the rest of a day into the columns."""
    if rest.values is not None:
        for name, texts in zip(_VALUES, rest.values, strict=True):
            found[name][run] = [int(text) for text in texts]
    if rest.states is not None:
        names = rest.states.names
        for name, places in (
            ("first_state", rest.states.first),
            ("last_state", rest.states.last),
        ):
            found[name][run] = [None if one is None else names[one] for one in places]
        found["states"][run] = [
            {names[one]: duration for one, duration in durations.items()} or None
            for durations in rest.states.durations
        ]
