"""From rows to hourly entries, of many series at once. Pure.

Nothing here loops over readings. Values are taken as whole multiples of a unit per series; where
they are less than 2**31 apart, sums over an hour fit 64 bits, else Python's own integers are used.
"""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from lineshaft.platform.historian.model import US_PER_HOUR
from lineshaft.platform.historian.rollups.entries import Entries, empty, joined
from lineshaft.platform.historian.rollups.rows import StateRows

_SPREAD_MAX = 2**31
"""Values so far apart are summed as Python integers: an hour has less than 2**32 us."""
_RESCALED_MAX = 2**62
_FLOAT_BITS = 53


class _Values(msgspec.Struct, frozen=True):
    """The number of each row, `(value + base[row's series]) * 2**two * 5**five`.

    Attributes:
        value: per row; 0 where there is no number. 64-bit or Python integers.
        base, two, five: per run of rows of a series.
    """

    value: NDArray[Any]
    base: NDArray[np.object_]
    two: NDArray[np.int64]
    five: NDArray[np.int64]


def entries_of(rows: StateRows) -> Entries:
    """Return an entry for each series and hour with rows, in order."""
    if not len(rows):
        return empty()
    starts = rows.runs()
    values, is_plain = _plain(rows, starts)
    if is_plain.all():
        return _entries(rows, starts, values)
    lengths = np.diff(np.r_[starts, len(rows)])
    row_is_plain = np.repeat(is_plain, lengths)
    parts = []
    for chosen, make in ((row_is_plain, _only_plain), (~row_is_plain, _odd)):
        if chosen.any():
            part = rows.where(chosen)
            part_starts = part.runs()
            parts.append(_entries(part, part_starts, make(part, part_starts)))
    return joined(parts).in_order()


def _only_plain(rows: StateRows, starts: NDArray[np.int64]) -> _Values:
    return _plain(rows, starts)[0]


def _plain(rows: StateRows, starts: NDArray[np.int64]) -> tuple[_Values, NDArray[np.bool_]]:
    """Take decimals as they are; tell of which series that is possible.

    It is for those without binary floats whose numbers, in the finest of their scales, are less
    than `_SPREAD_MAX` apart.
    """
    usable = rows.is_decimal
    all_used = bool(usable.all())
    exponent = rows.exponent if all_used else np.where(usable, rows.exponent, 18)
    finest = np.minimum.reduceat(exponent, starts).astype(np.int64)
    is_plain = np.ones(len(starts), dtype=np.bool_)
    value = rows.mantissa
    lengths = np.diff(np.r_[starts, len(rows)])
    if not all_used:
        finest = np.where(np.logical_or.reduceat(usable, starts), finest, 0)
        value = np.where(usable, value, 0)
    coarsest = np.maximum.reduceat(np.where(usable, rows.exponent, -18), starts)
    if (coarsest > finest).any():
        value, fits = _rescaled(value, usable, rows.exponent - np.repeat(finest, lengths))
        is_plain &= np.logical_and.reduceat(fits, starts)
    if rows.is_float is not None:
        is_plain &= ~np.logical_or.reduceat(rows.is_float, starts)
    lowest = np.minimum.reduceat(value if all_used else np.where(usable, value, _INT_MAX), starts)
    highest = np.maximum.reduceat(value if all_used else np.where(usable, value, _INT_MIN), starts)
    has_any = highest >= lowest
    base = np.where(has_any, lowest, 0)
    # In floats: the difference of 64-bit integers can overflow; half the limit allows for that.
    spread = highest.astype(np.float64) - lowest.astype(np.float64)
    is_plain &= ~has_any | (spread < _SPREAD_MAX / 2)
    value = np.where(usable, value - np.repeat(base, lengths), 0)
    return _Values(value, base.astype(object), finest, finest), is_plain


_INT_MAX, _INT_MIN = np.iinfo(np.int64).max, np.iinfo(np.int64).min


