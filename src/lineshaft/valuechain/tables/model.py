"""Columns of tables, and what a cell may be. Pure."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.money import CURRENCY_EXPONENTS
from lineshaft.core.quantity import parse_exact, unit_named

ID_CHARACTERS_MAX = 100
TEXT_CHARACTERS_MAX = 500
QUANTITY_MAX = 10**12
AMOUNT_MAX = 10**12
PERCENT = 100
_COUNTRY = re.compile("[A-Z]{2}", re.ASCII)
_AMOUNT = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)
_QUARTER = re.compile(r"\d{4}-Q[1-4]", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class CellKind(msgspec.Struct, frozen=True):
    """What a cell may be: how it is read, and what is said where it cannot be.

    Attributes:
        read: the cell without blanks around it; raises `Invalid` or `ValueError`.
    """

    expected: str
    read: Callable[[str], Any]


def _id(text: str) -> str:
    if len(text) > ID_CHARACTERS_MAX or not text.isprintable():
        raise ValueError(text)
    return text


def _text(text: str) -> str:
    if len(text) > TEXT_CHARACTERS_MAX:
        raise ValueError(text)
    return text


def _positive(text: str) -> Fraction:
    value = parse_exact(text)
    if not 0 < value <= QUANTITY_MAX:
        raise ValueError(text)
    return value


def _not_negative(text: str) -> Fraction:
    value = parse_exact(text)
    if not 0 <= value <= QUANTITY_MAX:
        raise ValueError(text)
    return value


def _share(text: str) -> Fraction:
    value = parse_exact(text)
    if not 0 <= value <= 1:
        raise ValueError(text)
    return value


def percent(text: str) -> Fraction:
    """Read percent from 0 to 100 as a part of one.

    Raises:
        ValueError: for another number.
    """
    value = parse_exact(text)
    if not 0 <= value <= PERCENT:
        raise ValueError(text)
    return value / PERCENT


def _count(text: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and low <= int(text) <= high):
        raise ValueError(text)
    return int(text)


def _amount(text: str) -> Decimal:
    if _AMOUNT.fullmatch(text) is None or abs(Decimal(text)) > AMOUNT_MAX:
        raise ValueError(text)
    return Decimal(text)


def _cost(text: str) -> Decimal:
    value = _amount(text)
    if value < 0:
        raise ValueError(text)
    return value


def _date(text: str) -> dt.date:
    if _DATE.fullmatch(text) is None:
        raise ValueError(text)
    return dt.date.fromisoformat(text)


def _quarter(text: str) -> str:
    if _QUARTER.fullmatch(text) is None:
        raise ValueError(text)
    return text


def _yes_no(text: str) -> bool:
    return {"yes": True, "no": False}[text.lower()]


def _country(text: str) -> str:
    if _COUNTRY.fullmatch(text) is None:
        raise ValueError(text)
    return text


def _currency(text: str) -> str:
    if text not in CURRENCY_EXPONENTS:
        raise ValueError(text)
    return text


ID = CellKind(f"expected 1 to {ID_CHARACTERS_MAX} characters", _id)
TEXT = CellKind(f"expected at most {TEXT_CHARACTERS_MAX} characters", _text)
POSITIVE = CellKind("expected an exact number above 0, such as 4 or 0.25 or 1/3", _positive)
QUANTITY = CellKind("expected an exact number from 0, such as 120 or 0.25", _not_negative)
SHARE = CellKind("expected an exact number from 0 to 1, such as 0.6 or 1/3", _share)
PERCENTAGE = CellKind("expected percent from 0 to 100, such as 95 or 99.5", percent)
AMOUNT = CellKind("expected an amount such as 1250.00", _amount)
COST = CellKind("expected an amount from 0, such as 1250.00", _cost)
DATE = CellKind("expected a date such as 2026-03-31", _date)
YES_NO = CellKind("expected yes or no", _yes_no)
COUNTRY = CellKind("expected a country of ISO 3166-1 alpha-2, such as DE", _country)
CURRENCY = CellKind("expected a currency of ISO 4217, such as EUR", _currency)
UNIT = CellKind(
    "expected a unit of UN/ECE Rec 20, such as C62 or KGM", lambda text: unit_named(text).code
)
QUARTER = CellKind("expected a quarter such as 2026-Q1", _quarter)


def whole(low: int, high: int, what: str = "a whole number") -> CellKind:
    """Return the kind of whole numbers from `low` to `high`."""
    return CellKind(f"expected {what} from {low} to {high}", lambda text: _count(text, low, high))


def one_of(choices: type[Enum]) -> CellKind:
    """Return the kind of the values of an enumeration of texts."""
    return CellKind(f"expected one of {', '.join(each.value for each in choices)}", choices)


REFUSED = (Invalid, ValueError, KeyError)
"""What a kind raises for a cell that it cannot read."""


class Column(msgspec.Struct, frozen=True):
    """A column of a table.

    Attributes:
        attribute: of the row that it fills.
        default: of an empty cell or an absent column; `...` where there must be one.
    """

    attribute: str
    kind: CellKind
    default: Any = ...
    name: str = ""

    @property
    def header(self) -> str:
        """What stands above it."""
        return self.name or self.attribute


class TypedTable(msgspec.Struct, frozen=True):
    """A file or a sheet of this name.

    Attributes:
        row: what a row becomes; may raise `Invalid` or `ValueError` for what does not fit.
        key: attributes that no two rows have alike; none where rows may repeat.
        references: attribute and the table whose key has it.
    """

    name: str
    row: Callable[..., Any]
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    references: tuple[tuple[str, str], ...] = ()
    is_required: bool = False
