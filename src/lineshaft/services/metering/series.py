"""The rows of a metered series as columns, and which of them are in force. Pure, on whole arrays.

A verification meters a million readings, so nothing here loops over rows that say nothing special.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from msgspec.structs import replace
from numpy.typing import NDArray

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant
from lineshaft.core.reading import RecordKind, SignalId, SourceId
from lineshaft.core.segment.block import (
    HAS_EXPONENT,
    HAS_MANTISSA,
    HAS_NUMBER,
    HAS_TEXT,
    BlockColumns,
)
from lineshaft.core.segment.detail import CorrectionDetail
from lineshaft.core.value import to_columns
from lineshaft.services.metering.clocks.model import ClockStep
from lineshaft.services.metering.estimates.model import Estimate
from lineshaft.services.metering.exchanges.model import MeterExchange
from lineshaft.services.metering.model import Evidence, Identity, Meter, Row

NOTHING, DECIMAL, ENUMERATION, BOOLEAN, FLOAT, TEXT = range(6)
"""What kind of value a row has."""

GOOD_BELOW = 1 << 30  # OPC 10000-4, table 177: the two highest bits are the quality


class SeriesRows(msgspec.Struct, frozen=True, eq=False):
    """Records of one signal as arrays of n rows, in any order.

    Attributes:
        sources: names, in order; `source` points into it.
        form: kind of the value (`NOTHING` to `TEXT`).
        mantissa, exponent: of a decimal; mantissa: code of an enumeration, 0 or 1 of a boolean.
        text: text, or symbol of an enumeration; None where no row has any.
        targets: by row of a correction, the reading that it replaces.
    """

    sources: tuple[SourceId, ...]
    source: NDArray[np.int64]
    epoch: NDArray[np.int64]
    sequence: NDArray[np.int64]
    ordinal: NDArray[np.int64]
    ts: NDArray[np.int64]
    kind: NDArray[np.uint8]
    status: NDArray[np.int64]
    form: NDArray[np.uint8]
    mantissa: NDArray[np.int64]
    exponent: NDArray[np.int64]
    text: NDArray[np.object_] | None
    targets: Mapping[int, Identity]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.ts)

    def identity(self, row: int) -> Identity:
        """Return the identity of a row."""
        source = self.sources[int(self.source[row])]
        return Identity(source, int(self.epoch[row]), int(self.sequence[row]))

    def present(self) -> frozenset[SourceId]:
        """Return the sources that any row is of."""
        return frozenset(self.sources[place] for place in np.unique(self.source).tolist())

    def take(self, chosen: NDArray[np.bool_]) -> "SeriesRows":
        """Return some of the rows, in the same order."""
        places = np.cumsum(chosen) - 1
        return SeriesRows(
            sources=self.sources,
            text=None if self.text is None else self.text[chosen],
            targets={
                int(places[row]): target for row, target in self.targets.items() if chosen[row]
            },
            **{name: getattr(self, name)[chosen] for name in ("source", *_JOINED)},
        )

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "SeriesRows":
        """Gather rows; the text of a correction is in its detail."""
        listed = list(rows)
        names = sorted({row.identity.source for row in listed})
        values = [to_columns(row.value) for row in listed]
        texts = [
            row.detail if row.kind is RecordKind.CORRECTION else value.text
            for row, value in zip(listed, values, strict=True)
        ]
        presence = [
            (HAS_MANTISSA if value.mantissa is not None else 0)
            | (HAS_EXPONENT if value.exponent is not None else 0)
            | (HAS_NUMBER if value.number is not None else 0)
            | (HAS_TEXT if text is not None else 0)
            for value, text in zip(values, texts, strict=True)
        ]
        columns = {
            "source": [names.index(row.identity.source) for row in listed],
            "epoch": [row.identity.epoch for row in listed],
            "sequence": [row.identity.sequence for row in listed],
            "ordinal": [row.ordinal for row in listed],
            "ts": [row.ts for row in listed],
            "kind": [row.kind for row in listed],
            "status": [row.status for row in listed],
            "mantissa": [value.mantissa or 0 for value in values],
            "exponent": [value.exponent or 0 for value in values],
        }
        arrays = {name: np.array(column, dtype=np.int64) for name, column in columns.items()}
        return _build(tuple(names), arrays, np.array(presence, dtype=np.uint8), texts)

    @classmethod
    def of_table(cls, table: pa.Table) -> "SeriesRows":
        """Gather the rows of a table with the columns of `historian.model.RANGE_SCHEMA`."""
        encoded = table.column("source").combine_chunks().dictionary_encode()
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.combine_chunks()
        mantissa, has_mantissa = _filled(table, "mantissa")
        exponent, has_exponent = _filled(table, "exponent")
        texts = table.column("text")
        presence = (
            has_mantissa * HAS_MANTISSA
            + has_exponent * HAS_EXPONENT
            + _filled(table, "number")[1] * HAS_NUMBER
            + texts.is_valid().to_numpy() * HAS_TEXT
        )
        has_text = texts.null_count < len(texts)
        return _build(
            tuple(encoded.dictionary.to_pylist()),
            {
                "source": encoded.indices.to_numpy().astype(np.int64),
                "mantissa": mantissa,
                "exponent": exponent.astype(np.int64),
                **{name: table.column(name).to_numpy() for name in _PLAIN},
            },
            presence.astype(np.uint8),
            texts.to_pylist() if has_text else None,
        )

    @classmethod
    def of_block(cls, source: SourceId, epoch: int, block: BlockColumns) -> "SeriesRows":
        """Gather the records of a block of a segment."""
        count = len(block)
        mantissa, exponent = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
        mantissa[(block.presence & HAS_MANTISSA) > 0] = block.mantissa
        exponent[(block.presence & HAS_EXPONENT) > 0] = block.exponent
        text: list[str | None] | None = None
        if block.text:
            text = [None] * count
            has_text = np.flatnonzero(block.presence & HAS_TEXT).tolist()
            for row, data in zip(has_text, block.text, strict=True):
                text[row] = bytes(data).decode()
        columns: dict[str, NDArray[Any]] = {
            "source": np.broadcast_to(np.int64(0), count),
            "epoch": np.broadcast_to(np.int64(epoch), count),
            "sequence": block.sequence,
            "ordinal": block.first_ordinal + np.arange(count),
            "ts": block.ts,
            "kind": block.kind,
            "status": block.status,
            "mantissa": mantissa,
            "exponent": exponent,
        }
        return _build((source,), columns, block.presence, text)


_PLAIN = ("epoch", "sequence", "ordinal", "ts", "kind", "status")


def _filled(table: pa.Table, name: str) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return a column with zeros for its nulls, and which rows have a value."""
    column = table.column(name)
    return column.fill_null(0).to_numpy(), column.is_valid().to_numpy()


