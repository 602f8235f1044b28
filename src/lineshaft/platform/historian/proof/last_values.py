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

        Each file is read once, however many series end in it.

        Raises:
            StoreFileDamaged: when a file that may have one cannot be read.
        """
        signals = self._manifest.signals(self._connection, series)
        ends, files = self._ends(signals)
        found: dict[int, StoredReading] = {}
        for file, of_file in files:
            for row in self._state_rows(file, of_file, ends):
                reading = self._reading(row, signals[row["series"]])
                known = found.get(row["series"])
                if known is None or reading.order > known.order:
                    found[row["series"]] = reading
        return {one: self._corrected(one, reading) for one, reading in found.items()}

    def _ends(
        self, series: Iterable[int]
    ) -> tuple[dict[int, int], list[tuple[StoreFile, list[int]]]]:
        """Return the last instant of each series, and which files may have its row."""
        ends: dict[int, int] = {}
        files: dict[int, tuple[StoreFile, list[int]]] = {}
        for one in series:
            zones = self._manifest.zones(self._connection, one)
            instants = zones.entries["last_state_ts"]
            last_ts = int(instants.max(initial=NEVER))
            if last_ts != NEVER:
                ends[one] = last_ts
                for index in np.flatnonzero(instants == last_ts).tolist():
                    file = zones.files[index]
                    files.setdefault(file.id, (file, []))[1].append(one)
        return ends, list(files.values())

    def _state_rows(
        self, file: StoreFile, of_file: list[int], ends: dict[int, int]
    ) -> list[dict[str, Any]]:
        rows = self._files.read([file])
        wanted = np.array(sorted(of_file))
        series, ts = columns.array(rows, "series"), columns.array(rows, "ts")
        is_wanted = np.isin(series, wanted) & columns.is_state(columns.array(rows, "kind"))
        last = np.array([ends[one] for one in wanted.tolist()])
        place = np.minimum(np.searchsorted(wanted, series), len(wanted) - 1)
        return _dicts(rows, is_wanted & (ts == last[place]))

    def _corrected(self, series: int, reading: StoredReading) -> StoredReading:
        instant = Period(reading.ts, Instant(reading.ts + 1))
        if not self._manifest.corrected_hours(self._connection, series, instant):
            return reading
        hour = reading.ts // US_PER_HOUR
        rows = self._files.read(self._manifest.files(self._connection, (hour, hour)))
        is_correction = columns.array(rows, "kind") == RecordKind.CORRECTION
        is_correction &= columns.array(rows, "series") == series
        entries = [_entry(row, reading.signal) for row in _dicts(rows, is_correction)]
        entries.sort(key=self._known_at)
        changed = latest.corrected({series: reading}, latest.corrections_of(entries))
        return changed.get(series, reading)

    def _known_at(self, entry: RecordEntry) -> tuple[Instant, int]:
        source, sequence = entry.source_epoch, entry.sequence
        number = self._manifest.number_of(self._connection, source, sequence) or 0
        (header,) = self._manifest.headers(self._connection, source, number, number)
        return header.known_at, sequence

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
