"""The table of last values, made again from the store files."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import RecordKind, SignalId
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.intake import latest
from lineshaft.platform.historian.model import (
    NEVER,
    US_PER_HOUR,
    RecordEntry,
    SourceEpoch,
    StoredReading,
    StoreFile,
)
from lineshaft.platform.historian.ports import Manifest


class LastValues:
    """Finds the last state row in force of series, within one transaction."""

    def __init__(self, connection: sa.Connection, manifest: Manifest, files: StoreFiles) -> None:
        """Read the manifest through `connection`."""
        self._connection, self._manifest, self._files = connection, manifest, files
        self._sources = {one.id: one for one in manifest.source_epochs(connection)}

    def of(self, series: Iterable[int]) -> dict[int, StoredReading]:
        """Return the last state row in force of each series that has one.

        Raises:
            StoreFileDamaged: when a file that may have it cannot be read.
        """
        signals = self._manifest.signals(self._connection, series)
        found = {one: self._last(one, signal) for one, signal in signals.items()}
        return {one: reading for one, reading in found.items() if reading is not None}

    def _last(self, series: int, signal: SignalId) -> StoredReading | None:
        zones = self._manifest.zones(self._connection, series)
        instants = zones.entries["last_state_ts"]
        last_ts = int(instants.max(initial=NEVER))
        if last_ts == NEVER:
            return None
        files = [zones.files[index] for index in np.flatnonzero(instants == last_ts).tolist()]
        rows = self._rows(files, series)
        chosen = columns.is_state(columns.array(rows, "kind")) & (
            columns.array(rows, "ts") == last_ts
        )
        readings = [self._reading(row, signal) for row in _dicts(rows, chosen)]
        return self._corrected(series, max(readings, key=lambda one: one.order))

    def _corrected(self, series: int, reading: StoredReading) -> StoredReading:
        instant = Period(reading.ts, Instant(reading.ts + 1))
        hours = self._manifest.corrected_hours(self._connection, series, instant)
        if not hours:
            return reading
        hour = reading.ts // US_PER_HOUR
        rows = self._rows(self._manifest.files(self._connection, (hour, hour)), series)
        is_correction = columns.array(rows, "kind") == RecordKind.CORRECTION
        entries = [_entry(row, reading.signal) for row in _dicts(rows, is_correction)]
        entries.sort(key=self._known_at)
        changed = latest.corrected({series: reading}, latest.corrections_of(entries))
        return changed.get(series, reading)

    def _known_at(self, entry: RecordEntry) -> tuple[Instant, int]:
        source, sequence = entry.source_epoch, entry.sequence
        number = self._manifest.number_of(self._connection, source, sequence) or 0
        (header,) = self._manifest.headers(self._connection, source, number, number)
        return header.known_at, sequence

    def _rows(self, files: list[StoreFile], series: int) -> pa.Table:
        table = self._files.read(files)
        return table.filter(pa.array(columns.array(table, "series") == series))

    def _reading(self, row: dict[str, Any], signal: SignalId) -> StoredReading:
        source: SourceEpoch = self._sources[row["source_epoch"]]
        return StoredReading(
            signal=signal,
            ts=row["ts"],
            source=source.source,
            epoch=source.epoch,
            sequence=row["sequence"],
            ordinal=row["ordinal"],
            kind=RecordKind(row["kind"]),
            status=row["status"],
            columns=latest.to_columns(row),
            own_ts=row["own_ts"],
        )


def _entry(row: dict[str, Any], signal: SignalId) -> RecordEntry:
    return RecordEntry(
        kind=RecordKind.CORRECTION,
        source_epoch=row["source_epoch"],
        sequence=row["sequence"],
        series=row["series"],
        signal=signal,
        ts=row["ts"],
        status=row["status"],
        columns=latest.to_columns(row),
    )


def _dicts(rows: pa.Table, chosen: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = rows.filter(pa.array(chosen)).to_pylist()
    return found
