"""From blocks of a file to records in its order; a row that cannot be read becomes a refusal.

One record per row of a long file and one per filled cell of a wide one; one refusal for a row, or
for the cell that is wrong. What a block becomes follows from the file, the map, and the instant at
which the import began: the same each time.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_S, Instant, format_instant
from lineshaft.core.reading import (
    REFUSED_NAME,
    RecordKind,
    SignalId,
    StatusCode,
    machine_of,
    signal_id,
)
from lineshaft.core.segment.block import HAS_TEXT
from lineshaft.core.segment.detail import RefusalDetail
from lineshaft.network.backfill.columns import TEXT, Rows, Values, joined
from lineshaft.network.backfill.errors import FileUnreadable
from lineshaft.network.backfill.files import Block
from lineshaft.network.backfill.mapping import Layout, SeriesNames
from lineshaft.network.backfill.stamps import instants
from lineshaft.network.backfill.values import values_of

FUTURE_US_MAX = 300 * US_PER_S
"""A stamp further ahead of the beginning of the import is refused, as an edge refuses it."""
NO_VALUE = "a reading without a value needs a status that is not good"
_STATUS_MAX = 2**32 - 1
_STATUS_WORDS = {
    "": StatusCode.GOOD,
    "good": StatusCode.GOOD,
    "uncertain": StatusCode.UNCERTAIN,
    "bad": StatusCode.BAD,
}


class Before(msgspec.Struct, frozen=True):
    """The last record in front of a block: a refusal without an instant or signal takes its own."""

    ts: int | None = None
    machine: str = ""


class _Refusal(msgspec.Struct, frozen=True):
    """A row or cell that cannot be read: its place, and of its signal and instant what is known."""

    row: int
    column: int
    code: int | None
    ts: int | None
    reason: str


class _Cells(msgspec.Struct):
    """The cells of a block in order, and what is wrong with some of them."""

    code: NDArray[np.int32]
    ts: NDArray[np.int64]
    status: NDArray[np.uint32]
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    values: Values


class Converter:
    """Makes records of the blocks of one file, in order."""

    def __init__(self, place: str, layout: Layout, series: SeriesNames, began_at: Instant) -> None:
        """Take the file's name with the word for its rows, where what stands, and what it means."""
        self._place = place
        self._layout, self._map = layout, series.file_map
        self._ts_max = began_at + FUTURE_US_MAX
        self._began_at = began_at
        self.series = series
        self.before = Before()

    def rows(self, block: Block) -> Rows:
        """Return the records of the next block.

        Raises:
            FileUnreadable: when no row of the first block has an instant and a signal.
            MapInvalid: when a column is of a type that it cannot be.
        """
        table = block.table.combine_chunks()
        refused = [_Refusal(bad.row, 0, None, None, bad.reason) for bad in block.bad]
        columns = {name: _array(table[name]) for name in self._layout.columns}
        make = self._long if self._layout.signal else self._wide
        cells = make(columns, block.rows, refused)
        rows = Rows(
            code=cells.code,
            ts=cells.ts,
            status=cells.status,
            kind=np.full(len(cells.ts), RecordKind.READING, np.uint8),
            presence=cells.values.presence,
            mantissa=cells.values.mantissa,
            exponent=cells.values.exponent,
            number=cells.values.number,
            text=cells.values.text,
            row=cells.row,
        )
        if refused:
            rows = self._with_refusals(rows, cells.column, refused, block)
        if len(rows):
            last = self.series.names[rows.code[-1]]
            self.before = Before(int(rows.ts[-1]), machine_of(last))
        return rows

    # ---- cells

    def _long(
        self, columns: dict[str, pa.Array], numbers: NDArray[np.int64], refused: list[_Refusal]
    ) -> _Cells:
        layout, count = self._layout, len(numbers)
        code, problems = self._codes(columns[layout.signal])
        ts, ts_problems = self._instants(columns[layout.ts])
        status, status_problems = _statuses(columns.get(layout.status), count)
        values = self._values(columns[layout.values[0]], code)
        for found in (ts_problems, status_problems, values.problems):
            problems = found | problems
        is_missing = (values.presence == 0) & (status >> 30 == 0)
        for cell in np.flatnonzero(is_missing).tolist():
            problems.setdefault(cell, NO_VALUE)
        refused += [
            _Refusal(
                row=int(numbers[cell]),
                column=0,
                code=int(code[cell]) if code[cell] >= 0 else None,
                ts=None if cell in ts_problems else int(ts[cell]),
                reason=why,
            )
            for cell, why in problems.items()
        ]
        cells = _Cells(code, ts, status, numbers, np.zeros(count, np.int64), values)
        return _without(cells, list(problems))

    def _wide(
        self, columns: dict[str, pa.Array], numbers: NDArray[np.int64], refused: list[_Refusal]
    ) -> _Cells:
        names, count = self._layout.values, len(numbers)
        width = len(names)
        ts, problems = self._instants(columns[self._layout.ts])
        refused += [
            _Refusal(int(numbers[row]), 0, None, None, why) for row, why in problems.items()
        ]
        codes = self._column_codes(names)
        values = Values.empty(width * count)
        for place, name in enumerate(names):
            part = values_of(columns[name], self.series.kinds[codes[place]])
            values.put(np.arange(count) * width + place, part)
        cells = _Cells(
            code=np.tile(np.array(codes, np.int32), count),
            ts=np.repeat(ts, width),
            status=np.zeros(width * count, np.uint32),
            row=np.repeat(numbers, width),
            column=np.tile(np.arange(1, width + 1), count),
            values=values,
        )
        for cell, why in values.problems.items():
            row, place = divmod(cell, width)
            if row not in problems:
                reason = f"column {names[place]!r}: {why}"
                refused.append(
                    _Refusal(int(numbers[row]), place + 1, codes[place], int(ts[row]), reason)
                )
        is_wrong = np.zeros(count, np.bool_)
        is_wrong[list(problems)] = True
        left_out = (values.presence == 0) | np.repeat(is_wrong, width)
        return _without(cells, np.flatnonzero(left_out))

    def _column_codes(self, names: Sequence[str]) -> list[int]:
        """Return the series of the columns of a wide file.

        Raises:
            FileUnreadable: when one has a name that is no signal.
        """
        codes = []
        for name in names:
            code = self.series.code(name)
            if isinstance(code, str):
                msg = f"column {name!r}: {code}; give it another name in a map (--map)"
                raise FileUnreadable(msg)
            codes.append(code)
        return codes

    def _codes(self, column: pa.Array) -> tuple[NDArray[np.int32], dict[int, str]]:
        """Return the series of each row, and by row why it has none."""
        if not pa.types.is_string(column.type):
            msg = f"the column {self._layout.signal!r} holds {column.type}: expected names"
            raise FileUnreadable(msg)
        encoded = column.fill_null("").dictionary_encode()
        found = [self.series.code(name) for name in encoded.dictionary.to_pylist()]
        table = np.array([-1 if isinstance(one, str) else one for one in found], np.int32)
        places = encoded.indices.to_numpy(zero_copy_only=False)
        codes = table[places] if len(table) else np.zeros(0, np.int32)
        wrong = np.flatnonzero(codes < 0).tolist()
        return codes, {cell: str(found[places[cell]]) for cell in wrong}

    def _instants(self, column: pa.Array) -> tuple[NDArray[np.int64], dict[int, str]]:
        ts, problems = instants(column, self._map)
        for row in np.flatnonzero(ts > self._ts_max).tolist():
            problems[row] = f"stamped {format_instant(Instant(int(ts[row])))}, more than 5 minutes "
            problems[row] += f"ahead of the import, which began {format_instant(self._began_at)}"
        return ts, problems

    def _values(self, column: pa.Array, code: NDArray[np.int32]) -> Values:
        """Return the values of a long file, each as the kind that its signal is."""
        kinds = self.series.kinds
        used = {kinds[one] for one in np.unique(code[code >= 0]).tolist()}
        if len(used) <= 1:
            return values_of(column, used.pop() if used else self._map.kind)
        found = Values.empty(len(code))
        kind_of = np.array(kinds)[np.maximum(code, 0)]
        for kind in sorted(used):
            places = np.flatnonzero((kind_of == kind) & (code >= 0))
            found.put(places, values_of(column.take(pa.array(places)), kind))
        return found

    # ---- refusals

    def _with_refusals(
        self, rows: Rows, column: NDArray[np.int64], refused: list[_Refusal], block: Block
    ) -> Rows:
        """Put the refusals in their places among the records."""
        refused = sorted(refused, key=lambda one: (one.row, one.column))
        width = len(self._layout.values) + 1
        keys = np.concatenate(
            (
                rows.row * width + column,
                np.array([one.row * width + one.column for one in refused], np.int64),
            )
        )
        order = np.argsort(keys, kind="stable")
        is_refusal = (np.arange(len(keys)) >= len(rows))[order]
        places = np.flatnonzero(is_refusal).tolist()
        known = joined([rows, self._refusal_rows(refused, block)]).take(order)
        known.ts, machines = self._known_before(known, dict(zip(places, refused, strict=True)))
        for place, machine in machines.items():
            signal = signal_id(machine, REFUSED_NAME)
            known.code[place] = self.series.intern(signal, "decimal")
        return known

    def _refusal_rows(self, refused: Sequence[_Refusal], block: Block) -> Rows:
        count = len(refused)
        texts = [
            RefusalDetail.of(f"{self._place} {one.row}: {one.reason}", block.raw(one.row)).encode()
            for one in refused
        ]
        blank = Values.empty(count)
        return Rows(
            code=np.array([-1 if one.code is None else one.code for one in refused], np.int32),
            ts=np.array([one.ts or 0 for one in refused], np.int64),
            status=np.full(count, StatusCode.BAD_DECODING_ERROR, np.uint32),
            kind=np.full(count, RecordKind.REFUSAL, np.uint8),
            presence=np.full(count, HAS_TEXT, np.uint8),
            mantissa=blank.mantissa,
            exponent=blank.exponent,
            number=blank.number,
            text=pa.array([text.encode() for text in texts], TEXT),
            row=np.array([one.row for one in refused], np.int64),
        )

    def _known_before(
        self, rows: Rows, refused: dict[int, _Refusal]
    ) -> tuple[NDArray[np.int64], dict[int, str]]:
        """Return instants for all rows, and machines for refusals whose signal is not known.

        Each is that of the nearest record before; in front of the first, of the first that has one.
        """
        has_ts = np.ones(len(rows), np.bool_)
        has_ts[[place for place, one in refused.items() if one.ts is None]] = False
        first_ts = np.flatnonzero(has_ts)
        first_code = np.flatnonzero(rows.code >= 0)
        ts, machine = self.before.ts, self._map.machine or self.before.machine
        if ts is None and len(first_ts):
            ts = int(rows.ts[first_ts[0]])
        if not machine and len(first_code):
            machine = machine_of(self.series.names[rows.code[first_code[0]]])
        if ts is None or not machine:
            one = next(iter(refused.values()))
            msg = f"{self._place} {one.row}: {one.reason}; no row of the first {len(rows)} has "
            msg += "an instant and a signal that can be read"
            raise FileUnreadable(msg)
        nearest = np.maximum.accumulate(np.where(has_ts, np.arange(len(rows)), -1))
        filled = np.where(nearest >= 0, rows.ts[nearest], ts)
        machines = {}
        code_before = np.maximum.accumulate(np.where(rows.code >= 0, np.arange(len(rows)), -1))
        for place in refused:
            if rows.code[place] < 0:
                at = code_before[place]
                name = self.series.names[rows.code[at]] if at >= 0 else SignalId(machine)
                machines[place] = self._map.machine or machine_of(name)
        return filled, machines


