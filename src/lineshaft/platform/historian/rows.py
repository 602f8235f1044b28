"""Rows of the manifest to the model and back."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lineshaft.core.period import Instant
from lineshaft.core.reading import RecordKind, SignalId, SourceId
from lineshaft.core.segment.header import Header
from lineshaft.core.value import Columns
from lineshaft.platform.historian.model import (
    ZONE_DTYPE,
    Mark,
    SourceEpoch,
    StoredHeader,
    StoredReading,
    StoreFile,
    ZoneRows,
)


def to_source_epoch(row: Any) -> SourceEpoch:
    """Read a source and epoch."""
    mark = Mark(row.number, row.sequence, row.header_hash)
    return SourceEpoch(row.id, SourceId(row.source), row.epoch, mark, Instant(row.known_at))


def to_header(row: Any) -> StoredHeader:
    """Read a stored header."""
    return StoredHeader(Header.decode(row.header), row.header, row.signature, row.known_at)


def zone_rows(rows: Sequence[Any], series: int) -> ZoneRows:
    """Pick the entries of one series out of the parts that may have it."""
    entries = np.frombuffer(b"".join(row[-1] for row in rows), dtype=ZONE_DTYPE)
    lengths = [len(row[-1]) // ZONE_DTYPE.itemsize for row in rows]
    owner = np.repeat(np.arange(len(rows)), lengths)
    chosen = entries["series"] == series
    files = [StoreFile(*rows[index][:-1]) for index in owner[chosen].tolist()]
    return ZoneRows(files, entries[chosen])


def to_reading(row: Any) -> StoredReading:
    """Read a last reading."""
    return StoredReading(
        signal=SignalId(row.signal),
        ts=Instant(row.ts),
        source=SourceId(row.source),
        epoch=row.epoch,
        sequence=row.sequence,
        ordinal=row.ordinal,
        kind=RecordKind(row.kind),
        status=row.status,
        columns=Columns(row.mantissa, row.exponent, row.number, row.text),
        own_ts=row.own_ts,
    )


def latest_row(series: int, reading: StoredReading) -> dict[str, Any]:
    """Return the last reading of a series as a row."""
    columns = reading.columns
    return {
        "series": series,
        "source": reading.source,
        "epoch": reading.epoch,
        "sequence": reading.sequence,
        "ordinal": reading.ordinal,
        "ts": reading.ts,
        "own_ts": reading.own_ts,
        "kind": int(reading.kind),
        "status": reading.status,
        "mantissa": columns.mantissa,
        "exponent": columns.exponent,
        "number": columns.number,
        "text": columns.text,
    }


def row_reading(row: dict[str, Any], signal: SignalId, source: SourceEpoch) -> StoredReading:
    """Read a row of a store file."""
    return StoredReading(
        signal=signal,
        ts=Instant(row["ts"]),
        source=source.source,
        epoch=source.epoch,
        sequence=row["sequence"],
        ordinal=row["ordinal"],
        kind=RecordKind(row["kind"]),
        status=row["status"],
        columns=Columns(row["mantissa"], row["exponent"], row["number"], row["text"]),
        own_ts=row["own_ts"],
    )
