"""Sources and definitions: every figure with formula, data, vintage, definition, coverage."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from lineshaft.valuechain.indicator import Figure, Indicator
from lineshaft.valuechain.report.gathering import Gathered
from lineshaft.valuechain.report.model import (
    CellShape,
    ReportCell,
    ReportSection,
    ReportTable,
)
from lineshaft.valuechain.report.sections.cells import count, text
from lineshaft.valuechain.report.shown import shown
from lineshaft.valuechain.report.words import Words

Definition = tuple[str, str]
"""Name of an indicator and the data: figures of the same are defined once."""


def definition_of(figure: Figure) -> Definition:
    """Return what a figure is defined by."""
    return figure.indicator.name, figure.table


def definitions(sections: Iterable[ReportSection]) -> dict[Definition, list[Figure]]:
    """Return the figures of all sections by their definition, in the order of the pages."""
    found: dict[Definition, list[Figure]] = {}
    for section in sections:
        for cell in section.cells():
            if cell.figure is not None:
                found.setdefault(definition_of(cell.figure), []).append(cell.figure)
    return found


def sources_section(
    found: Gathered, sections: Sequence[ReportSection], words: Words
) -> ReportSection:
    """Return the definitions of all figures, and the files that were read."""
    rows = tuple(
        _row(number, figures, words)
        for number, figures in enumerate(definitions(sections).values(), 1)
    )
    names = ("indicator", "formula", "definition", "table", "vintage", "coverage")
    columns = (words.say("column.rank"), *(words.say(f"column.{name}") for name in names))
    files = tuple((text(name), text(digest)) for name, digest in sorted(found.inputs.items()))
    tables = [
        ReportTable(words.say("sources.table"), columns, rows, shown_max=len(rows)),
        ReportTable(
            words.say("sources.files"),
            (words.say("column.file"), "SHA-256"),
            files,
            shown_max=len(files),
        ),
    ]
    return ReportSection(
        "sources",
        words.say("sources"),
        lead=words.say("sources.lead"),
        tables=tuple(each for each in tables if each.rows),
    )


def _row(number: int, figures: Sequence[Figure], words: Words) -> tuple[ReportCell, ...]:
    indicator: Indicator = figures[0].indicator
    source = indicator.source
    if not indicator.is_verified:
        source = f"{source} ({words.say('sources.unverified')})"
    formula, sign = indicator.formula, f"{indicator.symbol} = "
    return (
        count(number),
        text(words.indicator(indicator)),
        text(formula if sign in formula else sign + formula, is_english=True),
        text(source, is_english=True),
        text(figures[0].table, is_english=True),
        text(_vintages([each.vintage for each in figures]), is_english=True),
        text(_coverages([each.coverage for each in figures], words)),
    )


def _vintages(listed: Sequence[str]) -> str:
    known = list(dict.fromkeys(listed))
    return "; ".join(known) if len(known) <= 3 else f"{min(known)} … {max(known)}"


def _coverages(listed: Sequence[Fraction], words: Words) -> str:
    low, high = (
        shown(ReportCell(bound, CellShape.PERCENT), words.language)
        for bound in (min(listed), max(listed))
    )
    return low if low == high else f"{low} … {high}"
