"""State rows in force: what roll-ups and buckets are made of. Pure, on whole arrays."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lineshaft.core.errors import Invalid
from lineshaft.core.reading import RecordKind
from lineshaft.core.segment.detail import CorrectionDetail
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.model import SourceEpoch

ABSENT = {"kind": int(RecordKind.READING), "status": 0, "number": None, "text": None}
"""What a row has in a column that a table does not have: a file says so of all its rows."""
_GOOD_BELOW = 1 << 30
_POWERS = 10.0 ** np.arange(19)
_REPLACED = ("status", "mantissa", "exponent", "number")


class StateRows(msgspec.Struct, frozen=True):
    """State rows in force, one per series and instant, in that order.

    Attributes:
        is_decimal: good decimals and booleans: `mantissa * 10**exponent`.
        is_float: good binary floats: `number`; None when there is none in any row.
        state: index in `states` of a good text, symbol or boolean; -1: none. None when no row has.
    """

    series: NDArray[np.int32]
    ts: NDArray[np.int64]
    is_decimal: NDArray[np.bool_]
    mantissa: NDArray[np.int64]
    exponent: NDArray[np.int8]
    is_float: NDArray[np.bool_] | None
    number: NDArray[np.float64] | None
    state: NDArray[np.int64] | None
    states: Sequence[str]

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.ts)

    @property
    def is_number(self) -> NDArray[np.bool_]:
        """Which rows hold a good number."""
        return self.is_decimal if self.is_float is None else self.is_decimal | self.is_float

    def where(self, chosen: NDArray[Any]) -> "StateRows":
        """Return some of the rows, by mask or by ascending index."""
        return StateRows(
            self.series[chosen],
            self.ts[chosen],
            self.is_decimal[chosen],
            self.mantissa[chosen],
            self.exponent[chosen],
            None if self.is_float is None else self.is_float[chosen],
            None if self.number is None else self.number[chosen],
            None if self.state is None else self.state[chosen],
            self.states,
        )

    def runs(self) -> NDArray[np.int64]:
        """Return where the rows of each series begin."""
        if not len(self.series):
            return np.zeros(0, dtype=np.int64)
        return np.flatnonzero(np.r_[True, self.series[1:] != self.series[:-1]])

    def cut(self, origin: int, width_us: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Cut the rows of each series at `origin` plus multiples of a width, in microseconds.

        Returns:
            Where each piece begins, and its multiple. No piece is empty.
        """
        starts = self.runs().tolist()
        begins, numbers = [], []
        for start, end in pairwise([*starts, len(self)]):
            ts = self.ts[start:end]
            low, high = (int(one - origin) // width_us for one in (ts[0], ts[-1]))
            if high - low >= end - start:
                number = (ts - origin) // width_us
                cuts = np.flatnonzero(np.r_[True, number[1:] != number[:-1]])
                begins.append(start + cuts)
                numbers.append(number[cuts])
                continue
            number = np.arange(low, high + 1)
            cuts = np.searchsorted(ts, origin + number * width_us, side="left")
            is_filled = np.r_[cuts[1:], len(ts)] > cuts
            begins.append(start + cuts[is_filled])
            numbers.append(number[is_filled])
        nothing = [np.zeros(0, dtype=np.int64)]
        return np.concatenate(begins or nothing), np.concatenate(numbers or nothing)

    def floats(self) -> NDArray[np.float64]:
        """Return the numbers as binary floats, for the eye; not a number where there is none."""
        values = decimals(self.mantissa, self.exponent)
        if self.number is not None and self.is_float is not None:
            values = np.where(self.is_float, self.number, values)
        return np.where(self.is_number, values, np.nan)


def decimals(mantissa: NDArray[Any], exponent: NDArray[Any]) -> NDArray[np.float64]:
    """Return decimals as binary floats, for the eye; exponents are from -18 to 18."""
    power = _POWERS[np.abs(exponent)]
    values = mantissa.astype(np.float64)
    result: NDArray[np.float64] = values / power
    if (exponent > 0).any():
        result = np.where(exponent < 0, result, values * power)
    return result


def corrected(table: pa.Table, sources: Sequence[SourceEpoch]) -> pa.Table:
    """Put the values of corrections in the place of those that they replace, in order.

    Args:
        table: sorted rows of `columns.SCHEMA`; a column that `ABSENT` names may be absent.
        sources: every source and epoch in the store.
    """
    if "kind" not in table.column_names:
        return table
    is_correction = columns.array(table, "kind") == RecordKind.CORRECTION
    if not is_correction.any():
        return table
    numbers = {(one.source, one.epoch): one.id for one in sources}
    origin = np.arange(table.num_rows)
    texts: dict[int, str | None] = {}
    for row, target, text in _targets(table, is_correction, numbers):
        origin[target], texts[target] = origin[row], text
    taken = pa.array(origin)
    for name in _REPLACED:
        if name in table.column_names:
            place = table.column_names.index(name)
            table = table.set_column(place, table.field(name), table.column(name).take(taken))
    place = table.column_names.index("text")
    text = table.column("text").to_pylist()
    for target, replaced in texts.items():
        text[target] = replaced
    return table.set_column(place, "text", pa.array(text, pa.string()))


def _targets(
    table: pa.Table, is_correction: NDArray[np.bool_], numbers: dict[tuple[Any, int], int]
) -> list[tuple[int, int, str | None]]:
    """Return each correction's row, the row that it replaces, and its new text, in order."""
    rows = np.flatnonzero(is_correction)
    texts = table.column("text").take(pa.array(rows)).to_pylist()
    details: list[tuple[int, tuple[int, int], str | None]] = []
    for row, text in zip(rows.tolist(), texts, strict=True):
        try:
            detail = CorrectionDetail.decode(text or "")
        except Invalid:
            continue
        number = numbers.get((detail.source, detail.epoch), 0)
        details.append((row, (number, detail.sequence), detail.new_text))
    source, sequence = columns.array(table, "source_epoch"), columns.array(table, "sequence")
    near = np.flatnonzero(np.isin(sequence, [key[1] for _, key, _ in details]))
    places = dict(
        zip(
            zip(source[near].tolist(), sequence[near].tolist(), strict=True),
            near.tolist(),
            strict=True,
        )
    )
    return [(row, places[key], text) for row, key, text in details if key in places]


def state_rows(
    table: pa.Table, sources: Sequence[SourceEpoch], *, numbers_only: bool = False
) -> StateRows:
    """Return the state rows in force, with the values of corrections.

    Args:
        table: sorted rows of `columns.SCHEMA`; a column that `ABSENT` names may be absent.
        sources: every source and epoch in the store.
        numbers_only: leave the states out.
    """
    table = corrected(table, sources)
    chosen = _in_force(table)
    if not chosen.all():
        table = table.filter(pa.array(chosen))
    is_good = _is_good(table)
    mantissa, has_mantissa = columns.filled(table, "mantissa")
    exponent, has_exponent = columns.filled(table, "exponent")
    has_text = _has(table, "text")
    has_number = _has(table, "number")
    is_decimal = has_mantissa & is_good
    if has_text is not None:
        is_decimal &= ~has_text
    is_float = None if has_number is None else has_number & is_good
    state, states = (
        (None, ()) if numbers_only else _states(table, is_decimal & ~has_exponent, is_good)
    )
    return StateRows(
        series=columns.array(table, "series"),
        ts=columns.array(table, "ts"),
        is_decimal=is_decimal,
        mantissa=mantissa,
        exponent=exponent,
        is_float=is_float,
        number=None if is_float is None else columns.filled(table, "number")[0],
        state=state,
        states=states,
    )


def _in_force(table: pa.Table) -> NDArray[np.bool_]:
    series, ts = columns.array(table, "series"), columns.array(table, "ts")
    state = np.ones(len(ts), dtype=np.bool_)
    if "kind" in table.column_names:
        state = columns.is_state(columns.array(table, "kind"))
    elif not (ts[1:] == ts[:-1]).any():
        return state
    result: NDArray[np.bool_] = columns.in_force(series, ts, state)
    return result


def _is_good(table: pa.Table) -> NDArray[np.bool_]:
    result = np.ones(table.num_rows, dtype=np.bool_)
    if "kind" in table.column_names:
        result &= columns.array(table, "kind") == RecordKind.READING
    if "status" in table.column_names:
        result &= columns.array(table, "status") < _GOOD_BELOW
    return result


def _has(table: pa.Table, name: str) -> NDArray[np.bool_] | None:
    """Tell which rows have a value in a column that may be absent; None when no row has."""
    if name not in table.column_names or table.column(name).null_count == table.num_rows:
        return None
    result: NDArray[np.bool_] = table.column(name).is_valid().to_numpy()
    return result


def _states(
    table: pa.Table, is_boolean: NDArray[np.bool_], is_good: NDArray[np.bool_]
) -> tuple[NDArray[np.int64] | None, Sequence[str]]:
    """Return the index of each row's state, and the states."""
    if _has(table, "text") is None and not is_boolean.any():
        return None, ()
    names: list[str] = ["false", "true"]
    state = np.full(table.num_rows, -1, dtype=np.int64)
    if _has(table, "text") is not None:
        encoded = table.column("text").combine_chunks().dictionary_encode()
        known = {name: index for index, name in enumerate(names)}
        code = np.array(
            [known.setdefault(name, len(known)) for name in encoded.dictionary.to_pylist()] + [-1],
            dtype=np.int64,
        )
        names = list(known)
        state = code[encoded.indices.fill_null(len(code) - 1).to_numpy()]
    state = np.where(is_boolean, columns.filled(table, "mantissa")[0], state)
    return np.where(is_good, state, -1), names
