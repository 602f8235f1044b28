"""The outage what-if: days, credits, the cheapest cures."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from lineshaft.valuechain.indicator import Figure, Indicator
from lineshaft.valuechain.report.gathering import Gathered, OutageAnswer
from lineshaft.valuechain.report.indicators import CURE_COST, STOPPED_DAYS
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
from lineshaft.valuechain.report.sections.cells import count, day, lacking, money, of, text
from lineshaft.valuechain.report.shown import day as shown_day
from lineshaft.valuechain.report.shown import shown
from lineshaft.valuechain.report.words import Words
from lineshaft.valuechain.supplynetwork.model import SupplyNetwork
from lineshaft.valuechain.supplynetwork.versions.model import INDICATORS

Content = Mapping[str, Any]
LINES_PLOTTED = 12
FILES = "the network's files"


def outage_section(found: Gathered, words: Words) -> ReportSection:
    """Return what an outage stops and costs, and what cures it."""
    answer, missing = found.outage, lacking(words, found, "outage")
    if answer is None or found.register is None:
        return ReportSection("outage", words.say("outage"), missing=missing)
    network = found.register.network
    lines = answer.content["answer"]["lines"]
    return ReportSection(
        "outage",
        words.say("outage"),
        lead=_question(answer.content["question"], network, words),
        headlines=outage_headlines(answer, words),
        plots=_plots(answer.content, words) if lines else (),
        tables=(
            *_lines(answer, words),
            *_cured(answer, words),
            *_orders(answer.content["answer"], words),
            *_guarantees(answer.content["answer"], words),
        ),
        notes=_notes(answer.content, words),
        missing=missing,
    )


def outage_headlines(answer: OutageAnswer, words: Words) -> tuple[Headline, ...]:
    """Return lost margin, credits, and the cost of the cures."""
    content = answer.content["answer"]
    unit = content["currency"]
    lost = _amount(answer, "lost_margin", content["lost_margin"])
    peak = _amount(answer, "peak", content["lost_margin_peak"])
    credits_ = _amount(answer, "credits", content["credits"])
    contracts = {each["contract"] for each in content["guarantees"]}
    broken = words.say("summary.credits_note", count=len(contracts)) if contracts else ""
    note = words.say("outage.lost_margin_note")
    found = [
        Headline(words.say("outage.lost_margin"), money(lost, unit), note),
        Headline(words.say("outage.peak"), money(peak, unit)),
        Headline(words.say("outage.credits"), money(credits_, unit), broken),
    ]
    if "cures" in content:
        cost = Fraction(content["cost"].get(unit, "0"))
        figure = _figure(answer, CURE_COST, cost)
        proven = words.say("outage.cost_note")
        found.append(Headline(words.say("outage.cost"), money(figure, unit), proven))
    return tuple(found)


def _amount(answer: OutageAnswer, name: str, value: str) -> Figure:
    return _figure(answer, INDICATORS[name], Fraction(value))


def _figure(answer: OutageAnswer, indicator: Indicator, value: Fraction | int) -> Figure:
    return Figure(indicator, value, FILES, answer.vintage, answer.coverage)


def _question(question: Content, network: SupplyNetwork, words: Words) -> str:
    names = {each.id: each.name for each in network.suppliers}
    names |= {each.id: each.name for each in network.items}
    targets = ", ".join(names.get(each) or each for each in question["targets"])
    start = dt.date.fromisoformat(question["start_on"])
    return words.say(
        "outage.lead",
        kind=words.say(f"outage.kind.{question['kind']}"),
        targets=targets,
        start=shown_day(start, words.language),
        days=question["days"],
        horizon=question["horizon_days"],
    )


def _notes(content: Content, words: Words) -> tuple[str, ...]:
    goal, answer = content["question"]["goal"], content["answer"]
    found = []
    if not answer["lines"]:
        found.append(words.say("outage.no_lines"))
    if goal is not None:
        unit = answer["currency"]
        parts = [words.say("outage.goal_lines", lines=", ".join(goal["lines"]))] * bool(
            goal["lines"]
        )
        for key, name in (("goal_margin", "lost_margin_max"), ("goal_credits", "credits_max")):
            if goal[name] is not None:
                cell = ReportCell(Fraction(goal[name]), CellShape.MONEY, unit)
                amount = shown(cell, words.language)
                parts.append(words.say(f"outage.{key}", amount=amount))
        found.append(words.say("outage.goal", goal=words.listed(parts)))
    if "cures" in answer:
        names = ", ".join(answer["cures"])
        key = "outage.chosen" if names else "outage.no_cure_needed"
        found.append(words.say(key, names=names))
    return tuple(found)


def _plots(content: Content, words: Words) -> tuple[ReportPlot, ReportPlot]:
    days: Sequence[Content] = content["answer"]["days"]
    labels = tuple(each["on"] for each in days)
    hit = [each["line"] for each in content["answer"]["lines"]][:LINES_PLOTTED]
    strips = tuple(PlotSeries(line, tuple(_state(line, each) for each in days)) for line in hit)
    states = tuple(words.say(f"outage.{name}") for name in ("runs", "short", "stopped"))
    lost = PlotSeries("", tuple(float(Fraction(each["lost_margin"])) for each in days))
    unit = content["answer"]["currency"]
    title = words.say("outage.lost_by_day")
    return (
        ReportPlot(PlotKind.STRIPS, words.say("outage.plot"), labels, strips, axes=states),
        ReportPlot(PlotKind.LINES, title, labels, (lost,), CellShape.MONEY, unit),
    )


def _state(line: str, day_: Content) -> float:
    if line in day_["stopped"]:
        return 2.0
    return 1.0 if line in day_["short"] else 0.0


def _lines(answer: OutageAnswer, words: Words) -> tuple[ReportTable, ...]:
    content = answer.content["answer"]
    if not content["lines"]:
        return ()
    start = dt.date.fromisoformat(answer.content["question"]["start_on"])
    rows = []
    for each in content["lines"]:
        first = each["first_stopped_day"]
        lost = _amount(answer, "lost_margin", each["lost_margin"])
        stopped = _figure(answer, STOPPED_DAYS, each["stopped_days"])
        rows.append(
            (
                text(each["line"]),
                of(stopped, CellShape.COUNT),
                day(None if first is None else start + dt.timedelta(days=first)),
                money(lost, content["currency"]),
            )
        )
    names = ("line", "stopped_days", "first_stopped", "lost_margin")
    return (_table(words, "outage.lines", names, rows),)


def _cured(answer: OutageAnswer, words: Words) -> tuple[ReportTable, ...]:
    content = answer.content["answer"]
    if "cured" not in content:
        return ()
    unit, cured = content["currency"], content["cured"]

    def both(key: str, name: str, of_: str) -> tuple[ReportCell, ...]:
        values = (content[of_], cured[of_])
        return text(words.say(key)), *(money(_amount(answer, name, v), unit) for v in values)

    rows = [
        both("outage.lost_margin", "lost_margin", "lost_margin"),
        both("outage.peak", "peak", "lost_margin_peak"),
        both("outage.credits", "credits", "credits"),
    ]
    for key, name in (("outage.lines", "lines"), ("outage.orders", "late_orders")):
        numbers = (count(len(content[name])), count(len(cured[name])))
        rows.append((text(words.say(key)), *numbers))
    return (_table(words, "outage.cures", ("what", "without", "with"), rows),)


def _orders(content: Content, words: Words) -> tuple[ReportTable, ...]:
    if not content["late_orders"]:
        return ()
    late = words.say("not_within")
    rows = [
        (
            text(each["order"]),
            text(each["customer"]),
            day(each["due_on"]),
            day(each["delivered_on"]) if each["delivered_on"] else text(late),
            count(each["late_days"]),
        )
        for each in content["late_orders"]
    ]
    names = ("order", "customer", "due", "delivered", "late_days")
    return (_table(words, "outage.orders", names, rows),)


def _guarantees(content: Content, words: Words) -> tuple[ReportTable, ...]:
    """Return the credits by contract, and every month of every guarantee for those who ask."""
    listed, unit = content["guarantees"], content["currency"]
    if not listed:
        return ()
    months: dict[tuple[str, str], set[str]] = defaultdict(set)
    amounts: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for each in listed:
        key = each["contract"], each["guarantee"]
        months[key].add(each["month"])
        amounts[key] += Fraction(each["amount"])
    rows = [
        (
            text(contract),
            text(guarantee),
            count(len(months[contract, guarantee])),
            ReportCell(amounts[contract, guarantee], CellShape.MONEY, unit),
        )
        for contract, guarantee in months
    ]
    names = ("contract", "guarantee", "months", "credit")
    each_month = [
        (
            text(each["contract"]),
            text(each["guarantee"]),
            text(each["month"]),
            _reached(each, "value", words),
            _reached(each, "target", words),
            ReportCell(Fraction(each["amount"]), CellShape.MONEY, unit),
        )
        for each in listed
    ]
    all_names = ("contract", "guarantee", "month", "reached", "promised", "credit")
    return (
        _table(words, "outage.guarantees", names, rows),
        _table(words, "outage.all_guarantees", all_names, each_month, shown_max=0),
    )


def _reached(each: Content, key: str, words: Words) -> ReportCell:
    """Return a ratio for an availability, hours for a restoration."""
    value = Fraction(each[key])
    if max(Fraction(each["target"]), value) <= 1:
        return ReportCell(value, CellShape.PERCENT)
    return ReportCell(value, CellShape.DAYS, words.say("hours"))


def _table(
    words: Words,
    title: str,
    names: Sequence[str],
    rows: Sequence[tuple[ReportCell, ...]],
    shown_max: int = 25,
) -> ReportTable:
    columns = tuple(words.say(f"column.{name}") for name in names)
    return ReportTable(words.say(title), columns, tuple(rows), shown_max=shown_max)
