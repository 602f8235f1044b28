"""Writes a sheet row by row, in memory that does not grow with the rows.

A text that a spreadsheet would take for a formula is kept from being one: in CSV by an apostrophe
before it, in Excel by the mark that Excel itself sets for it, with the text as it was.
"""

import csv
import datetime as dt
import io
from collections.abc import Iterator, Sequence
from decimal import Decimal
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from lineshaft.infrastructure.sheets.sheet import (
    ROWS_MAX,
    TEXT_CHARACTERS_MAX,
    Cell,
    Sheet,
    SheetFormat,
    TextTooLong,
    TooManyRows,
    digits_of,
    is_exact,
    is_formula,
)

_MARK = b"\xef\xbb\xbf"  # so that spreadsheets read the CSV as UTF-8
_MADE_AT = dt.datetime(1980, 1, 1, tzinfo=dt.UTC)  # as in the ZIP: same rows, same bytes
_NOTES = "notes"
_WIDTH_CHARACTERS = 18


def write_sheet(sheet: Sheet, shape: SheetFormat, sink: BinaryIO) -> None:
    """Write a sheet into a binary file.

    Raises:
        TooManyRows: beyond `ROWS_MAX` of the format.
        TextTooLong: for a text that no cell of Excel takes.
    """
    if shape is SheetFormat.CSV:
        _write_csv(sheet, sink)
    else:
        _write_xlsx(sheet, sink)


def _counted(sheet: Sheet, shape: SheetFormat) -> Iterator[Sequence[Cell]]:
    for count, row in enumerate(sheet.rows, start=1):
        if count > ROWS_MAX[shape]:
            msg = f"cannot write {sheet.name} as {shape.value}: more than {ROWS_MAX[shape]} rows; "
            msg += "ask for a shorter period, or page through the list as JSON"
            raise TooManyRows(msg)
        yield row


def _write_csv(sheet: Sheet, sink: BinaryIO) -> None:
    """Write CSV (RFC 4180)."""
    sink.write(_MARK)
    text = io.TextIOWrapper(sink, encoding="utf-8", errors="replace", newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(sheet.columns)
    for row in _counted(sheet, SheetFormat.CSV):
        writer.writerow([_plain(cell) for cell in row])
    text.detach()  # flushes, and leaves the file open


def _plain(cell: Cell) -> object:
    match cell:
        case bool():
            return "true" if cell else "false"
        case int() | Decimal():
            return digits_of(cell)
        case dt.date():
            return cell.isoformat()
        case str() if is_formula(cell):
            return f"'{cell}"
        case _:
            return cell


def _write_xlsx(sheet: Sheet, sink: BinaryIO) -> None:
    # 5 MB, for the processes that make such a file.
    from xlsxwriter import Workbook  # noqa: PLC0415

    with TemporaryDirectory() as rows_dir:
        book = Workbook(sink, {"constant_memory": True, "tmpdir": rows_dir})
        book.set_properties({"created": _MADE_AT})
        page = book.add_worksheet(sheet.name)
        try:
            inexact = _fill(sheet, book, page)
        except BaseException:
            page.row_data_fh.close()
            raise
        if inexact:
            notes = book.add_worksheet(_NOTES)
            notes.write_string(0, 0, sheet.note)
            for row, column in enumerate(sorted(inexact), start=1):
                notes.write_string(row, 0, sheet.columns[column])
        book.close()


def _fill(sheet: Sheet, book: Any, page: Any) -> set[int]:
    """Write the page of a sheet; return the columns in which a number stands as text."""
    bold = book.add_format({"bold": True, "bottom": 1})
    page.freeze_panes(1, 0)
    page.set_column(0, max(0, len(sheet.columns) - 1), _WIDTH_CHARACTERS)
    for column, name in enumerate(sheet.columns):
        page.write_string(0, column, name, bold)
    cells = _Cells(book, page)
    for row, content in enumerate(_counted(sheet, SheetFormat.XLSX), start=1):
        for column, cell in enumerate(content):
            cells.write(row, column, cell)
    return cells.inexact


class _Cells:
    """Writes the cells of one page of a workbook."""

    def __init__(self, book: Any, page: Any) -> None:
        self._page = page
        self._quoted = book.add_format({"quote_prefix": True})
        self._day = book.add_format({"num_format": "yyyy-mm-dd"})
        self._upright = book.add_format()
        self.inexact: set[int] = set()
        """Columns in which a number stands as text."""

    def write(self, row: int, column: int, cell: Cell) -> None:
        """Write one cell; nothing for None."""
        match cell:
            case None:
                pass
            case bool():
                self._page.write_boolean(row, column, cell)
            case int() | Decimal() if is_exact(cell):
                # As a Decimal: the file then has its own digits, not those of the nearest float.
                self._page.write_number(row, column, Decimal(cell))
            case int() | Decimal():
                self.inexact.add(column)
                self._page.write_string(row, column, digits_of(cell), self._quoted)
            case dt.date():
                self._page.write_datetime(row, column, cell, self._day)
            case str():
                self._write_text(row, column, cell)

    def _write_text(self, row: int, column: int, text: str) -> None:
        if len(text) > TEXT_CHARACTERS_MAX:
            msg = f"cannot write a text of {len(text)} characters into a cell: at most "
            msg += f"{TEXT_CHARACTERS_MAX}; ask for CSV"
            raise TextTooLong(msg)
        written = text.encode("utf-8", "replace").decode()
        if written.startswith("<r>") and written.endswith("</r>"):
            # The library would take it for its own markup: handed over in two parts, it is text.
            self._page.write_rich_string(row, column, "<", self._upright, written[1:])
        elif written:
            quoted = self._quoted if is_formula(written) else None
            self._page.write_string(row, column, written, quoted)
