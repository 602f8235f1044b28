"""Which reading of a series is the last in force: pure."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from msgspec.structs import replace

from lineshaft.core.errors import Invalid
from lineshaft.core.reading import RecordKind
from lineshaft.core.segment.detail import CorrectionDetail
from lineshaft.core.value import Columns
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.model import RecordEntry, StoredReading


def to_columns(row: dict[str, object]) -> Columns:
    """Return the value of a row of `columns.SCHEMA`."""
    return Columns(row["mantissa"], row["exponent"], row["number"], row["text"])  # type: ignore[arg-type]


def last_rows(table: pa.Table) -> pa.Table:
    """Return the last state row of each series of sorted rows."""
    rows = np.flatnonzero(columns.is_state(columns.array(table, "kind")))
    series = columns.array(table, "series")[rows]
    is_last = np.r_[series[1:] != series[:-1], True] if len(rows) else np.zeros(0, dtype=np.bool_)
    return table.take(pa.array(rows[is_last]))


def corrected(
    known: dict[int, StoredReading], corrections: Iterable[tuple[RecordEntry, CorrectionDetail]]
) -> dict[int, StoredReading]:
    """Return the last readings that corrections change, by series.

    Args:
        known: the last readings, those of the same commit included.
        corrections: of the commit; one counts where it names the last reading of its series.
    """
    changed: dict[int, StoredReading] = {}
    for entry, detail in corrections:
        last = changed.get(entry.series) or known.get(entry.series)
        target = (detail.source, detail.epoch, detail.sequence)
        if last is not None and (last.source, last.epoch, last.sequence) == target:
            value = replace(entry.columns, text=detail.new_text)
            changed[entry.series] = replace(last, columns=value, status=entry.status)
    return changed


def corrections_of(
    entries: Iterable[RecordEntry],
) -> list[tuple[RecordEntry, CorrectionDetail]]:
    """Return the corrections among entries with what they say; an unreadable one says nothing."""
    found = []
    for entry in entries:
        if entry.kind is RecordKind.CORRECTION:
            try:
                found.append((entry, CorrectionDetail.decode(entry.columns.text or "")))
            except Invalid:
                continue
    return found
