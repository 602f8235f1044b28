"""The three channels: digital revenue by quarter, what replaced what, what the roll-out did."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from lineshaft.valuechain.channels.service import ChannelFigure, ChannelLedger
from lineshaft.valuechain.indicator import Figure
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
from lineshaft.valuechain.report.sections.cells import lacking, money, of, text
from lineshaft.valuechain.report.shown import shown
from lineshaft.valuechain.report.words import Words

REVENUE, SHARE = "digital_revenue", "digital_share"
COLUMNS = {
    REVENUE: CellShape.MONEY,
    SHARE: CellShape.PERCENT,
    "substitution_effect": CellShape.PERCENT,
    "total_factor_productivity": CellShape.PERCENT,
    "hours_released": CellShape.DAYS,
}
ROLL_OUT = ("roll_out_effect", "roll_out_placebo", "before_after_change")
QUARTERS_PER_YEAR = 4


def channels_section(found: Gathered, words: Words) -> ReportSection:
    """Return what each channel did, quarter by quarter."""
    ledger, missing = found.ledger, lacking(words, found, "channels")
    if ledger is None:
        return ReportSection("channels", words.say("channels"), missing=missing)
    by_name = {name: _quarters(ledger, name) for name in COLUMNS}
    known = {
        name: rows
        for name, rows in by_name.items()
        if any(each.value is not None for each in rows.values())
    }
    return ReportSection(
        "channels",
        words.say("channels"),
        lead=words.say("channels.lead"),
        headlines=(*digital_headlines(ledger, words), *_roll_out(ledger, words)),
        plots=_plot(known.get(REVENUE, {}), words),
        tables=_table(known, words),
        notes=_claim(ledger, words),
        missing=missing + _unmeasured(by_name, known, words),
    )


def _firm(ledger: ChannelLedger) -> Sequence[ChannelFigure]:
    return [each for each in ledger.figures if not each.site and not each.line]


def _quarters(ledger: ChannelLedger, name: str) -> dict[str, Figure]:
    """Return the firm's figure of each quarter, not those of its parts and means."""
    parts = {"mean of quarters", "geometric mean of lines"}
    return {
        each.quarter: each.figure
        for each in _firm(ledger)
        if each.figure.indicator.name == name
        and each.of not in parts
        and not each.of.startswith("to ")
    }


def digital_headlines(ledger: ChannelLedger, words: Words) -> tuple[Headline, ...]:
    """Return the revenue of the digital channel in the last four quarters, and in those before."""
    rows = {
        quarter: figure
        for quarter, figure in sorted(_quarters(ledger, REVENUE).items())
        if figure.value is not None
    }
    quarters = list(rows)
    found = []
    last = quarters[-QUARTERS_PER_YEAR:]
    before = quarters[-2 * QUARTERS_PER_YEAR : -QUARTERS_PER_YEAR]
    for key, chosen in (("channels.digital", last), ("channels.digital_before", before)):
        if len(chosen) == QUARTERS_PER_YEAR:
            total = _total([rows[each] for each in chosen])
            label = words.say(key, first=chosen[0], last=chosen[-1])
            found.append(Headline(label, money(total, total.indicator.unit)))
    return tuple(found)


def _total(figures: Sequence[Figure]) -> Figure:
    """Add up revenue of quarters; what covers the least of them covers the sum."""
    value = sum((Fraction(each.value or 0) for each in figures), Fraction(0))
    first, last = figures[0], figures[-1]
    return Figure(
        last.indicator,
        Decimal(value.numerator) / value.denominator,
        last.table,
        f"{first.vintage}..{last.vintage}",
        min(each.coverage for each in figures),
    )


def _roll_out(ledger: ChannelLedger, words: Words) -> tuple[Headline, ...]:
    found = []
    for each in _firm(ledger):
        figure = each.figure
        if figure.indicator.name != ROLL_OUT[0] or figure.value is None:
            continue
        note = ""
        if figure.low is not None and figure.high is not None:
            low, high = (
                shown(ReportCell(bound, CellShape.PERCENT), words.language)
                for bound in (figure.low, figure.high)
            )
            note = words.say("interval", low=low, high=high)
        label = words.indicator(figure.indicator)
        found.append(Headline(label, of(figure, CellShape.PERCENT), note))
    return tuple(found)


def _claim(ledger: ChannelLedger, words: Words) -> tuple[str, ...]:
    claim = words.say(f"claim.{ledger.claim.value}")
    return (f"{words.say('channels.claim')}: {claim}",)


def _plot(rows: dict[str, Figure], words: Words) -> tuple[ReportPlot, ...]:
    quarters = sorted(rows)
    if not quarters:
        return ()
    values = tuple(None if rows[q].value is None else float(rows[q].value or 0) for q in quarters)
    unit = rows[quarters[-1]].indicator.unit
    title = words.say("channels.plot")
    series = (PlotSeries("", values),)
    return (ReportPlot(PlotKind.BARS, title, tuple(quarters), series, CellShape.MONEY, unit),)


def _table(known: dict[str, dict[str, Figure]], words: Words) -> tuple[ReportTable, ...]:
    quarters = sorted({quarter for rows in known.values() for quarter in rows})
    rows = []
    for quarter in quarters:
        cells = [_cell(name, known[name].get(quarter)) for name in known]
        rows.append((text(quarter), *cells))
    columns = (
        words.say("column.quarter"),
        *(words.named("indicator", name) for name in known),
    )
    return (ReportTable(words.say("channels.table"), columns, tuple(rows)),) if rows else ()


def _cell(name: str, figure: Figure | None) -> ReportCell:
    if figure is None:
        return text("")
    if name == REVENUE:
        return money(figure, figure.indicator.unit)
    return of(figure, COLUMNS[name])


def _unmeasured(
    by_name: dict[str, dict[str, Figure]], known: dict[str, dict[str, Figure]], words: Words
) -> tuple[str, ...]:
    found = []
    for name, rows in by_name.items():
        if name in known:
            continue
        reasons = dict.fromkeys(each.missing for each in rows.values() if each.missing)
        detail = "; ".join(list(reasons)[:2]) or "-"
        said = words.named("indicator", name)
        found.append(words.say("lack.not_measured", name=said, detail=detail))
    return tuple(found)
