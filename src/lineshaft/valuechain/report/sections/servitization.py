"""From product to service: headlines, matrix, trend, service lines."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from lineshaft.valuechain.report.gathering import Gathered, ServitizationYears
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
from lineshaft.valuechain.report.sections.cells import lacking, of, text
from lineshaft.valuechain.report.shown import shown
from lineshaft.valuechain.report.words import Words
from lineshaft.valuechain.servitization.service import BAND, Dashboard, Reported

HEADLINES = ("output_servitization", "stand_alone_share", "recurring_share", "attach_rate")
SHARE, MATRIX, KINDS = HEADLINES[0], "customer_binding_matrix", "service_kinds"
MARGIN = "service_gross_margin"


def servitization_section(found: Gathered, words: Words) -> ReportSection:
    """Return how far the firm has moved to services."""
    years, missing = found.servitization, lacking(words, found, "servitization")
    if years is None:
        return ReportSection("servitization", words.say("servitization"), missing=missing)
    last = years.last
    unmeasured = tuple(
        words.say(
            "lack.not_measured",
            name=words.indicator(each.figure.indicator),
            detail=each.figure.missing,
        )
        for each in last.whole
        if each.figure.value is None and not each.key
    )
    return ReportSection(
        "servitization",
        words.say("servitization"),
        lead=_lead(last, words),
        headlines=servitization_headlines(years, words),
        plots=(*_trend_plot(years.whole, words), *_matrix_plot(last, words)),
        tables=(
            *_matrix(last, words),
            _trend(years.whole, words),
            *_kinds(last, words),
            *_lines(last, words),
            *_alarms(last, words),
            *_benchmark(found, words),
        ),
        notes=(words.say("servitization.advice"),),
        missing=missing + unmeasured,
    )


def servitization_headlines(years: ServitizationYears, words: Words) -> tuple[Headline, ...]:
    """Return the shares of the last twelve months, and what they were a year before."""
    before = {} if years.before is None else _by_name(years.before.whole)
    found = []
    for name, each in _by_name(years.last.whole).items():
        if name not in HEADLINES or each.figure.value is None:
            continue
        earlier = before.get(name)
        note = words.span(each.figure.vintage)
        if earlier is not None and earlier.figure.value is not None:
            value = shown(of(earlier.figure, CellShape.PERCENT), words.language)
            note = words.listed((note, words.say("summary.before", value=value)))
        label = words.indicator(each.figure.indicator)
        found.append(Headline(label, of(each.figure, CellShape.PERCENT), note))
    return tuple(found)


def _by_name(listed: Sequence[Reported]) -> dict[str, Reported]:
    return {each.figure.indicator.name: each for each in listed if not each.key}


def _lead(last: Dashboard, words: Words) -> str:
    def amount(value: Fraction) -> str:
        return shown(ReportCell(value, CellShape.MONEY, last.currency), words.language)

    return words.say(
        "servitization.lead",
        vintage=words.span(last.vintage),
        services=amount(last.service_revenue),
        revenue=amount(last.revenue),
        low=f"{float(BAND.low) * 100:.0f} %",
        high=f"{float(BAND.high) * 100:.0f} %",
        source=BAND.source,
    )


def _trend_plot(whole: Dashboard, words: Words) -> tuple[ReportPlot, ...]:
    # The share of services that stand alone is of another whole: it would seem to meet the band.
    names = (SHARE, "recurring_share")
    periods = list(dict.fromkeys(each.period for each in whole.trend))
    values = _trend_values(whole)
    series = tuple(
        PlotSeries(
            words.named("indicator", name),
            tuple(_number(values.get((period, name))) for period in periods),
        )
        for name in names
    )
    band = (float(BAND.low), float(BAND.high), words.say("servitization.band"))
    plot = ReportPlot(
        PlotKind.LINES,
        words.say("servitization.plot"),
        tuple(periods),
        series,
        CellShape.PERCENT,
        band=band,
    )
    return (plot,) if len(periods) > 1 else ()


def _trend_values(whole: Dashboard) -> Mapping[tuple[str, str], Reported]:
    return {(each.period, each.figure.indicator.name): each for each in whole.trend if not each.key}


def _number(each: Reported | None) -> float | None:
    return None if each is None or each.figure.value is None else float(each.figure.value)


def _trend(whole: Dashboard, words: Words) -> ReportTable:
    values = _trend_values(whole)
    periods = list(dict.fromkeys(each.period for each in whole.trend))
    names = [name for name in HEADLINES if any((period, name) in values for period in periods)]
    rows = tuple(
        (text(period), *(of(values[period, name].figure, CellShape.PERCENT) for name in names))
        for period in periods
    )
    columns = (
        words.say("column.quarter"),
        *(words.named("indicator", name) for name in names),
    )
    return ReportTable(words.say("servitization.trend"), columns, rows)


def _of(last: Dashboard, name: str) -> list[Reported]:
    return [each for each in last.whole if each.figure.indicator.name == name and each.key]


def _matrix(last: Dashboard, words: Words) -> tuple[ReportTable, ...]:
    cells = {tuple(each.key.split("/")): each for each in _of(last, MATRIX) if "/" in each.key}
    if not cells:
        return ()
    classes = list(dict.fromkeys(key[0] for key in cells))
    bindings = list(dict.fromkeys(key[1] for key in cells))
    rows = tuple(
        (
            text(words.named("class", row)),
            *(
                of(cells[row, column].figure, CellShape.PERCENT)
                if (row, column) in cells
                else text("")
                for column in bindings
            ),
        )
        for row in classes
    )
    columns = (
        words.say("column.class"),
        *(words.named("binding", each) for each in bindings),
    )
    title = words.say("servitization.matrix", vintage=words.span(last.vintage))
    return (ReportTable(title, columns, rows),)


def _matrix_plot(last: Dashboard, words: Words) -> tuple[ReportPlot, ...]:
    cells = {tuple(each.key.split("/")): each for each in _of(last, MATRIX) if "/" in each.key}
    if not cells:
        return ()
    classes = list(dict.fromkeys(key[0] for key in cells))
    bindings = list(dict.fromkeys(key[1] for key in cells))
    series = tuple(
        PlotSeries(
            words.named("binding", binding),
            tuple(_number(cells.get((one, binding))) for one in classes),
        )
        for binding in bindings
    )
    labels = tuple(words.named("class", one) for one in classes)
    title = words.say("servitization.matrix_plot")
    return (ReportPlot(PlotKind.BARS, title, labels, series, CellShape.PERCENT),)


def _kinds(last: Dashboard, words: Words) -> tuple[ReportTable, ...]:
    rows = tuple(
        (text(words.named("kind", each.key)), of(each.figure, CellShape.PERCENT))
        for each in _of(last, KINDS)
    )
    columns = (words.say("column.kind"), words.say("column.share"))
    title = words.say("servitization.kinds", vintage=words.span(last.vintage))
    return (ReportTable(title, columns, rows),) if rows else ()


def _lines(last: Dashboard, words: Words) -> tuple[ReportTable, ...]:
    margins = {each.key: each for each in _of(last, MARGIN)}
    rows = []
    for each in last.stages:
        margin = margins.get(each.service_line)
        stage = each.missing if each.stage is None else words.say(f"stage.{each.stage.value}")
        rows.append(
            (
                text(each.service_line or words.say("not_said")),
                text(stage, is_english=each.stage is None),
                text("") if margin is None else of(margin.figure, CellShape.PERCENT),
            )
        )
    names = ("service_line", "stage", "gross_margin")
    columns = tuple(words.say(f"column.{name}") for name in names)
    title = words.say("servitization.lines", vintage=words.span(last.vintage))
    return (ReportTable(title, columns, tuple(rows)),) if rows else ()


def _alarms(last: Dashboard, words: Words) -> tuple[ReportTable, ...]:
    rows = tuple(
        (text(each.service_line), text(words.named("alarm", each.reason))) for each in last.alarms
    )
    columns = (words.say("column.service_line"), words.say("column.alarm"))
    return (ReportTable(words.say("servitization.alarms"), columns, rows),) if rows else ()


def _benchmark(found: Gathered, words: Words) -> tuple[ReportTable, ...]:
    rows = tuple(
        (text(words.indicator(each.indicator)), of(each, CellShape.PERCENT))
        for each in found.benchmark
    )
    columns = (words.say("column.definition"), words.say("column.value"))
    return (ReportTable(words.say("servitization.benchmark"), columns, rows),) if rows else ()
