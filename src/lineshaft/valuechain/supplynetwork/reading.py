"""Read a supply network from CSV files of a folder, or from the sheets of an Excel workbook.

All that is wrong is collected, so that somebody who fills in the files sees it in one go.
"""

import csv
import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from lineshaft.core.errors import Unavailable
from lineshaft.valuechain.supplynetwork.errors import NetworkInvalid, Problem
from lineshaft.valuechain.supplynetwork.model import CircularBill, SupplyNetwork
from lineshaft.valuechain.supplynetwork.schema import (
    FIRM_TABLES,
    REFUSED,
    TABLES,
    Column,
    Table,
)

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


class TooManyProblems(NetworkInvalid):
    """More is wrong than one answer says."""


@dataclass
class Problems:
    """What was found wrong so far; at `PROBLEMS_MAX` reading ends."""

    found: list[Problem] = field(default_factory=list)

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
            NetworkInvalid: with all of it.
        """
        if self.found:
            raise NetworkInvalid(self.found)


@dataclass(frozen=True)
class _Read:
    """The rows of a table with their numbers, and the file that they came from."""

    file: str
    rows: tuple[tuple[int, Any], ...]


def no_progress(what: str, done: int, total: int) -> None:
    """Show nothing."""


def read_network(source: Path, show: Shown = no_progress) -> SupplyNetwork:
    """Read a network and check that it hangs together.

    Args:
        source: a folder of CSV files, or an Excel workbook (docs/supply-network.md).
        show: told what is read, how many rows are done, of how many (0: not known).

    Raises:
        NetworkInvalid: with up to `PROBLEMS_MAX` problems, each with file, row and column.
        Unavailable: for a workbook without the extra that reads it.
    """
    problems = Problems()
    inputs: dict[str, str] = {}
    read = _read_tables(source, TABLES, (problems, inputs), show)
    _check_references(read, TABLES, problems)
    _check_sense(read, problems)
    problems.refuse()
    tables: dict[str, Any] = {
        name: tuple(row for _, row in table.rows) for name, table in read.items()
    }
    network = SupplyNetwork(**tables, inputs=inputs)
    try:
        _ = network.parents_first
    except CircularBill as error:
        file = read["bill_of_material"].file
        raise NetworkInvalid([Problem(file, 1, "child", "", str(error))]) from error
    return network


def read_firms(source: Path, show: Shown = no_progress) -> dict[str, tuple[Any, ...]]:
    """Read the tables `firms`, `supplies` and `inputs`.

    Raises:
        NetworkInvalid: as `read_network`.
    """
    problems = Problems()
    read = _read_tables(source, FIRM_TABLES, (problems, {}), show)
    _check_references(read, FIRM_TABLES, problems)
    problems.refuse()
    return {name: tuple(row for _, row in table.rows) for name, table in read.items()}


def read_beside(
    source: Path, table: Table, network: SupplyNetwork
) -> tuple[tuple[Any, ...], dict[str, str]]:
    """Read cures or guarantees beside a network; none where there is no such table.

    Returns:
        Rows, and the hash of their file by its name.

    Raises:
        NetworkInvalid: as `read_network`; also for another currency than that of the network.
    """
    problems = Problems()
    inputs: dict[str, str] = {}
    found = _read_tables(source, (table,), (problems, inputs), no_progress)[table.name]
    items = {each.id for each in network.items}
    for number, row in found.rows:
        if row.item not in items:
            problems.add(found.file, number, "item", row.item, "expected an item of items")
        if row.currency != network.currency:
            expected = f"expected {network.currency}, the currency of the lines"
            problems.add(found.file, number, "currency", row.currency, expected)
    problems.refuse()
    return tuple(row for _, row in found.rows), inputs


def _read_tables(
    source: Path,
    tables: Iterable[Table],
    kept: tuple[Problems, dict[str, str]],
    show: Shown,
) -> dict[str, _Read]:
    problems, inputs = kept
    is_workbook = source.suffix.lower() == ".xlsx"
    read: dict[str, _Read] = {}
    book = _Workbook(source) if is_workbook else None
    for table in tables:
        path = source if is_workbook else source / f"{table.name}.csv"
        lines = _sheet_lines(book, table) if book else _csv_lines(path, problems)
        file = f"{source.name}:{table.name}" if is_workbook else path.name
        if lines is None:
            if table.is_required:
                problems.add(file, 1, "", "", "expected this table")
            read[table.name] = _Read(file, ())
            continue
        inputs[path.name] = _sha256(path)
        rows = _rows(table, file, _counted(lines, table.name, show), problems)
        read[table.name] = _Read(file, tuple(rows))
    if book:
        book.close()
    return read


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_size(path: Path) -> None:
    if path.stat().st_size > FILE_BYTES_MAX:
        expected = f"expected at most {FILE_BYTES_MAX} bytes"
        raise NetworkInvalid([Problem(path.name, 1, "", str(path.stat().st_size), expected)])


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
        try:
            import openpyxl  # noqa: PLC0415 - an extra; folders of CSV files do without
        except ImportError as error:
            msg = f"cannot read {path.name}: install lineshaft[valuechain], or use CSV files"
            raise Unavailable(msg) from error
        _check_size(path)
        try:
            self.book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        except (OSError, ValueError, KeyError, openpyxl.utils.exceptions.InvalidFileException) as e:
            raise NetworkInvalid([Problem(path.name, 1, "", "", "expected an Excel file")]) from e
        self.sheets: list[str] = self.book.sheetnames

    def rows(self, sheet: str) -> Iterator[Row]:
        """Return the cells of a sheet as the text that a CSV file would have."""
        for number, cells in enumerate(self.book[sheet].iter_rows(values_only=True), start=1):
            yield number, [_cell_text(cell) for cell in cells]

    def close(self) -> None:
        """Let go of the file."""
        self.book.close()


def _sheet_lines(book: _Workbook, table: Table) -> Iterator[Row] | None:
    return book.rows(table.name) if table.name in book.sheets else None


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
    table: Table, file: str, lines: Iterator[Row], problems: Problems
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
        if key in seen:
            text = ", ".join(map(str, key))
            expected = f"expected once; it stands in row {seen[key]}"
            problems.add(file, number, ", ".join(table.key), text, expected)
        seen[key] = number
        yield number, row


def _places(
    table: Table, file: str, header: list[str], problems: Problems
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


def _row(table: Table, place: tuple[str, int], given: list[Any], problems: Problems) -> Any | None:
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


def _check_references(read: dict[str, _Read], tables: Iterable[Table], problems: Problems) -> None:
    for table in tables:
        for attribute, target in table.references:
            known = {row.id for _, row in read[target].rows}
            for number, row in read[table.name].rows:
                name = getattr(row, attribute)
                if name not in known:
                    expected = f"expected one of {read[target].file}"
                    problems.add(read[table.name].file, number, attribute, name, expected)


def _check_sense(read: dict[str, _Read], problems: Problems) -> None:
    """Check what rows say together: shares, sites of suppliers, one currency."""
    sourcing = read["sourcing"]
    owner = {row.id: row.supplier for _, row in read["sites"].rows}
    shares: dict[str, Fraction] = {}
    last: dict[str, int] = {}
    for number, row in sourcing.rows:
        shares[row.item] = shares.get(row.item, Fraction(0)) + row.share
        last[row.item] = number
        if owner.get(row.site, row.supplier) != row.supplier:
            expected = f"expected a site of {row.supplier}, not of {owner[row.site]}"
            problems.add(sourcing.file, number, "site", row.site, expected)
        if row.share and not row.is_qualified:
            expected = "expected 0 of a source that is not qualified"
            problems.add(sourcing.file, number, "share", str(row.share), expected)
    for item, share in shares.items():
        if share != 1:
            expected = f"expected shares of {item} that add up to 1, not {share}"
            problems.add(sourcing.file, last[item], "share", str(share), expected)
    _check_lines(read, problems)


def _check_lines(read: dict[str, _Read], problems: Problems) -> None:
    """Check that there is one currency, and that what is ordered is sold."""
    lines, orders = read["lines"], read["orders"]
    sold = {row.item for _, row in lines.rows}
    for number, row in orders.rows:
        if row.item not in sold:
            expected = f"expected an item of {lines.file}"
            problems.add(orders.file, number, "item", row.item, expected)
    for number, row in lines.rows:
        if row.currency != lines.rows[0][1].currency:
            expected = f"expected {lines.rows[0][1].currency}, the currency of the first line"
            problems.add(lines.file, number, "currency", row.currency, expected)
        if row.capacity_per_week is not None and row.capacity_per_week < row.planned_per_week:
            expected = f"expected at least planned_per_week, {row.planned_per_week}"
            problems.add(
                lines.file, number, "capacity_per_week", str(row.capacity_per_week), expected
            )
