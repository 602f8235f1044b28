"""Cells of a report from figures and from what was read."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

from msgspec.structs import replace

from lineshaft.valuechain.indicator import Figure
from lineshaft.valuechain.report.gathering import Gathered
from lineshaft.valuechain.report.model import CellShape, ReportCell
from lineshaft.valuechain.report.words import Words


def text(value: str | None, *, is_english: bool = False) -> ReportCell:
    """Return a text."""
    return ReportCell(value or "", is_english=is_english)


def count(value: int | None) -> ReportCell:
    """Return a count of what was read."""
    return ReportCell(value, CellShape.COUNT)


def day(value: dt.date | str | None) -> ReportCell:
    """Return a civil day."""
    on = dt.date.fromisoformat(value) if isinstance(value, str) and value else value or None
    return ReportCell(on, CellShape.DAY)


def of(figure: Figure, kind: CellShape, unit: str = "") -> ReportCell:
    """Return a figure; a value that is not there stays empty."""
    return ReportCell(figure.value, kind, unit, figure)


def money(figure: Figure, currency: str) -> ReportCell:
    """Return an amount; its indicator takes the currency as its unit."""
    named = replace(figure, indicator=replace(figure.indicator, unit=currency))
    return ReportCell(figure.value, CellShape.MONEY, currency, named)


def number(value: Decimal | Fraction | float | int | None, kind: CellShape) -> ReportCell:
    """Return a bound of an interval, which stands beside its figure."""
    return ReportCell(value, kind)


def lacking(words: Words, found: Gathered, section: str) -> tuple[str, ...]:
    """Return what is missing in a section, in words."""
    return tuple(
        words.say(f"lack.{each.key}", detail=each.detail.rstrip("."))
        for each in found.lacks.get(section, ())
    )
