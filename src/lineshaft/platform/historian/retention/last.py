"""The last value of a series once the one that was last is deleted."""

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from msgspec.structs import replace

from lineshaft.core.errors import Invalid
from lineshaft.core.reading import RecordKind, SignalId
from lineshaft.core.segment.detail import CorrectionDetail
from lineshaft.core.value import Columns
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.model import NEVER, SourceEpoch, StoredReading, StoreFile
from lineshaft.platform.historian.ports import Manifest
from lineshaft.platform.historian.queries.scan import Scanner
from lineshaft.platform.historian.rows import row_reading


def last_in_force(
    connection: sa.Connection, manifest: Manifest, scanner: Scanner, series: int
) -> StoredReading | None:
    """Return the last state row of a series with the value that corrections gave it, or None.

    Args:
        connection: sees the files as they are after the deletion.
        manifest: of the store.
        scanner: reads the files.
        series: number of the signal.
    """
    zones = manifest.zones(connection, series)
    last = int(zones.entries["last_state_ts"].max(initial=NEVER))
    if last == NEVER:
        return None
    chosen = (zones.entries["first_ts"] <= last) & (zones.entries["last_ts"] >= last)
    files: list[StoreFile] = [zones.files[index] for index in np.flatnonzero(chosen).tolist()]
    rows = scanner.rows(files, "series = ? AND ts = ?", (series, last))
    sources = manifest.source_epochs(connection)
    rows = columns.ordered(rows, columns.ranks(sources))
    signal = manifest.signals(connection, [series])[series]
    return _corrected(_last_state(rows, signal, sources), rows)


def _last_state(rows: pa.Table, signal: SignalId, sources: list[SourceEpoch]) -> StoredReading:
    states = np.flatnonzero(columns.is_state(columns.array(rows, "kind")))
    row = rows.slice(int(states[-1]), 1).to_pylist()[0]
    source = next(one for one in sources if one.id == row["source_epoch"])
    return row_reading(row, signal, source)


def _corrected(reading: StoredReading, rows: pa.Table) -> StoredReading:
    identity = reading.source, reading.epoch, reading.sequence
    for row in rows.to_pylist():
        if row["kind"] != RecordKind.CORRECTION:
            continue
        try:
            detail = CorrectionDetail.decode(row["text"] or "")
        except Invalid:
            continue
        if (detail.source, detail.epoch, detail.sequence) == identity:
            value = replace(_columns(row), text=detail.new_text)
            reading = replace(reading, columns=value, status=row["status"])
    return reading


def _columns(row: dict[str, object]) -> Columns:
    return Columns(row["mantissa"], row["exponent"], row["number"], row["text"])  # type: ignore[arg-type]