def _build(
    sources: tuple[SourceId, ...],
    columns: Mapping[str, NDArray[Any]],
    presence: NDArray[np.uint8],
    text: Sequence[str | None] | None,
) -> SeriesRows:
    """Make rows of stored columns; the text of corrections and refusals is not their value."""
    kind = columns["kind"].astype(np.uint8)
    presence = presence & np.uint8(HAS_MANTISSA | HAS_EXPONENT | HAS_NUMBER | HAS_TEXT)
    presence[(kind == RecordKind.REFUSAL) | (kind == RecordKind.COUNT)] = 0
    texts: NDArray[np.object_] | None = None
    targets: dict[int, Identity] = {}
    if text is not None:
        texts = np.empty(len(text), dtype=np.object_)
        texts[:] = text
        for row in np.flatnonzero(kind == RecordKind.CORRECTION).tolist():
            detail = CorrectionDetail.decode(texts[row] or "")
            targets[row] = Identity(detail.source, detail.epoch, detail.sequence)
            texts[row] = detail.new_text
            if detail.new_text is None:
                presence[row] &= ~np.uint8(HAS_TEXT)
    names = tuple(sorted({*sources, *(target.source for target in targets.values())}))
    rank = np.array([names.index(source) for source in sources], dtype=np.int64)
    return SeriesRows(
        sources=names,
        source=columns["source"] if names == sources else rank[columns["source"]],
        kind=kind,
        form=_FORMS[presence],
        text=texts,
        targets=targets,
        **{name: columns[name].astype(np.int64, copy=False) for name in _WHOLE},
    )


