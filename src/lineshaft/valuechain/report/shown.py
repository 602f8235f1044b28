"""Numbers and days as people read them. Pure; nothing is computed from what is written here."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

from lineshaft.core.money import round_half_away
from lineshaft.valuechain.report.model import CellShape, ReportCell, ReportLanguage

MINUS = "\N{MINUS SIGN}"
NARROW = "\N{NO-BREAK SPACE}"
DASH = "\N{EM DASH}"
PERCENT_DECIMALS = 2
_DECIMALS = {CellShape.MONEY: 0, CellShape.RATE: 2, CellShape.DAYS: 1, CellShape.NUMBER: 4}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def shown(cell: ReportCell, language: ReportLanguage) -> str:
    """Write a cell; an absent value is a dash."""
    value = cell.value
    if value is None or value == "":
        return DASH
    if isinstance(value, str):
        return value
    if isinstance(value, dt.date):
        return day(value, language)
    exact = exactly(value)
    if cell.kind is CellShape.PERCENT:
        return f"{_grouped(exact * 100, PERCENT_DECIMALS, keep=True)}{NARROW}%"
    if cell.kind is CellShape.COUNT:
        return _grouped(exact, 0)
    decimals = _DECIMALS.get(cell.kind, 4)
    text = _grouped(exact, decimals, keep=cell.kind in {CellShape.MONEY, CellShape.RATE})
    return f"{text}{NARROW}{cell.unit}" if cell.unit else text


def exactly(value: int | Decimal | Fraction | float) -> Fraction:
    """Return a number as the fraction that it is."""
    return Fraction(value)


def day(on: dt.date, language: ReportLanguage) -> str:
    """Write a civil day."""
    if language is ReportLanguage.CHINESE:
        return f"{on.year}年{on.month}月{on.day}日"
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def _grouped(value: Fraction, decimals: int, *, keep: bool = False) -> str:
    text = f"{round_half_away(value, decimals):,.{decimals}f}"
    if "." in text and not keep:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("-", MINUS)
