"""The report as a workbook: a sheet for each section, numbers as exact as a spreadsheet keeps them.

Same report, same bytes. A text that would be taken for a formula is marked not to be one.
"""

import datetime as dt
import io
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Any

from lineshaft.infrastructure.sheets import EXACT_DIGITS_MAX, TEXT_CHARACTERS_MAX
from lineshaft.infrastructure.sheets.sheet import is_formula
from lineshaft.valuechain.report.model import (
    BoardReport,
    CellShape,
    ReportCell,
    ReportSection,
    ReportTable,
)
from lineshaft.valuechain.report.sections.sources import (
    Definition,
    definition_of,
    definitions,
)
from lineshaft.valuechain.report.words import Words

_MADE_AT = dt.datetime(1980, 1, 1, tzinfo=dt.UTC)
NAME_CHARACTERS_MAX = 31
_KEPT = Context(prec=EXACT_DIGITS_MAX, rounding=ROUND_HALF_EVEN)
_FORMATS = {
    CellShape.PERCENT: "0.00 %",
    CellShape.MONEY: "#,##0.00",
    CellShape.RATE: "#,##0.00",
    CellShape.DAYS: "#,##0.0",
    CellShape.COUNT: "#,##0",
    CellShape.DAY: "yyyy-mm-dd",
}


def to_xlsx(report: BoardReport) -> bytes:
    """Write the workbook of a report."""
    # 5 MB, for the processes that make such a file.
    from xlsxwriter import Workbook  # noqa: PLC0415

    sink = io.BytesIO()
    book = Workbook(sink, {"in_memory": True})
    book.set_properties({"title": report.title, "created": _MADE_AT})
    writer = _Writer(book, report)
    for section in report.sections:
        writer.section(section)
    book.close()
    return sink.getvalue()


def exact(value: int | Decimal | Fraction | float) -> Decimal:
    """Return a number as a spreadsheet keeps it: exact up to 15 digits, rounded to 15 beyond."""
    if isinstance(value, float):
        return _KEPT.create_decimal(repr(value))
    fraction = Fraction(value)
    return _KEPT.divide(Decimal(fraction.numerator), Decimal(fraction.denominator))


class _Writer:
    """Writes sections one after the other."""

    def __init__(self, book: Any, report: BoardReport) -> None:
        self._book, self._report = book, report
        self._words = Words(report.language)
        found = definitions(report.sections)
        self._numbers: dict[Definition, int] = {each: n for n, each in enumerate(found, 1)}
        self._title = book.add_format({"bold": True, "font_size": 16, "font_color": "#0b4f6c"})
        self._head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        self._strong = book.add_format({"bold": True})
        self._wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        self._quoted = book.add_format({"quote_prefix": True, "text_wrap": True, "valign": "top"})
        self._formats = {
            kind: book.add_format({"num_format": shape, "valign": "top"})
            for kind, shape in _FORMATS.items()
        }
        self._plain = book.add_format({"valign": "top"})
        self._sources = self._sheet_name(self._words.say("sources"))

    def section(self, section: ReportSection) -> None:
        """Write the sheet of a section."""
        words = self._words
        page = self._book.add_worksheet(self._sheet_name(section.title))
        page.set_column(0, 0, 34)
        page.set_column(1, 12, 20)
        page.write_string(0, 0, section.title, self._title)
        lines = [section.lead] if section.lead else []
        if section.id == "summary":
            lines += [words.say("as_of", as_of=self._report.as_of)]
            lines += [words.say("made_at", at=words.instant(self._report.made_at))]
            lines += [words.say("sheet.note")]
        lines += [*section.notes]
        if section.missing:
            lines += [words.say("missing") + ":", *section.missing]
        row = 1
        for line in lines:
            self._text(page, (row, 0), line, self._plain)
            row += 1
        row = self._headlines(page, row + 1, section)
        for table in section.tables:
            row = self._table(page, row + 1, table)

    def _headlines(self, page: Any, row: int, section: ReportSection) -> int:
        for headline in section.headlines:
            self._text(page, (row, 0), headline.label, self._strong)
            self._cell(page, (row, 1), headline.cell)
            page.write_string(row, 2, headline.cell.unit)
            self._text(page, (row, 3), headline.note, self._plain)
            row += 1
        return row

    def _table(self, page: Any, row: int, table: ReportTable) -> int:
        page.write_string(row, 0, table.title, self._strong)
        for column, name in enumerate(table.columns):
            units = {each[column].unit for each in table.rows if each[column].unit}
            unit = f" ({units.pop()})" if len(units) == 1 else ""
            self._text(page, (row + 1, column), f"{name}{unit}", self._head)
        for number, cells in enumerate(table.rows, 2):
            for column, cell in enumerate(cells):
                self._cell(page, (row + number, column), cell)
        return row + len(table.rows) + 3

    def _cell(self, page: Any, at: tuple[int, int], cell: ReportCell) -> None:
        value = cell.value
        if value is None or value == "":
            if cell.figure is not None and cell.figure.missing:
                page.write_comment(*at, cell.figure.missing, {"author": ""})
            return
        if isinstance(value, str):
            self._text(page, at, value, self._wrapped)
        elif isinstance(value, dt.date):
            page.write_datetime(*at, dt.datetime(value.year, value.month, value.day),  # noqa: DTZ001
                                self._formats[CellShape.DAY])  # fmt: skip
        else:
            page.write_number(*at, exact(value), self._formats.get(cell.kind, self._plain))
            if cell.figure is not None:
                number = self._numbers[definition_of(cell.figure)]
                said = self._words.say("reference", number=number)
                said = f"{said}: {self._words.indicator(cell.figure.indicator)}; "
                said += f"{cell.figure.table}; {cell.figure.vintage}"
                page.write_comment(*at, said, {"author": ""})

    def _text(self, page: Any, at: tuple[int, int], text: str, shape: Any) -> None:
        said = text[:TEXT_CHARACTERS_MAX]
        page.write_string(*at, said, self._quoted if is_formula(said) else shape)

    def _sheet_name(self, title: str) -> str:
        return title.replace(":", " ").replace("/", " ")[:NAME_CHARACTERS_MAX]
