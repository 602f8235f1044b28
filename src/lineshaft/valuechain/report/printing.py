"""The report as PDF/A-3a, set by the compiler and in the fonts of the documents."""

from typing import Any

from lineshaft.core.period import to_datetime, zone_named
from lineshaft.services.billing.rendering.pdf import compiled
from lineshaft.valuechain.report.model import (
    BoardReport,
    CellShape,
    ReportCell,
    ReportLanguage,
    ReportSection,
    ReportTable,
)
from lineshaft.valuechain.report.plots import drawn
from lineshaft.valuechain.report.sections.sources import (
    Definition,
    definition_of,
    definitions,
)
from lineshaft.valuechain.report.shown import shown
from lineshaft.valuechain.report.words import Words

_TEMPLATE = ("lineshaft.valuechain.report", "report.typ")


def to_pdf(report: BoardReport) -> bytes:
    """Set the pages of a report; the same report gives the same bytes.

    Raises:
        MissingGlyph: when a name has a character that the shipped fonts lack.
    """
    return compiled(_TEMPLATE, {}, _view(report), report.made_at)


def _view(report: BoardReport) -> dict[str, Any]:
    words = Words(report.language)
    made = to_datetime(report.made_at, zone_named("UTC"))
    found = definitions(report.sections)
    numbers = {each: number for number, each in enumerate(found, 1)}
    return {
        "number": report.title,
        "title": report.title,
        "language": "zh" if report.language is ReportLanguage.CHINESE else "en",
        "as_of": words.say("as_of", as_of=report.as_of),
        "made": words.say("made_at", at=words.instant(report.made_at)),
        "made_at": [made.year, made.month, made.day, made.hour, made.minute, made.second],
        "missing": words.say("missing"),
        "page": words.say("page", page="{page}", pages="{pages}"),
        "sections": [_section(each, words, numbers) for each in report.sections],
    }


def _section(
    section: ReportSection, words: Words, numbers: dict[Definition, int]
) -> dict[str, Any]:
    return {
        "id": section.id,
        "title": section.title,
        "lead": section.lead,
        "headlines": [
            {"label": each.label, "note": each.note, **_cell(each.cell, words, numbers)}
            for each in section.headlines
        ],
        "plots": [
            {"title": each.title, "svg": drawn(each, words.language)} for each in section.plots
        ],
        "tables": [_table(each, words, numbers) for each in section.tables if each.shown_max],
        "notes": list(section.notes),
        "missing": list(section.missing),
    }


def _table(table: ReportTable, words: Words, numbers: dict[Definition, int]) -> dict[str, Any]:
    more = len(table.rows) - table.shown_max
    notes = [words.say("more_rows", count=more)] if more > 0 else []
    rows = table.rows[: table.shown_max]
    return {
        "title": table.title,
        "columns": list(table.columns),
        "numeric": [_is_number(rows, place) for place in range(len(table.columns))],
        "lengths": [_lengths(rows, words, place) for place in range(len(table.columns))],
        "rows": [[_cell(cell, words, numbers) for cell in row] for row in rows],
        "notes": [*notes, *([table.note] if table.note else [])],
    }


def _cell(cell: ReportCell, words: Words, numbers: dict[Definition, int]) -> dict[str, Any]:
    said: dict[str, Any] = {"text": shown(cell, words.language)}
    if cell.figure is not None and cell.value is not None:
        said["definition"] = numbers[definition_of(cell.figure)]
    return said


def _is_number(rows: tuple[tuple[ReportCell, ...], ...], place: int) -> bool:
    kinds = {row[place].kind for row in rows if row[place].value not in {None, ""}}
    return bool(kinds) and not kinds & {CellShape.TEXT, CellShape.DAY}


def _lengths(rows: tuple[tuple[ReportCell, ...], ...], words: Words, place: int) -> int:
    """Return how long the longest text of a column is, for its share of the width."""
    return max((len(shown(row[place], words.language)) for row in rows), default=1)
