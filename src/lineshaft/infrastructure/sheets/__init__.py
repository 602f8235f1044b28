"""Lists as files for spreadsheets: one shape of rows, CSV or Excel."""

from lineshaft.infrastructure.sheets.answer import sheet_answer
from lineshaft.infrastructure.sheets.sheet import (
    EXACT_DIGITS_MAX,
    MEDIA_TYPES,
    ROWS_MAX,
    TEXT_CHARACTERS_MAX,
    Cell,
    Sheet,
    SheetFormat,
    TextTooLong,
    TooManyRows,
)
from lineshaft.infrastructure.sheets.writing import write_sheet

__all__ = [
    "EXACT_DIGITS_MAX",
    "MEDIA_TYPES",
    "ROWS_MAX",
    "TEXT_CHARACTERS_MAX",
    "Cell",
    "Sheet",
    "SheetFormat",
    "TextTooLong",
    "TooManyRows",
    "sheet_answer",
    "write_sheet",
]
