"""Files as blocks of rows, from any place on, with bounded memory.

Where a block ends follows from the file alone, never from how it is read: a resumed import meets
the same blocks.
"""

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from lineshaft.network.backfill.errors import FileUnreadable

BLOCK_BYTES = 4 * 1024 * 1024
"""Of a CSV file, at once; also the longest line."""
BLOCK_ROWS = 100_000
"""Of a Parquet file, at once."""
_HASHED_BYTES = 8 * 1024 * 1024
_QUOTE, _NEWLINE = b'"', b"\n"
_MARK = b"\xef\xbb\xbf"


class Place(msgspec.Struct, frozen=True):
    """Where a block begins: byte of a CSV file or row of a Parquet file, and the row's number."""

    offset: int
    row: int


class FileFacts(msgspec.Struct, frozen=True):
    """What a file is: enough to know it again."""

    sha256: str
    size: int
    rows: int


class BadRow(NamedTuple):
    """A row that has no columns to look at."""

    row: int
    reason: str


class Block(msgspec.Struct, frozen=True):
    """Some rows of a file.

    Attributes:
        place: where it begins.
        table: the columns that are read; texts where the file is CSV.
        rows: int64[n], numbers of the table's rows in the file.
        bad: rows that are not in the table.
        raw: returns the bytes of a row as it stands in the file.
    """

    place: Place
    table: pa.Table
    rows: NDArray[np.int64]
    bad: Sequence[BadRow]
    raw: Callable[[int], bytes]


class TableFile(Protocol):
    """A file of rows."""

    word: str
    """What a row is called there."""
    names: tuple[str, ...]
    """Its columns."""

    def facts(self) -> FileFacts:
        """Read all of it once, to know it again.

        Raises:
            OSError: when the disk refuses.
        """
        ...

    def is_changed(self) -> bool:
        """Tell whether somebody has written to it since `facts`."""
        ...

    def blocks(self, columns: Sequence[str], start: Place | None) -> Iterator[Block]:
        """Yield its rows from a place on.

        Raises:
            FileUnreadable: when it is damaged.
        """
        ...


def open_file(path: Path, delimiter: str) -> TableFile:
    """Open a file by the end of its name.

    Raises:
        FileUnreadable: when it is neither CSV nor Parquet.
        OSError: when it is not there, or may not be read.
    """
    match path.suffix.lower():
        case ".csv" | ".txt" | ".tsv":
            return CsvFile(path, delimiter)
        case ".parquet" | ".pq":
            return ParquetFile(path)
        case _:
            msg = f"cannot import {path}: expected a name that ends in .csv or .parquet"
            raise FileUnreadable(msg)


