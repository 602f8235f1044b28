"""What a sheet is, what a cell may hold, and which of it a spreadsheet would spoil."""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum

import msgspec

from lineshaft.core.errors import Invalid

EXACT_DIGITS_MAX = 15
"""Significant digits that come through binary64 and back unchanged (IEEE 754: DBL_DIG), and as
many as Excel keeps."""
EXPONENT_MAX = 300
"""Powers of ten, up and down, that binary64 holds with all those digits."""
TEXT_CHARACTERS_MAX = 32_767
"""Characters of one cell (Excel specifications and limits)."""

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection")."""

Cell = str | int | Decimal | bool | dt.date | None


class SheetFormat(StrEnum):
    """How a sheet is written."""

    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPES = {
    SheetFormat.CSV: "text/csv; charset=utf-8",
    SheetFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ROWS_MAX = {SheetFormat.CSV: 1_000_000, SheetFormat.XLSX: 100_000}
"""Rows of one file below its header; an Excel file of as many takes some ten seconds to make."""


class TooManyRows(Invalid):
    """A list is longer than one file may be."""


class TextTooLong(Invalid):
    """A text is longer than a cell may be."""


class Sheet(msgspec.Struct, frozen=True):
    """A list to be written.

    Attributes:
        name: of the sheet in Excel, at most 31 characters and without punctuation.
        columns: their names.
        rows: as many cells as there are columns; read once.
        note: what is said beside numbers that are written as text, in the reader's language.
    """

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    note: str = "A spreadsheet keeps 15 digits of a number: longer ones are written as text."


def is_formula(text: str) -> bool:
    """Tell whether a spreadsheet would calculate with a text rather than show it."""
    return text.startswith(FORMULA_SIGNS)


def is_exact(number: int | Decimal) -> bool:
    """Tell whether a spreadsheet holds a number with all its digits.

    Example: 0.10 and 123456789012345 are held, 1234567890123456 is not.
    """
    value = Decimal(number)
    if not value.is_finite():
        return False
    digits = "".join(map(str, value.as_tuple().digits)).strip("0")
    return len(digits) <= EXACT_DIGITS_MAX and (not value or abs(value.adjusted()) <= EXPONENT_MAX)


def digits_of(number: int | Decimal) -> str:
    """Write a number with all its digits; with a power of ten only beyond `EXPONENT_MAX`."""
    value = Decimal(number)
    return f"{value:f}" if abs(value.adjusted()) <= EXPONENT_MAX else str(value)