_FORMS = np.zeros(256, dtype=np.uint8)
_FORMS[HAS_MANTISSA | HAS_EXPONENT] = DECIMAL
_FORMS[HAS_MANTISSA | HAS_TEXT] = ENUMERATION
_FORMS[HAS_MANTISSA] = BOOLEAN
_FORMS[HAS_NUMBER] = FLOAT
_FORMS[HAS_TEXT] = TEXT


_WHOLE = ("epoch", "sequence", "ordinal", "ts", "status", "mantissa", "exponent")
"""The columns of int64."""
_JOINED = (*_WHOLE, "kind", "form")


def join(parts: Sequence[SeriesRows]) -> SeriesRows:
    """Put rows together; one that is in several parts is there several times."""
    if len(parts) == 1:
        return parts[0]
    names = tuple(sorted({name for part in parts for name in part.sources}))
    ranks = [np.array([names.index(name) for name in part.sources]) for part in parts]
    offsets = np.cumsum([0, *(len(part) for part in parts)]).tolist()
    has_text = any(part.text is not None for part in parts)
    return SeriesRows(
        sources=names,
        source=_concat([rank[p.source] for rank, p in zip(ranks, parts, strict=True) if len(p)]),
        text=_concat([_texts(part) for part in parts]) if has_text else None,
        targets={
            offset + row: target
            for offset, part in zip(offsets, parts, strict=False)
            for row, target in part.targets.items()
        },
        **{name: _concat([getattr(part, name) for part in parts]) for name in _JOINED},
    )


def _texts(part: SeriesRows) -> NDArray[np.object_]:
    return np.full(len(part), None, dtype=np.object_) if part.text is None else part.text


def _concat(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.int64)


def stamps_by_clock(rows: SeriesRows) -> dict[SourceId, tuple[Instant, Instant]]:
    """Return the first and last stamp by the source whose clock counts, see `shifted`."""
    clock = _clock(rows)
    return {
        rows.sources[number]: (
            Instant(int(rows.ts[clock == number].min())),
            Instant(int(rows.ts[clock == number].max())),
        )
        for number in np.unique(clock).tolist()
    }


def _clock(rows: SeriesRows) -> NDArray[np.int64]:
    """Return whose clock has stamped each row: for a correction, that of what it replaces."""
    return _slots(rows)[0] if rows.targets else rows.source


def shifted(rows: SeriesRows, steps: Iterable[ClockStep]) -> SeriesRows:
    """Return the rows at their true instants: each stamp less the offset of its source's clock.

    A correction stands where the reading that it replaces stands, whoever has recorded it.

    Raises:
        Invalid: when corrections go in a circle.
    """
    of_source: dict[SourceId, list[ClockStep]] = {}
    for step in sorted(steps):
        of_source.setdefault(step.source, []).append(step)
    if not of_source:
        return rows
    clock, ts = _clock(rows), rows.ts.copy()
    for number, source in enumerate(rows.sources):
        own = of_source.get(source, [])
        starts = np.array([step.valid_from for step in own], dtype=np.int64)
        offsets = np.array([0, *(step.offset_us for step in own)], dtype=np.int64)
        is_own = clock == number
        ts[is_own] -= offsets[np.searchsorted(starts, rows.ts[is_own], side="right")]
    return replace(rows, ts=ts)


class MeterInput(msgspec.Struct, frozen=True, eq=False):
    """What a meter reads.

    Attributes:
        rows: every record of the signal that was known, at least as far before and behind the
            period as `Measurement.since` and `until` say; more of them change nothing.
        evidence: the signed blocks that the rows come from.
        known_until: a live source is known to have had nothing to say until then; of several
            signals, the one that is known the least far.
        clock_offsets: by which the stamps of `rows` are true instants already (`shifted`).
        exchanges: recorded exchanges of the meter, beside those in its parameters.
        others: of a meter over several signals, the records of those that are not its own.
        estimates: in force of the meter.
    """

    rows: SeriesRows
    evidence: Evidence = Evidence()
    known_until: Instant | None = None
    clock_offsets: tuple[ClockStep, ...] = ()
    exchanges: tuple[MeterExchange, ...] = ()
    others: Mapping[SignalId, SeriesRows] = msgspec.field(default_factory=dict)
    estimates: tuple[Estimate, ...] = ()

    def of(self, meter: Meter, signal: SignalId) -> SeriesRows:
        """Return the records of a signal of a meter."""
        return self.rows if signal == meter.signal else self.others.get(signal, SeriesRows.of([]))


