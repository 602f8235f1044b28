"""A day of one series as bytes: about 20 per hour. Pure.

Every column is written as what its neighbours do not already say (regular readings of a counter say
nearly everything), in MessagePack, and deflated. Integers beyond 64 bits are written as text.
"""

import zlib
from collections.abc import Sequence
from itertools import chain
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from lineshaft.platform.historian.model import HOURS_PER_DAY, US_PER_HOUR
from lineshaft.platform.historian.rollups.entries import Entries

_LEVEL = 6
_INT_MIN, _INT_MAX = -(2**63), 2**64 - 1

Integers = list[int | str]


class _States(msgspec.Struct, array_like=True, frozen=True):
    """States by their position in `names`; in `durations`, microseconds of each per entry."""

    names: list[str]
    first: list[int | None]
    last: list[int | None]
    durations: list[dict[int, int]]


class _Day(msgspec.Struct, array_like=True, frozen=True):
    """The entries of a series on a day, column by column."""

    two: int
    five: int
    hour: list[int]
    first_us: list[int]
    last_us: list[int]
    count: list[int]
    uncovered_us: list[int]
    first_at: list[int]
    last_at: list[int]
    resets: list[int]
    minimum: Integers
    maximum: Integers
    first: Integers
    last: Integers
    total: Integers
    integral: Integers
    increase: Integers
    states: _States | None


_INTEGERS = ("minimum", "maximum", "first", "last", "total", "integral", "increase")
_LISTS = _Day.__struct_fields__[2:-1]
_ENCODER, _DECODER = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(_Day)


def pack(entries: Entries) -> bytes:
    """Return the entries of one series, day and unit, in order, as bytes."""
    begin = entries.hour * US_PER_HOUR
    span_us = entries.last_ts - entries.first_ts
    has = entries.count > 0
    usual = _usual(entries)
    columns: dict[str, NDArray[Any]] = {
        "hour": entries.hour % HOURS_PER_DAY,
        "first_us": entries.first_ts - begin,
        "last_us": begin + US_PER_HOUR - entries.last_ts,
        "count": entries.count,
        "uncovered_us": span_us - entries.covered_us,
        "first_at": np.where(has, entries.first_at - entries.first_ts, 0),
        "last_at": np.where(has, entries.last_ts - entries.last_at, 0),
        "resets": entries.resets,
        "minimum": entries.minimum,
    }
    columns |= {name: getattr(entries, name) - usual[name] for name in usual}
    lists = {name: column.tolist() for name, column in columns.items()}
    for name in _INTEGERS:
        lists[name] = [
            value if _INT_MIN <= value <= _INT_MAX else str(value) for value in lists[name]
        ]
    two, five = int(entries.two[0]), int(entries.five[0])
    day = _Day(two=two, five=five, states=_packed_states(entries), **lists)
    return zlib.compress(_ENCODER.encode(day), _LEVEL)


def _usual(entries: Entries) -> dict[str, NDArray[Any]]:
    """Return what regular readings of a counter would have, from the columns before each."""
    low, count = entries.minimum, entries.count
    step = np.where(count > 1, entries.covered_us // np.maximum(count - 1, 1), 0)
    return {
        "maximum": low,
        "first": low,
        "last": low,
        "total": low * count,
        "integral": low * entries.covered_us
        + (entries.total - low * count - entries.last + low) * step,
        "increase": entries.last - entries.first,
    }


def _packed_states(entries: Entries) -> _States | None:
    names = sorted({name for states in entries.states.tolist() if states for name in states})
    if not names:
        return None
    place: dict[str | None, int | None] = {name: index for index, name in enumerate(names)}
    place[None] = None
    return _States(
        names=names,
        first=[place[name] for name in entries.first_state.tolist()],
        last=[place[name] for name in entries.last_state.tolist()],
        durations=[
            {place[name]: duration for name, duration in (states or {}).items()}  # type: ignore[misc]
            for states in entries.states.tolist()
        ],
    )


def unpack(packed: Sequence[tuple[int, int, bytes]]) -> Entries:
    """Return the entries of days: series, day and bytes of each."""
    days = [_DECODER.decode(zlib.decompress(data)) for _, _, data in packed]
    lengths = [len(day.hour) for day in days]
    lists = {name: list(chain.from_iterable(getattr(day, name) for day in days)) for name in _LISTS}
    columns: dict[str, NDArray[Any]] = {
        name: _objects(values) if name in _INTEGERS else np.array(values, dtype=np.int64)
        for name, values in lists.items()
    }
    of_day = {
        "series": [series for series, _, _ in packed],
        "day": [day for _, day, _ in packed],
        "two": [day.two for day in days],
        "five": [day.five for day in days],
    }
    columns |= {
        name: np.repeat(np.array(values, dtype=np.int64), lengths)
        for name, values in of_day.items()
    }
    return _restored(columns, _states_of(days, sum(lengths)))


def _objects(values: Sequence[int | str]) -> NDArray[np.object_]:
    result = np.empty(len(values), dtype=object)
    result[:] = [int(value) for value in values]
    return result


def _restored(columns: dict[str, NDArray[Any]], states: dict[str, NDArray[Any]]) -> Entries:
    hour = columns.pop("day") * HOURS_PER_DAY + columns["hour"]
    begin, has = hour * US_PER_HOUR, columns["count"] > 0
    first_ts = begin + columns.pop("first_us")
    last_ts = begin + US_PER_HOUR - columns.pop("last_us")
    columns |= {
        "hour": hour,
        "first_ts": first_ts,
        "last_ts": last_ts,
        "covered_us": last_ts - first_ts - columns.pop("uncovered_us"),
        "first_at": np.where(has, first_ts + columns["first_at"], 0),
        "last_at": np.where(has, last_ts - columns["last_at"], 0),
    }
    low, count, covered_us = columns["minimum"], columns["count"], columns["covered_us"]
    step = np.where(count > 1, covered_us // np.maximum(count - 1, 1), 0)
    above = columns["total"] - columns["last"]
    columns["integral"] = columns["integral"] + low * covered_us + above * step
    columns["increase"] = columns["increase"] + columns["last"] - columns["first"]
    columns["total"] = columns["total"] + low * count
    for name in ("maximum", "first", "last"):
        columns[name] = columns[name] + low
    return Entries(**columns, **states)


def _states_of(days: Sequence[_Day], count: int) -> dict[str, NDArray[Any]]:
    result: dict[str, NDArray[Any]] = {
        name: np.full(count, None, dtype=object) for name in ("first_state", "last_state", "states")
    }
    start = 0
    for day in days:
        if day.states is not None:
            names = day.states.names
            run = slice(start, start + len(day.hour))
            for name, places in (
                ("first_state", day.states.first),
                ("last_state", day.states.last),
            ):
                result[name][run] = [None if one is None else names[one] for one in places]
            result["states"][run] = [
                {names[one]: duration for one, duration in durations.items()} or None
                for durations in day.states.durations
            ]
        start += len(day.hour)
    return result