class _Seen:
    """A file on the disk as it was when it was read whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stat = self._present()

    def _present(self) -> tuple[int, int]:
        stat = self._path.stat()
        return stat.st_size, stat.st_mtime_ns

    def sha256(self, look: Callable[[bytes], None] = lambda _: None) -> str:
        """Return the hash; `look` is shown every piece."""
        self._stat = self._present()
        digest = hashlib.sha256()
        with self._path.open("rb") as file:
            while piece := file.read(_HASHED_BYTES):
                digest.update(piece)
                look(piece)
        return digest.hexdigest()

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._stat[0]

    def is_changed(self) -> bool:
        """Tell whether somebody has written to it since."""
        return self._present() != self._stat


class CsvFile:
    """A CSV file in UTF-8 (RFC 4180): a header, then a row per line; quotes end on their line."""

    word = "line"

    def __init__(self, path: Path, delimiter: str) -> None:
        """Read the header.

        Raises:
            FileUnreadable: when there is none.
        """
        self._path, self._delimiter = path, delimiter
        self._seen = _Seen(path)
        self.is_changed = self._seen.is_changed
        with path.open("rb") as file:
            line = file.readline(BLOCK_BYTES)
        self._start = Place(len(line), 2)
        try:
            text = line.removeprefix(_MARK).decode()
            header = next(csv.reader([text], delimiter=delimiter, strict=True), [])
        except (csv.Error, UnicodeDecodeError) as error:
            msg = f"{path.name} line 1: expected the names of columns: {error}"
            raise FileUnreadable(msg) from error
        if not any(header):
            msg = f"{path.name} line 1: expected the names of columns, separated by {delimiter!r}"
            raise FileUnreadable(msg)
        self.names = tuple(header)

    def facts(self) -> FileFacts:
        """Hash it and count its lines."""
        count, last = 0, b"\n"

        def look(piece: bytes) -> None:
            nonlocal count, last
            count += piece.count(_NEWLINE)
            last = piece[-1:]

        digest = self._seen.sha256(look)
        lines = count + (last != _NEWLINE)
        return FileFacts(digest, self._seen.size, max(0, lines - 1))

    def blocks(self, columns: Sequence[str], start: Place | None) -> Iterator[Block]:
        """Yield its rows from a place on.

        Raises:
            FileUnreadable: for a line that is longer than a block.
        """
        place = start or self._start
        with self._path.open("rb") as file:
            file.seek(place.offset)
            while piece := file.read(BLOCK_BYTES):
                end = piece.rfind(_NEWLINE) + 1
                if len(piece) < BLOCK_BYTES:
                    end = len(piece)
                if not end:
                    msg = f"{self._path.name} line {place.row}: longer than {BLOCK_BYTES} bytes"
                    raise FileUnreadable(msg)
                data = piece[:end]
                ends = _line_ends(data)
                yield self._block(place, data, ends, columns)
                place = Place(place.offset + end, place.row + len(ends))
                file.seek(place.offset)

    def _block(
        self, place: Place, data: bytes, ends: NDArray[np.int64], columns: Sequence[str]
    ) -> Block:
        starts = np.concatenate(([0], ends[:-1] + 1))

        def raw(row: int) -> bytes:
            line = row - place.row
            return data[starts[line] : ends[line]].rstrip(b"\r")

        bad = [*_unclosed(data, starts, ends), *_not_utf8(data, starts, ends)]
        clean = _blanked(data, starts, ends, [line for line, _ in bad])
        wrong: list[tuple[int, str]] = []
        table = self._parsed(clean, columns, wrong)
        is_there = np.ones(len(ends), np.bool_)
        is_there[[line for line, _ in wrong]] = False
        empty = _empty(data, starts, ends)
        kept = is_there.copy()
        kept[empty] = False
        kept[[line for line, _ in bad]] = False
        if not kept.all():
            table = table.filter(pa.array(kept[is_there]))
        return Block(
            place,
            table,
            np.flatnonzero(kept) + place.row,
            [
                BadRow(place.row + line, why)
                for line, why in sorted({**dict(wrong), **dict(bad)}.items())
            ],
            raw,
        )

    def _parsed(
        self, data: bytes, columns: Sequence[str], wrong: list[tuple[int, str]]
    ) -> pa.Table:
        """Parse lines as texts; those with another number of columns are noted in `wrong`."""

        def note(row: pa_csv.InvalidRow) -> str:
            why = f"{row.actual_columns} columns: expected {row.expected_columns}"
            wrong.append((row.number - 1, why))
            return "skip"

        convert = dict.fromkeys(columns, pa.string())
        return pa_csv.read_csv(
            pa.BufferReader(data),
            read_options=pa_csv.ReadOptions(
                use_threads=False, block_size=2 * BLOCK_BYTES, column_names=list(self.names)
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=self._delimiter,
                ignore_empty_lines=False,
                invalid_row_handler=note,
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=convert,
                include_columns=list(columns),
                check_utf8=False,
                strings_can_be_null=False,
                null_values=[],
            ),
        )


def _line_ends(data: bytes) -> NDArray[np.int64]:
    """Return where each line ends: at its newline, or behind the last byte."""
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == _NEWLINE[0])
    if not data.endswith(_NEWLINE):
        ends = np.append(ends, len(data))
    return ends


def _empty(data: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the lines without anything in them."""
    short = np.flatnonzero(ends - starts <= 1)
    return np.array(
        [line for line in short.tolist() if data[starts[line] : ends[line]] in {b"", b"\r"}],
        dtype=np.int64,
    )