class Series(msgspec.Struct, frozen=True, eq=False):
    """Rows that count, in time order: those in force, one for each instant, or all that stand.

    Attributes:
        rows: all rows; `row` points into them.
        ts: int64[n], ascending; strictly of the rows in force.
        is_good: bool[n], whether the status is good and there is a value.
    """

    rows: SeriesRows
    row: NDArray[np.int64]
    ts: NDArray[np.int64]
    is_good: NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of rows in force."""
        return len(self.ts)

    def identity(self, place: int) -> Identity:
        """Return the identity of the row in force at a place."""
        return self.rows.identity(int(self.row[place]))

    @property
    def form(self) -> NDArray[np.uint8]:
        """Kind of the value at each place."""
        return self.rows.form[self.row]


def in_force(rows: SeriesRows) -> Series:
    """Choose, for each instant, the reading in force: the last that stands.

    Raises:
        Invalid: when corrections replace each other in a circle.
    """
    found = standing(rows)
    is_last = np.ones(len(found), dtype=np.bool_)
    is_last[:-1] = found.ts[1:] != found.ts[:-1]
    if is_last.all():
        return found
    return Series(rows, found.row[is_last], found.ts[is_last], found.is_good[is_last])


def standing(rows: SeriesRows) -> Series:
    """Return what speaks of the value, in the order of instants and, of one, of identities.

    A reading that a correction names is replaced by it and nothing else; the correction stands in
    its place, at the correction's instant. A status record that is not good ends what was before
    it; a good one, refusals and counts say nothing of the value.

    Raises:
        Invalid: when corrections replace each other in a circle.
    """
    kind, is_good_status = rows.kind, rows.status < GOOD_BELOW
    speaks = (kind == RecordKind.READING) | (kind == RecordKind.CORRECTION)
    speaks |= (kind == RecordKind.STATUS) & ~is_good_status
    slots = (rows.source, rows.epoch, rows.sequence)
    if rows.targets:
        speaks &= ~_replaced(rows)
        slots = _slots(rows)
    chosen = np.flatnonzero(speaks)
    keys = [rows.ts, *slots]
    if rows.targets:
        keys += [rows.source, rows.epoch, rows.sequence]
    if not _is_sorted(key[chosen] for key in keys):
        chosen = chosen[np.lexsort([key[chosen] for key in reversed(keys)])]
    is_good = is_good_status[chosen] & (rows.form[chosen] != NOTHING)
    return Series(rows, chosen, rows.ts[chosen], is_good)


def _is_sorted(keys: Iterable[NDArray[np.int64]]) -> bool:
    """Tell whether rows are in the order of their keys, the first key first: mostly by that one."""
    undecided: Any = np.True_
    for key in keys:
        step = key[1:] - key[:-1]
        if np.any((step < 0) & undecided):
            return False
        undecided = (step == 0) & undecided
        if not np.any(undecided):
            return True
    return True


def _replaced(rows: SeriesRows) -> NDArray[np.bool_]:
    """Tell which rows a correction names."""
    named = set(rows.targets.values())
    result = np.zeros(len(rows), dtype=np.bool_)
    wanted = np.array(sorted({target.sequence for target in named}), dtype=np.int64)
    for row in np.flatnonzero(np.isin(rows.sequence, wanted)).tolist():
        result[row] = rows.identity(row) in named
    return result


def _slots(rows: SeriesRows) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the place of each row among those of its instant; a correction has its target's."""
    source, epoch, sequence = rows.source.copy(), rows.epoch.copy(), rows.sequence.copy()
    targets = {rows.identity(row): target for row, target in rows.targets.items()}
    for row, target in rows.targets.items():
        seen, root = {rows.identity(row)}, target
        while root in targets and root not in seen:
            seen.add(root)
            root = targets[root]
        if root in seen:
            msg = f"the corrections of {'/'.join(map(str, root))} replace each other in a circle"
            raise Invalid(msg)
        source[row] = rows.sources.index(root.source)
        epoch[row], sequence[row] = root.epoch, root.sequence
    return source, epoch, sequence