def _array(column: pa.ChunkedArray) -> pa.Array:
    combined = column.combine_chunks()
    if isinstance(combined, pa.ChunkedArray):
        return (
            pa.concat_arrays(combined.chunks) if combined.num_chunks else pa.array([], column.type)
        )
    return combined


def _without(cells: _Cells, left_out: Sequence[int] | NDArray[np.int64]) -> _Cells:
    if not len(left_out):
        return cells
    is_kept = np.ones(len(cells.ts), np.bool_)
    is_kept[left_out] = False
    kept = np.flatnonzero(is_kept)
    values = cells.values
    return _Cells(
        cells.code[kept],
        cells.ts[kept],
        cells.status[kept],
        cells.row[kept],
        cells.column[kept],
        Values(
            values.presence[kept],
            values.mantissa[kept],
            values.exponent[kept],
            values.number[kept],
            None if values.text is None else values.text.take(pa.array(kept)),
            {},
        ),
    )


def _statuses(column: pa.Array | None, count: int) -> tuple[NDArray[np.uint32], dict[int, str]]:
    """Return OPC UA status codes: an integer, hexadecimal with 0x, or good, uncertain, bad."""
    if column is None:
        return np.zeros(count, np.uint32), {}
    encoded = column.cast(pa.string()).fill_null("").dictionary_encode()
    codes, reasons = [], []
    for text in encoded.dictionary.to_pylist():
        try:
            codes.append(_status(text))
            reasons.append("")
        except Invalid as error:
            codes.append(0)
            reasons.append(str(error))
    places = encoded.indices.to_numpy(zero_copy_only=False)
    status = np.array(codes, np.uint32)[places] if codes else np.zeros(0, np.uint32)
    is_wrong = np.array([bool(reason) for reason in reasons], np.bool_)
    wrong = np.flatnonzero(is_wrong[places]).tolist() if reasons else []
    return status, {cell: reasons[places[cell]] for cell in wrong}


def _status(text: str) -> int:
    known = _STATUS_WORDS.get(text.strip().lower())
    if known is not None:
        return known
    try:
        code = int(text, 16 if text[:2].lower() == "0x" else 10)
    except ValueError:
        code = -1
    if not 0 <= code <= _STATUS_MAX:
        msg = f"cannot read the status {text[:40]!r}: expected an OPC UA status code such as 0 or "
        msg += "0x80000000, or good, uncertain, bad"
        raise Invalid(msg)
    return code
