"""Read typed tables from CSV files of a folder, or from the sheets of an Excel workbook.

All that is wrong is collected, so that somebody who fills in the files sees it in one go.
"""

import csv
import datetime as dt
import hashlib
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from lineshaft.valuechain.libraries import needed
from lineshaft.valuechain.tables.errors import Problem, TablesInvalid, TooManyProblems
from lineshaft.valuechain.tables.model import REFUSED, Column, TypedTable

ROWS_MAX = 500_000
"""Rows of one table below its header."""
FILE_BYTES_MAX = 256 * 1024 * 1024
PROBLEMS_MAX = 100
CELL_CHARACTERS_MAX = 80
"""Of a cell that is quoted in a problem."""
PROGRESS_ROWS = 20_000
WORKBOOK_DIGITS = 15
"""Significant digits of a number that Excel keeps."""

Shown = Callable[[str, int, int], None]
Row = tuple[int, Sequence[str]]


class Problems(msgspec.Struct):
    """What was found wrong so far; at `PROBLEMS_MAX` reading ends."""

    found: list[Problem] = msgspec.field(default_factory=list)

    def add(self, file: str, row: int, column: str, value: str, expected: str) -> None:
        """Note one.

        Raises:
            TooManyProblems: at the maximum.
        """
        self.found.append(Problem(file, row, column, value[:CELL_CHARACTERS_MAX], expected))
        if len(self.found) >= PROBLEMS_MAX:
            raise TooManyProblems(self.found, is_cut=True)

    def refuse(self) -> None:
        """Refuse what was read, if anything is wrong.

        Raises:
            TablesInvalid: with all of it.
        """
        if self.found:
            raise TablesInvalid(self.found)


class ReadTable(msgspec.Struct, frozen=True):
    """The rows of a table with their numbers, and the file that they came from."""

    file: str
    numbered: tuple[tuple[int, Any], ...]

    @property
    def rows(self) -> tuple[Any, ...]:
        """The rows alone."""
        return tuple(row for _, row in self.numbered)


class ReadTables(msgspec.Struct):
    """What was read, and what is wrong with it.

    Attributes:
        tables: by name; one that is not there has no rows.
        inputs: SHA-256 of each file that was read, by its name.
    """

    problems: Problems = msgspec.field(default_factory=Problems)
    tables: dict[str, ReadTable] = msgspec.field(default_factory=dict)
    inputs: dict[str, str] = msgspec.field(default_factory=dict)

    def rows(self) -> dict[str, tuple[Any, ...]]:
        """Return the rows of each table, or refuse them all when anything is wrong.

        Raises:
            TablesInvalid: with all that is wrong.
        """
        self.problems.refuse()
        return {name: table.rows for name, table in self.tables.items()}


def no_progress(what: str, done: int, total: int) -> None:
    """Show nothing."""


def read_tables(
    source: Path, tables: Sequence[TypedTable], show: Shown = no_progress
) -> ReadTables:
    """Read tables, and check that each reference is to a row that is there.

    The caller may add problems of its own before it takes the rows.

    Args:
        source: a folder of CSV files, or an Excel workbook.
        tables: what refers comes after what it names.
        show: told what is read, how many rows are done, of how many (0: not known).

    Raises:
        TooManyProblems: at `PROBLEMS_MAX`.
        TablesInvalid: for a source that is not there, no workbook, or too large.
        ExtraMissing: for a workbook without the extra that reads it.
    """
    read = ReadTables()
    if not source.exists():
        expected = "expected a folder of CSV files, or an Excel workbook"
        raise TablesInvalid([Problem(source.name, 1, "", "", expected)])
    book = _Workbook(source) if source.suffix.lower() == ".xlsx" else None
    for table in tables:
        read.tables[table.name] = _read_table((source, book), table, (read, show))
    if book:
        book.close()
    for table in tables:
        _check_references(read, table)
    return read


def _read_table(
    place: tuple[Path, "_Workbook | None"], table: TypedTable, kept: tuple[ReadTables, Shown]
) -> ReadTable:
    (source, book), (read, show) = place, kept
    path = source if book else source / f"{table.name}.csv"
    file = f"{source.name}:{table.name}" if book else path.name
    lines = book.lines(table) if book else _csv_lines(path, read.problems)
    if lines is None:
        if table.is_required:
            read.problems.add(file, 1, "", "", "expected this table")
        return ReadTable(file, ())
    read.inputs[path.name] = _sha256(path)
    rows = _rows(table, file, _counted(lines, table.name, show), read.problems)
    return ReadTable(file, tuple(rows))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_size(path: Path) -> None:
    if path.stat().st_size > FILE_BYTES_MAX:
        expected = f"expected at most {FILE_BYTES_MAX} bytes"
        raise TablesInvalid([Problem(path.name, 1, "", str(path.stat().st_size), expected)])


