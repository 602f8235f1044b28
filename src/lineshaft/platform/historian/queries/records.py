"""Stored records for other programs: plain Arrow and Parquet, in bounded memory."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lineshaft.core.period import Instant
from lineshaft.core.reading import RecordKind, SignalId, machine_of, name_of
from lineshaft.infrastructure.files import durable_file, make_dir
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.queries.model import ExportQuery

ROW_GROUP_ROWS = 500_000
"""Rows that wait in memory for their row group."""
_INSTANT = pa.timestamp("us", "UTC")
READING_SCHEMA = pa.schema(
    [
        pa.field("signal", pa.string(), nullable=False),
        pa.field("ts", _INSTANT, nullable=False),
        pa.field("own_ts", _INSTANT),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("status", pa.uint32(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("mantissa", pa.int64()),
        pa.field("exponent", pa.int8()),
        pa.field("text", pa.string()),
        pa.field("source", pa.string(), nullable=False),
        pa.field("epoch", pa.uint32(), nullable=False),
        pa.field("sequence", pa.uint64(), nullable=False),
    ]
)
"""The columns of readings in Arrow: `value` is the nearest float64, mantissa and exponent exact."""

_KINDS = pa.array([kind.name.lower() for kind in RecordKind])


def to_arrow(rows: pa.Table, signals: pa.Array) -> pa.Table:
    """Return records (`RANGE_SCHEMA`) as `READING_SCHEMA`; `signals` has the signal of each."""
    value, has_value = columns.numeric(rows)
    given = {
        "signal": signals,
        "ts": rows.column("ts").cast(_INSTANT),
        "own_ts": rows.column("own_ts").cast(_INSTANT),
        "kind": _KINDS.take(pa.array(columns.array(rows, "kind"))),
        "value": pa.array(np.where(has_value, value, 0.0), mask=~has_value),
    }
    arrays = [given.get(name) or rows.column(name) for name in READING_SCHEMA.names]
    return pa.table(arrays, schema=READING_SCHEMA)


class ExportPiece(msgspec.Struct, frozen=True):
    """Some records of one signal, as `READING_SCHEMA`.

    Attributes:
        share: how much of the export is done with them, from 0 to 1.
    """

    signal: SignalId
    table: pa.Table
    share: float


def export_pieces(
    query: ExportQuery, stream: Callable[[SignalId], Iterator[pa.Table]]
) -> Iterator[ExportPiece]:
    """Yield the records of all signals, one signal after the other.

    Args:
        query: what.
        stream: returns the records of a signal in pieces (`RANGE_SCHEMA`).
    """
    for done, signal in enumerate(query.signals):
        for rows in stream(signal):
            last = int(columns.array(rows, "ts")[-1])
            inside = (last - query.period.start) / query.period.duration_us
            table = to_arrow(rows, pa.repeat(signal, rows.num_rows))
            yield ExportPiece(signal, table, (done + inside) / len(query.signals))
        yield ExportPiece(signal, READING_SCHEMA.empty_table(), (done + 1) / len(query.signals))


class _Pipe:
    """A file that is only written, whose bytes are taken out as they come."""

    closed = False

    def __init__(self) -> None:
        self._waiting: list[bytes] = []
        self._position = 0

    def write(self, data: bytes) -> int:
        copied = bytes(data)
        self._waiting.append(copied)
        self._position += len(copied)
        return len(copied)

    def tell(self) -> int:
        return self._position

    def flush(self) -> None:
        """Keep nothing back."""

    def take(self) -> bytes:
        data, self._waiting = b"".join(self._waiting), []
        return data


Seen = Callable[[ExportPiece], None]


def _unseen(_: ExportPiece) -> None:
    """Tell nobody."""


def _told(pieces: Iterator[ExportPiece], seen: Seen) -> Iterator[ExportPiece]:
    for piece in pieces:
        yield piece
        seen(piece)


def parquet_chunks(pieces: Iterable[ExportPiece]) -> Iterator[bytes]:
    """Yield records as one Parquet file; a row group is held in memory, not the file."""
    pipe = _Pipe()
    with pq.ParquetWriter(pipe, READING_SCHEMA, compression="zstd") as writer:
        waiting: list[pa.Table] = []
        for piece in pieces:
            waiting.append(piece.table)
            if sum(table.num_rows for table in waiting) >= ROW_GROUP_ROWS:
                writer.write_table(pa.concat_tables(waiting))
                waiting = []
            yield pipe.take()
        if waiting:
            writer.write_table(pa.concat_tables(waiting))
    yield pipe.take()


def write_directory(pieces: Iterator[ExportPiece], directory: Path) -> list[Path]:
    """Write a Parquet file `<machine>/<name>.parquet` for each signal, and return their paths.

    A file has its name only when it is whole; characters that a file name cannot have are written
    as `%` and two digits.

    Raises:
        OSError: when the disk refuses.
    """
    paths: list[Path] = []
    for signal, group in groupby(pieces, key=lambda piece: piece.signal):
        path = directory / machine_of(signal) / f"{quote(name_of(signal), safe='')}.parquet"
        make_dir(path.parent)
        with durable_file(path) as file:
            for chunk in parquet_chunks(group):
                file.write(chunk)
        paths.append(path)
    return paths


class Export(msgspec.Struct, frozen=True):
    """An export under way, as the historian knew it at one instant; it can be written once."""

    known_at: Instant
    pieces: Iterator[ExportPiece]

    def parquet(self, seen: Seen = _unseen) -> Iterator[bytes]:
        """Yield it as one Parquet file; `seen` is told of each piece that was written."""
        return parquet_chunks(_told(self.pieces, seen))

    def write_directory(self, directory: Path, seen: Seen = _unseen) -> list[Path]:
        """Write a Parquet file for each signal, see `write_directory`."""
        return write_directory(_told(self.pieces, seen), directory)
