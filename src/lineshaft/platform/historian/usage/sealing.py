"""The blocks of new records, from their columns: a thousand records a segment, or 64 KiB. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

from lineshaft.core.reading import RecordKind, SignalId, StatusCode
from lineshaft.core.segment.block import (
    HAS_EXPONENT,
    HAS_MANTISSA,
    HAS_TEXT,
    RECORD_FIXED_BYTES,
    BlockColumns,
)
from lineshaft.core.segment.wire import SEGMENT_BYTES_MAX, SEGMENT_RECORDS_MAX

_NUMBER_BYTES, _LENGTH_BYTES = 8 + 1, 4
_NO_TIMES, _NO_NUMBERS = np.zeros(0, np.int64), np.zeros(0, np.float64)


class Rows(msgspec.Struct, frozen=True):
    """New records in the order of their sequences, as columns.

    Attributes:
        signals: the different ones, and perhaps others.
        code: int64[n], the place of each record's signal in `signals`.
        ts: int64[n], instants in microseconds UTC.
        mantissa, exponent: int64[n], int8[n]; 0 where there is a text.
        texts: by row, UTF-8 of those that say a text in place of a number.
        refused: the rows that are refusals.
    """

    signals: Sequence[SignalId]
    code: NDArray[np.int64]
    ts: NDArray[np.int64]
    mantissa: NDArray[np.int64]
    exponent: NDArray[np.int8]
    texts: Mapping[int, bytes] = msgspec.field(default_factory=dict)
    refused: Sequence[int] = ()

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.code)


def joined(parts: Sequence[Rows]) -> Rows:
    """Return the records of some parts, one behind the other."""
    codes: dict[SignalId, int] = {}
    texts: dict[int, bytes] = {}
    code, refused, before = [], [], 0
    for part in parts:
        own = [codes.setdefault(signal, len(codes)) for signal in part.signals]
        code.append(np.array(own, np.int64)[part.code])
        texts |= {before + row: text for row, text in part.texts.items()}
        refused += [before + row for row in part.refused]
        before += len(part)
    return Rows(
        signals=list(codes),
        code=np.concatenate(code),
        ts=np.concatenate([part.ts for part in parts]),
        mantissa=np.concatenate([part.mantissa for part in parts]),
        exponent=np.concatenate([part.exponent for part in parts]),
        texts=texts,
        refused=refused,
    )


def segments_of(
    rows: Rows, first_sequence: int, ordinals: Mapping[str, int]
) -> Iterator[list[BlockColumns]]:
    """Yield the blocks of each segment that records make, ordered by signal id (UTF-8).

    Args:
        rows: one at least.
        first_sequence: of the first of them.
        ordinals: the last ordinal of each series so far.
    """
    in_order = sorted(range(len(rows.signals)), key=lambda code: rows.signals[code].encode())
    rank = np.empty(len(in_order), np.int64)
    rank[in_order] = np.arange(len(in_order))
    by_signal, last, start = rank[rows.code], dict(ordinals), 0
    for end in _ends(rows):
        order = start + np.argsort(by_signal[start:end], kind="stable")
        yield list(_Cutter(rows, order, first_sequence).blocks(last))
        start = end


def _ends(rows: Rows) -> list[int]:
    """Return where segments end, as `core.segment.wire.cut` cuts them."""
    sizes = np.full(len(rows), RECORD_FIXED_BYTES + _NUMBER_BYTES, np.int64)
    for row, text in rows.texts.items():
        sizes[row] = RECORD_FIXED_BYTES + _LENGTH_BYTES + len(text)
    total = np.cumsum(sizes)
    ends, start, before = [], 0, 0
    while start < len(rows):
        fitting = int(np.searchsorted(total, before + SEGMENT_BYTES_MAX, side="right"))
        start = max(start + 1, min(start + SEGMENT_RECORDS_MAX, fitting))
        ends.append(start)
        before = int(total[start - 1])
    return ends


class _Cutter:
    """Cuts the records of one segment into blocks."""

    def __init__(self, rows: Rows, order: NDArray[np.int64], first_sequence: int) -> None:
        """Take records of `rows` in the order of their blocks."""
        self._rows, self._order = rows, order
        self._sequence = (order + first_sequence).astype("<u8")
        self._ts, self._code = rows.ts[order], rows.code[order]
        self._texts = [rows.texts.get(row) for row in order.tolist()] if rows.texts else []
        has_number = np.ones(len(order), np.bool_)
        if self._texts:
            has_number[[text is not None for text in self._texts]] = False
        self._presence = np.where(has_number, HAS_MANTISSA | HAS_EXPONENT, HAS_TEXT).astype(
            np.uint8
        )
        self._numbers_before = np.concatenate(([0], np.cumsum(has_number)))
        chosen = order[has_number]
        self._mantissa, self._exponent = rows.mantissa[chosen], rows.exponent[chosen]
        is_refused = np.isin(order, rows.refused)
        self._kind = np.where(is_refused, RecordKind.REFUSAL, RecordKind.READING).astype(np.uint8)
        bad = StatusCode.BAD_DECODING_ERROR
        self._status = np.where(is_refused, bad, StatusCode.GOOD).astype("<u4")

    def blocks(self, last: dict[str, int]) -> Iterator[BlockColumns]:
        """Yield the blocks; `last` is the last ordinal of each series, and is counted on."""
        code = self._code
        bounds = np.flatnonzero(np.r_[True, code[1:] != code[:-1], True]).tolist()
        for start, end in pairwise(bounds):
            signal = self._rows.signals[code[start]]
            rows, numbers = slice(start, end), slice(*self._numbers_before[[start, end]].tolist())
            first = last.get(signal, 0) + 1
            last[signal] = first + end - start - 1
            yield BlockColumns(
                signal=signal,
                first_ordinal=first,
                sequence=self._sequence[rows],
                ts=self._ts[rows],
                status=self._status[rows],
                kind=self._kind[rows],
                presence=self._presence[rows],
                own_ts=_NO_TIMES,
                mantissa=self._mantissa[numbers],
                exponent=self._exponent[numbers],
                number=_NO_NUMBERS,
                text=[text for text in self._texts[rows] if text is not None],
            )