def _csv_lines(path: Path, problems: Problems) -> Iterator[Row] | None:
    if not path.is_file():
        return None
    _check_size(path)
    return _csv_rows(path, problems)


def _csv_rows(path: Path, problems: Problems) -> Iterator[Row]:
    # From the second row on a number is that of the line on which the row ends.
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file, strict=True)
        try:
            for line in lines:
                yield lines.line_num, line
        except (csv.Error, UnicodeDecodeError) as error:
            problems.add(path.name, lines.line_num + 1, "", str(error), "expected CSV in UTF-8")


class _Workbook:
    """An Excel workbook; formulas count as what they were last computed to."""

    def __init__(self, path: Path) -> None:
        openpyxl = needed("openpyxl")
        _check_size(path)
        try:
            self.book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as e:
            raise TablesInvalid([Problem(path.name, 1, "", "", "expected an Excel file")]) from e
        self.sheets: list[str] = self.book.sheetnames

    def lines(self, table: TypedTable) -> Iterator[Row] | None:
        """Return the cells of a sheet as the text of a CSV file; None without such a sheet."""
        return self._cells(table.name) if table.name in self.sheets else None

    def _cells(self, sheet: str) -> Iterator[Row]:
        for number, cells in enumerate(self.book[sheet].iter_rows(values_only=True), start=1):
            yield number, [_cell_text(cell) for cell in cells]

    def close(self) -> None:
        """Let go of the file."""
        self.book.close()


def _cell_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return f"{cell:.{WORKBOOK_DIGITS}g}"
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    return str(cell)


def _counted(lines: Iterator[Row], name: str, show: Shown) -> Iterator[Row]:
    count = -1  # the header is no row
    for line in lines:
        count += 1
        if count % PROGRESS_ROWS == 0:
            show(name, count, 0)
        yield line
    show(name, max(count, 0), max(count, 0))


def _rows(
    table: TypedTable, file: str, lines: Iterator[Row], problems: Problems
) -> Iterator[tuple[int, Any]]:
    header = [cell.strip() for cell in next(lines, (1, []))[1]]
    places = _places(table, file, header, problems)
    seen: dict[tuple[Any, ...], int] = {}
    if places is None:
        return
    for count, (number, cells) in enumerate(lines, start=1):
        if count > ROWS_MAX:
            problems.add(file, number, "", "", f"expected at most {ROWS_MAX} rows")
            return
        if not any(cell.strip() for cell in cells):
            continue
        row = _row(table, (file, number), [cells, places], problems)
        if row is None:
            continue
        key = tuple(getattr(row, name) for name in table.key)
        if key and key in seen:
            text = ", ".join(map(str, key))
            expected = f"expected once; it stands in row {seen[key]}"
            problems.add(file, number, ", ".join(table.key), text, expected)
        seen[key] = number
        yield number, row


def _places(
    table: TypedTable, file: str, header: list[str], problems: Problems
) -> list[tuple[Column, int | None]] | None:
    known = {column.header for column in table.columns}
    before = len(problems.found)
    for name in header:
        if name and (name not in known or header.count(name) > 1):
            expected = f"expected each at most once of {', '.join(c.header for c in table.columns)}"
            problems.add(file, 1, name, name, expected)
    for column in table.columns:
        if column.default is ... and column.header not in header:
            problems.add(file, 1, column.header, "", "expected this column")
    if len(problems.found) > before:
        return None
    return [
        (column, header.index(column.header) if column.header in header else None)
        for column in table.columns
    ]


def _row(
    table: TypedTable, place: tuple[str, int], given: list[Any], problems: Problems
) -> Any | None:
    cells, places = given
    values: dict[str, Any] = {}
    for column, at in places:
        text = cells[at].strip() if at is not None and at < len(cells) else ""
        if not text and column.default is not ...:
            values[column.attribute] = column.default
            continue
        try:
            if not text:
                raise ValueError(text)
            values[column.attribute] = column.kind.read(text)
        except REFUSED:
            problems.add(*place, column.header, text, column.kind.expected)
    if len(values) < len(places):
        return None
    try:
        return table.row(**values)
    except REFUSED as error:
        problems.add(
            *place, table.columns[0].header, str(values[table.columns[0].attribute]), str(error)
        )
        return None


def _check_references(read: ReadTables, table: TypedTable) -> None:
    of_rows = read.tables[table.name]
    for attribute, target in table.references:
        known = {row.id for row in read.tables[target].rows}
        for number, row in of_rows.numbered:
            name = getattr(row, attribute)
            if name not in known:
                expected = f"expected one of {read.tables[target].file}"
                read.problems.add(of_rows.file, number, attribute, name, expected)