def _rescaled(
    mantissa: NDArray[np.int64], usable: NDArray[np.bool_], shift: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Bring decimals to the finest scale of their series; tell where that fits."""
    shift = np.where(usable, shift, 0)
    factor = 10 ** np.clip(shift, 0, 18)
    limit = _RESCALED_MAX // factor
    fits = (shift <= 18) & (mantissa <= limit) & (mantissa >= -limit)
    return np.where(fits, mantissa, 0) * factor, fits


def _odd(rows: StateRows, starts: NDArray[np.int64]) -> _Values:
    """Take binary floats, and decimals of any size and scale, as Python integers."""
    is_float = np.zeros(len(rows), dtype=np.bool_) if rows.is_float is None else rows.is_float
    number = np.zeros(len(rows)) if rows.number is None else np.where(is_float, rows.number, 0.0)
    fraction, power = np.frexp(number)
    whole = (fraction * 2.0**_FLOAT_BITS).astype(np.int64)
    exponent = np.where(rows.is_decimal, rows.exponent, 0).astype(np.int64)
    # The lowest bit that is set: 0.5 is 1 * 2**-1.
    trailing = np.frexp((whole & -whole).astype(np.float64))[1] - 1
    trailing = np.where(whole == 0, 0, trailing)
    row_two = np.where(is_float & (whole != 0), power - _FLOAT_BITS + trailing, exponent)
    whole = np.where(is_float, whole >> np.maximum(trailing, 0), rows.mantissa)
    lengths = np.diff(np.r_[starts, len(rows)])
    is_used = rows.is_number
    two = np.minimum.reduceat(np.where(is_used, row_two, 0), starts)
    five = np.minimum.reduceat(np.where(is_used, exponent, 0), starts)
    shift_two = np.where(is_used, row_two - np.repeat(two, lengths), 0).astype(object)
    shift_five = np.where(is_used, exponent - np.repeat(five, lengths), 0).astype(object)
    value = np.where(is_used, whole, 0).astype(object) * 2**shift_two * 5**shift_five
    zeros = np.zeros(len(starts), dtype=object)
    return _Values(value, zeros, two.astype(np.int64), five.astype(np.int64))


def _entries(rows: StateRows, series_starts: NDArray[np.int64], values: _Values) -> Entries:
    """Sum up each series and hour."""
    starts, hour = rows.cut(0, US_PER_HOUR)
    ends = np.r_[starts[1:], len(rows)] - 1
    run = np.searchsorted(series_starts, starts, side="right") - 1
    # How long each row holds within its hour.
    held_us = np.empty(len(rows), dtype=np.int64)
    held_us[:-1] = rows.ts[1:] - rows.ts[:-1]
    held_us[ends] = 0
    first_state, last_state, states = _state_columns(rows, held_us, starts, ends)
    return Entries(
        series=rows.series[starts].astype(np.int64),
        hour=hour,
        two=values.two[run],
        five=values.five[run],
        first_ts=rows.ts[starts],
        last_ts=rows.ts[ends],
        first_state=first_state,
        last_state=last_state,
        states=states,
        **_number_columns(rows, values, held_us, starts, values.base[run]),
    )


def _number_columns(
    rows: StateRows,
    values: _Values,
    held_us: NDArray[np.int64],
    starts: NDArray[np.int64],
    base: NDArray[np.object_],
) -> dict[str, NDArray[Any]]:
    """Return the columns that are of good numbers."""
    is_number, ts, value = rows.is_number, rows.ts, values.value
    if is_number.all():
        count = np.diff(np.r_[starts, len(rows)])
    else:
        count = np.add.reduceat(is_number.astype(np.int64), starts)
        ts, value, held_us = ts[is_number], value[is_number], held_us[is_number]
    has_number = count > 0
    total_count = len(count)
    ends = np.cumsum(count)[has_number] - 1
    begins = np.r_[0, ends[:-1] + 1][: len(ends)]
    shift = base[has_number]
    counted = count[has_number].astype(object)
    covered_us = np.add.reduceat(held_us, begins) if len(begins) else held_us[:0]
    increase, resets = _increase(value, begins, shift)
    found = {
        "covered_us": covered_us,
        "first_at": ts[begins],
        "last_at": ts[ends],
        "resets": resets,
        "total": _sums(value, begins) + counted * shift,
        "integral": _sums(value * held_us, begins) + covered_us.astype(object) * shift,
        "first": value[begins].astype(object) + shift,
        "last": value[ends].astype(object) + shift,
        "minimum": _reduced(np.minimum, value, begins) + shift,
        "maximum": _reduced(np.maximum, value, begins) + shift,
        "increase": increase,
    }
    spread = {name: _spread(column, has_number, total_count) for name, column in found.items()}
    return spread | {"count": count.astype(np.int64)}


def _sums(value: NDArray[Any], begins: NDArray[np.int64]) -> NDArray[np.object_]:
    return _reduced(np.add, value, begins)


def _reduced(
    function: np.ufunc, value: NDArray[Any], begins: NDArray[np.int64]
) -> NDArray[np.object_]:
    """Reduce each run of rows, to Python integers."""
    if not len(begins):
        return np.zeros(0, dtype=object)
    result: NDArray[np.object_] = function.reduceat(value, begins).astype(object)
    return result


def _increase(
    value: NDArray[Any], begins: NDArray[np.int64], base: NDArray[np.object_]
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Return by how much a counter rose in each entry, and how often it was reset."""
    rise = np.zeros(len(value), dtype=value.dtype)
    rise[1:] = value[1:] - value[:-1]
    rise[begins] = 0
    is_reset = (rise < 0).astype(np.bool_)
    if not is_reset.any():
        return _sums(rise, begins), np.zeros(len(begins), dtype=np.int64)
    resets = np.add.reduceat(is_reset.astype(np.int64), begins)
    rise = np.where(is_reset, value, rise)
    return _sums(rise, begins) + resets.astype(object) * base, resets


def _spread(column: NDArray[Any], has_number: NDArray[np.bool_], count: int) -> NDArray[Any]:
    """Lay the entries that have numbers among those that have none."""
    if len(column) == count:
        return column
    result = np.zeros(count, dtype=column.dtype)
    result[has_number] = column
    return result


def _state_columns(
    rows: StateRows,
    held_us: NDArray[np.int64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> tuple[NDArray[np.object_], NDArray[np.object_], NDArray[np.object_]]:
    """Return the first and last state of each entry, and how long each held."""
    nothing = np.full(len(starts), None, dtype=object)
    if rows.state is None:
        return nothing, nothing, nothing
    names = np.array([*rows.states, None], dtype=object)  # -1 is the last: none
    lasting = nothing.copy()
    has_state = rows.state >= 0
    entry = np.repeat(np.arange(len(starts)), ends - starts + 1)[has_state]
    key = entry * len(rows.states) + rows.state[has_state]
    different = np.flatnonzero(np.bincount(key))
    # Sums of whole numbers far below 2**53 are exact in floats.
    durations = np.bincount(key, weights=held_us[has_state])[different].astype(np.int64)
    for one, duration_us in zip(different.tolist(), durations.tolist(), strict=True):
        index, state = divmod(one, len(rows.states))
        if lasting[index] is None:
            lasting[index] = {}
        lasting[index][rows.states[state]] = duration_us
    return names[rows.state[starts]], names[rows.state[ends]], lasting
