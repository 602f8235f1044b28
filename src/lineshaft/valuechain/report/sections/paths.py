"""The national paths beside each other, and where other sources contradict the papers."""

from lineshaft.valuechain.paths.model import PATHS
from lineshaft.valuechain.paths.service import (
    compare,
    comparison_rows,
    correction_rows,
    corrections,
    labels,
)
from lineshaft.valuechain.report.model import ReportSection, ReportTable
from lineshaft.valuechain.report.sections.cells import text
from lineshaft.valuechain.report.words import Words


def paths_section(words: Words) -> ReportSection:
    """Return the records by axis; their quotes and sources stand in the files for machines."""
    language = words.language.tag
    rows = compare()
    axes, paths = labels("axis", language), labels("path", language)
    beside = tuple(
        (
            text(axes[row.axis]),
            *(text(words.listed(each.name.of(language) for each in cell)) for cell in row.cells),
        )
        for row in rows
    )
    wanted = ("axis", "path", "name", "quote", "source")
    records = tuple(
        tuple(text(each[name]) for name in wanted) for each in comparison_rows(rows, language)
    )
    found = correction_rows(corrections(), language)
    corrected = tuple(
        (text(each["paper"]), text(each["other_sources_say"]), text(each["sources"]))
        for each in found
    )
    return ReportSection(
        "paths",
        words.say("paths"),
        lead=words.say("paths.lead"),
        tables=(
            ReportTable(
                words.say("paths.table"),
                (words.say("column.axis"), *(paths[each] for each in PATHS)),
                beside,
                note=words.say("paths.note"),
            ),
            ReportTable(
                words.say("paths.corrections"),
                tuple(words.say(f"column.{name}") for name in ("paper", "says", "source")),
                corrected,
            ),
            ReportTable(
                words.say("paths.records"),
                tuple(words.say(f"column.{name}") for name in wanted),
                records,
                shown_max=0,
            ),
        ),
    )
