"""Where an hour earns: margin per hour along the value chain, and the curve's interval."""

from lineshaft.valuechain.report.gathering import Gathered
from lineshaft.valuechain.report.model import (
    CellShape,
    Headline,
    PlotKind,
    PlotSeries,
    ReportCell,
    ReportPlot,
    ReportSection,
    ReportTable,
)
from lineshaft.valuechain.report.sections.cells import lacking, number, of, text
from lineshaft.valuechain.report.shown import shown
from lineshaft.valuechain.report.words import Words
from lineshaft.valuechain.servitization.service import Curve


def smile_section(found: Gathered, words: Words) -> ReportSection:
    """Return the curve of all months, and its curvature by quarter."""
    missing = lacking(words, found, "smile")
    if not found.curves:
        return ReportSection("smile", words.say("smile"), missing=missing)
    whole, *quarters = found.curves
    labels = tuple(words.named("activity", each.value) for each, _ in whole.margins)
    values = tuple(float(figure.value or 0) for _, figure in whole.margins)
    unit = f"{whole.currency}/h"
    plot = ReportPlot(
        PlotKind.LINES,
        words.say("smile.plot"),
        labels,
        (PlotSeries("", values),),
        CellShape.RATE,
        unit,
    )
    rows = tuple(
        (text(words.named("activity", each.value)), of(figure, CellShape.RATE, unit))
        for each, figure in whole.margins
    )
    columns = (words.say("column.activity"), words.named("indicator", "margin_per_hour"))
    return ReportSection(
        "smile",
        words.say("smile"),
        lead=words.say("smile.lead"),
        headlines=smile_headlines(whole, words),
        plots=(plot,),
        tables=(ReportTable(words.say("smile.table"), columns, rows), *_trend(quarters, words)),
        missing=missing,
    )


def smile_headlines(whole: Curve, words: Words) -> tuple[Headline, ...]:
    """Return the curvature with its interval, and whether it may be called a smile."""
    if whole.shape is None:
        return ()
    low, high = (
        shown(ReportCell(bound, CellShape.RATE), words.language)
        for bound in (whole.depth.low, whole.depth.high)
    )
    said = words.say(f"smile.shape.{whole.shape.value}")
    note = words.listed((words.say("interval", low=low, high=high), said))
    return (Headline(words.say("smile.depth"), of(whole.depth, CellShape.RATE), note),)


def _trend(quarters: list[Curve], words: Words) -> tuple[ReportTable, ...]:
    rows = []
    for each in quarters:
        shape = "" if each.shape is None else words.say(f"shape.{each.shape.value}")
        missing = text(each.depth.missing, is_english=True) if each.shape is None else text(shape)
        rows.append(
            (
                text(each.period),
                of(each.depth, CellShape.RATE),
                number(each.depth.low, CellShape.RATE),
                number(each.depth.high, CellShape.RATE),
                missing,
            )
        )
    columns = (
        words.say("column.quarter"),
        words.say("smile.depth"),
        words.say("column.low"),
        words.say("column.high"),
        words.say("column.shape"),
    )
    return (ReportTable(words.say("smile.trend"), columns, tuple(rows)),) if rows else ()