def _unclosed(
    data: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> list[tuple[int, str]]:
    """Return the lines with an odd number of quotes: they would swallow those behind them."""
    if _QUOTE not in data:
        return []
    quotes = np.flatnonzero(np.frombuffer(data, np.uint8) == _QUOTE[0])
    counts = np.searchsorted(quotes, ends) - np.searchsorted(quotes, starts)
    return [
        (line, "a quote does not end on its line") for line in np.flatnonzero(counts % 2).tolist()
    ]


def _not_utf8(
    data: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> list[tuple[int, str]]:
    if data.isascii():
        return []
    try:
        data.decode()
    except UnicodeDecodeError:
        found = []
        for line, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
            try:
                data[start:end].decode()
            except UnicodeDecodeError:
                found.append((line, "bytes that are no UTF-8"))
        return found
    return []


def _blanked(
    data: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64], lines: Sequence[int]
) -> bytes:
    """Return the data with nothing in some lines, so that all others keep their numbers."""
    if not lines:
        return data
    pieces, at = [], 0
    for line in sorted(set(lines)):
        pieces.append(data[at : starts[line]])
        at = int(ends[line])
    return b"".join([*pieces, data[at:]])


class ParquetFile:
    """A Parquet file."""

    word = "row"

    def __init__(self, path: Path) -> None:
        """Read its schema.

        Raises:
            FileUnreadable: when it is no Parquet file.
        """
        self._path = path
        self._seen = _Seen(path)
        self.is_changed = self._seen.is_changed
        try:
            self._metadata = pq.read_metadata(path)
        except pa.ArrowException as error:
            msg = f"cannot read {path} as Parquet: {error}"
            raise FileUnreadable(msg) from error
        self.names = tuple(self._metadata.schema.to_arrow_schema().names)

    def facts(self) -> FileFacts:
        """Hash it."""
        digest = self._seen.sha256()
        return FileFacts(digest, self._seen.size, self._metadata.num_rows)

    def blocks(self, columns: Sequence[str], start: Place | None) -> Iterator[Block]:
        """Yield its rows from a place on, row group by row group.

        Raises:
            FileUnreadable: when it is damaged.
        """
        first = start.offset if start else 0
        try:
            with pq.ParquetFile(self._path) as file:
                at = 0
                for group in range(file.num_row_groups):
                    count = self._metadata.row_group(group).num_rows
                    if at + count > first:
                        yield from self._group(file, group, at, (columns, first))
                    at += count
        except pa.ArrowException as error:
            msg = f"cannot read {self._path}: {error}"
            raise FileUnreadable(msg) from error

    def _group(
        self, file: pq.ParquetFile, group: int, at: int, wanted: tuple[Sequence[str], int]
    ) -> Iterator[Block]:
        columns, first = wanted
        batches = file.iter_batches(BLOCK_ROWS, row_groups=[group], columns=list(columns))
        for batch in batches:
            if at >= first and batch.num_rows:
                table = pa.Table.from_batches([batch])
                yield _parquet_block(at, _plain_columns(table))
            at += batch.num_rows


def _plain_columns(table: pa.Table) -> pa.Table:
    """Return texts as one type of text, whatever way they are stored."""
    for place, column in enumerate(table.columns):
        value_type = column.type
        if pa.types.is_dictionary(value_type):
            value_type = value_type.value_type
        is_text = pa.types.is_large_string(value_type) or pa.types.is_string_view(value_type)
        wanted = pa.string() if is_text else value_type
        if wanted != column.type:
            table = table.set_column(place, table.column_names[place], column.cast(wanted))
    return table


def _parquet_block(at: int, table: pa.Table) -> Block:
    def raw(row: int) -> bytes:
        (content,) = table.slice(row - 1 - at, 1).to_pylist()
        return json.dumps(content, default=str, ensure_ascii=False).encode()

    numbers = np.arange(at + 1, at + 1 + table.num_rows)
    return Block(Place(at, at + 1), table, numbers, (), raw)
