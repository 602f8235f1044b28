"""Reads recorded usage events back: what is kept of their ids, with the rows of their records."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from lineshaft.core.period import Instant
from lineshaft.core.value import Columns
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.model import US_PER_HOUR, StoreFile
from lineshaft.platform.historian.ports import Manifest
from lineshaft.platform.historian.queries.scan import Scanner, with_present_files
from lineshaft.platform.historian.usage.model import KeptEvent, StoredUsage


class StoredEvents:
    """Finds the records of events; safe to share between threads."""

    def __init__(self, database: Database, manifest: Manifest, files: StoreFiles) -> None:
        """Look into the files that the manifest lists."""
        self._database, self._manifest = database, manifest
        self._scanner = Scanner(files)

    def of(self, kept: Sequence[KeptEvent]) -> list[StoredUsage]:
        """Return events with their content, in the given order."""
        return with_present_files(lambda: self._of(kept))

    def _of(self, kept: Sequence[KeptEvent]) -> list[StoredUsage]:
        rows: dict[tuple[int, int], dict[str, Any]] = {}
        with self._database.read() as connection:
            in_order = sorted(kept, key=attrgetter("source_epoch", "sequence"))
            for source_epoch, group in groupby(in_order, key=attrgetter("source_epoch")):
                sequences = [one.sequence for one in group]
                files = self._files(connection, source_epoch, sequences)
                marks = ", ".join("?" * len(sequences))
                where = f"source_epoch = ? AND sequence IN ({marks})"
                found = self._scanner.rows(files, where, (source_epoch, *sequences))
                rows |= {(source_epoch, row["sequence"]): row for row in found.to_pylist()}
            signals = self._manifest.signals(connection, {row["series"] for row in rows.values()})
        return [_event(one, rows.get((one.source_epoch, one.sequence)), signals) for one in kept]

    def _files(
        self, connection: sa.Connection, source_epoch: int, sequences: Sequence[int]
    ) -> list[StoreFile]:
        """Return the files that may hold records, by the headers of their segments."""
        manifest = self._manifest
        files: dict[str, StoreFile] = {}
        covered = 0
        for sequence in sequences:
            if sequence <= covered:
                continue
            number = manifest.number_of(connection, source_epoch, sequence) or 0
            header = manifest.headers(connection, source_epoch, number, number)[0].header
            covered = header.last_sequence
            hours = header.min_ts // US_PER_HOUR, header.max_ts // US_PER_HOUR
            span = header.first_sequence, header.last_sequence
            files |= {one.path: one for one in manifest.files(connection, hours, span)}
        return list(files.values())


def _event(kept: KeptEvent, row: dict[str, Any] | None, signals: dict[int, Any]) -> StoredUsage:
    if row is None:
        return StoredUsage(kept.id, kept.place, kept.is_refused)
    columns = Columns(row["mantissa"], row["exponent"], row["number"], row["text"])
    signal = signals[row["series"]]
    return StoredUsage(kept.id, kept.place, kept.is_refused, signal, Instant(row["ts"]), columns)
