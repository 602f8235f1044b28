"""Lists as files for spreadsheets: one shape of rows, CSV or Excel.

`answer` is for those who answer requests: it takes the web framework with it, and is imported by
its own name.
"""

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
    "write_sheet",
]
