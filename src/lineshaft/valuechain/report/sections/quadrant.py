"""Strength beside dependence: where the firm's own items stand."""

from lineshaft.valuechain.report.gathering import Gathered
from lineshaft.valuechain.report.model import (
    CellShape,
    PlotKind,
    PlotSeries,
    ReportPlot,
    ReportSection,
    ReportTable,
)
from lineshaft.valuechain.report.sections.cells import lacking, of, text
from lineshaft.valuechain.report.sections.register import item_name
from lineshaft.valuechain.report.words import Words

POINTS_MAX = 40


def quadrant_section(found: Gathered, words: Words) -> ReportSection:
    """Return the quadrant, as a plot and as a table."""
    missing = lacking(words, found, "quadrant")
    if not found.quadrant or found.register is None:
        return ReportSection("quadrant", words.say("quadrant"), missing=missing)
    points = found.quadrant
    names = [item_name(found.register, each.point.item) for each in points]
    plotted = points[:POINTS_MAX]
    plot = ReportPlot(
        PlotKind.POINTS,
        words.say("quadrant.plot"),
        tuple(names[:POINTS_MAX]),
        (
            PlotSeries("", tuple(float(e.point.competitiveness_percentile) for e in plotted)),
            PlotSeries("", tuple(float(e.point.vulnerability_percentile) for e in plotted)),
        ),
        axes=(words.say("quadrant.across"), words.say("quadrant.up")),
    )
    rows = tuple(
        (
            text(name),
            text(each.point.weakest and item_name(found.register, each.point.weakest)),
            *(of(figure, CellShape.PERCENT) for figure in each.figures),
            text(words.say(f"place.{each.point.quadrant}")),
        )
        for name, each in zip(names, points, strict=True)
    )
    columns = (
        words.say("column.item"),
        words.say("column.weakest"),
        *(words.indicator(figure.indicator) for figure in points[0].figures),
        words.say("column.where"),
    )
    return ReportSection(
        "quadrant",
        words.say("quadrant"),
        lead=words.say("quadrant.lead"),
        plots=(plot,),
        tables=(ReportTable(words.say("quadrant.table"), columns, rows),),
        missing=missing,
    )
