"""A report as it is read: sections of figures, plots and tables, and what is missing. Pure."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

import msgspec

from lineshaft.core.period import Instant, format_instant
from lineshaft.valuechain.indicator import Figure

Value = str | int | Decimal | Fraction | float | dt.date | None


class ReportLanguage(StrEnum):
    """The languages of a report."""

    ENGLISH = "en"
    CHINESE = "zh"

    @property
    def tag(self) -> str:
        """The tag for browsers and the catalogue of paths (BCP 47)."""
        return "en" if self is ReportLanguage.ENGLISH else "zh-Hans"


class CellShape(StrEnum):
    """How a value is written for people."""

    TEXT = "text"
    COUNT = "count"
    MONEY = "money"
    RATE = "rate"
    PERCENT = "percent"
    DAYS = "days"
    NUMBER = "number"
    DAY = "day"


class ReportCell(msgspec.Struct, frozen=True):
    """A value, how it is written, and what it was computed from.

    Attributes:
        unit: currency of money; written behind the number.
        figure: of a number that was computed; None for names, days, and counts of rows.
        is_english: of a text from below, which nobody has translated.
    """

    value: Value
    kind: CellShape = CellShape.TEXT
    unit: str = ""
    figure: Figure | None = None
    is_english: bool = False

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content; exact numbers as text."""
        content: dict[str, Any] = {"value": _plain(self.value), "kind": self.kind.value}
        if self.unit:
            content["unit"] = self.unit
        if self.figure is not None:
            content["figure"] = _figure_content(self.figure)
        return content


class Headline(msgspec.Struct, frozen=True):
    """A number that stands out, with its name and what it says."""

    label: str
    cell: ReportCell
    note: str = ""


class ReportTable(msgspec.Struct, frozen=True):
    """Rows under names of columns.

    Attributes:
        shown_max: rows that the pages show; Excel and JSON have all of them.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[ReportCell, ...], ...]
    note: str = ""
    shown_max: int = 25


class PlotKind(StrEnum):
    """What a plot looks like."""

    BARS = "bars"
    RANKED = "ranked"
    LINES = "lines"
    STRIPS = "strips"
    POINTS = "points"


class PlotSeries(msgspec.Struct, frozen=True):
    """Values under one name; None where there is none."""

    name: str
    values: tuple[float | None, ...]


class ReportPlot(msgspec.Struct, frozen=True):
    """What people would rather look at than read; each of its numbers stands in a table, too.

    Attributes:
        labels: of the values; of strips the days, of points what they are.
        axes: names of the two axes of points, or of the states of strips.
        band: of the context of a line, from and to.
    """

    kind: PlotKind
    title: str
    labels: tuple[str, ...]
    series: tuple[PlotSeries, ...]
    cell_kind: CellShape = CellShape.NUMBER
    unit: str = ""
    axes: tuple[str, ...] = ()
    band: tuple[float, float, str] | None = None


class ReportSection(msgspec.Struct, frozen=True):
    """A part of a report.

    Attributes:
        missing: what there were no data for; each in one line.
    """

    id: str
    title: str
    lead: str = ""
    headlines: tuple[Headline, ...] = ()
    plots: tuple[ReportPlot, ...] = ()
    tables: tuple[ReportTable, ...] = ()
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing but what is missing."""
        return not (self.headlines or self.plots or self.tables)

    def cells(self) -> Iterator[ReportCell]:
        """Return every cell, in the order of the page."""
        for headline in self.headlines:
            yield headline.cell
        for table in self.tables:
            for row in table.rows:
                yield from row

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {
            "id": self.id,
            "title": self.title,
            "lead": self.lead,
            "headlines": [
                {"label": each.label, **each.cell.to_content(), "note": each.note}
                for each in self.headlines
            ],
            "tables": [
                {
                    "title": each.title,
                    "columns": list(each.columns),
                    "rows": [[cell.to_content() for cell in row] for row in each.rows],
                    "note": each.note,
                }
                for each in self.tables
            ],
            "notes": list(self.notes),
            "missing": list(self.missing),
        }


class BoardReport(msgspec.Struct, frozen=True):
    """All of it, in one language.

    Attributes:
        as_of: what the data describe, in words.
        inputs: SHA-256 of each file that was read, by its name.
    """

    title: str
    language: ReportLanguage
    made_at: Instant
    as_of: str
    sections: tuple[ReportSection, ...]
    inputs: tuple[tuple[str, str], ...] = ()

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {
            "title": self.title,
            "language": self.language.value,
            "made_at": format_instant(self.made_at),
            "as_of": self.as_of,
            "sections": [each.to_content() for each in self.sections],
            "inputs": [list(each) for each in self.inputs],
        }


def _plain(value: Value) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _figure_content(figure: Figure) -> dict[str, Any]:
    said = figure.indicator
    return {
        "indicator": said.name,
        "symbol": said.symbol,
        "formula": said.formula,
        "source": said.source,
        "is_verified": said.is_verified,
        "table": figure.table,
        "vintage": figure.vintage,
        "coverage": str(figure.coverage),
        "low": figure.low,
        "high": figure.high,
        "missing": figure.missing,
    }
