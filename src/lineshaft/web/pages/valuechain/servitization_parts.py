"""The parts of the page of servitization: figures, matrix, kinds, stages, inputs."""

from collections.abc import Sequence

from lineshaft.valuechain.servitization.service import (
    COSTS_MORE,
    FALLING,
    Dashboard,
    MarginAlarm,
    Reported,
    Standing,
    revenue_figures,
    standing_figures,
)
from lineshaft.web import format as form
from lineshaft.web.components import Column, Row, badge, facts, notice, panel, table
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.valuechain.figure import worded
from lineshaft.web.pages.valuechain.firm_parts import DASH, reported
from lineshaft.web.pages.valuechain.servitization_plots import SHARES, periods_of, whole_of
from lineshaft.web.session import Preferences

MARGIN, MATRIX, KINDS, INPUTS = (
    "service_gross_margin",
    "customer_binding_matrix",
    "service_kinds",
    "input_servitization_firm",
)
HEADLINES = (*SHARES, MARGIN)
NOT_SAID = "not_said"
PERIODS_SHOWN = 60
BAR_WIDTH, BAR_HEIGHT = 1_000, 14
REASONS = {COSTS_MORE: "costs_more", FALLING: "falling"}
STAGES = {
    "embedded": "",
    "growing": "",
    "spin_off_candidate": "warn",
    "independent": "good",
    "feeding_back": "good",
}


def of(listed: Sequence[Reported], name: str) -> list[Reported]:
    """Return the figures of an indicator."""
    return [each for each in listed if each.figure.indicator.name == name]


def headline(reader: Preferences, found: Dashboard, before: Dashboard | None, version: str) -> Html:
    """Return the figures that come first, each with what it means.

    Args:
        reader: who looks.
        found: of the months that are asked for.
        before: of the same months a year before, where there are any.
        version: of the books.
    """
    known = {each.figure.indicator.name: each for each in whole_of(found.whole)}
    earlier = (
        {each.figure.indicator.name: each for each in whole_of(before.whole)} if before else {}
    )
    cards = [
        _card(reader, known[name], earlier.get(name), version)
        for name in HEADLINES
        if name in known
    ]
    services, everything = revenue_figures(found)
    pairs: list[tuple[str, Child]] = [
        (reader.say("servitization.months"), found.vintage.replace(" to ", " \N{EN DASH} ")),
        (
            reader.say("servitization.service_revenue"),
            reported(reader, services, version, found.currency),
        ),
        (
            reader.say("servitization.revenue"),
            reported(reader, everything, version, found.currency),
        ),
        (reader.say("servitization.line_count"), form.grouped(found.line_count)),
    ]
    return tag("div", tag("div", cards, class_="headlines"), facts(pairs), class_="part")


def _card(reader: Preferences, each: Reported, before: Reported | None, version: str) -> Html:
    """Return a figure with its name; without a value, with what is missing."""
    name, earlier = each.figure.indicator.name, None
    if before is not None:
        shown = reported(reader, before, version)
        earlier = tag("div", reader.say("servitization.before"), " ", shown, class_="before")
    said: Child = reader.say(f"servitization.means.{name}")
    if each.figure.value is None:
        said = [reader.say("servitization.not_measured"), " ", worded(reader, each.figure.missing)]
    return tag(
        "div",
        tag("h3", reader.say(f"servitization.name.{name}")),
        tag("div", reported(reader, each, version), class_="headline-value"),
        tag("p", said, class_="soft"),
        earlier,
        class_="headline",
    )


def alarms(reader: Preferences, found: Dashboard) -> list[Html]:
    """Return what threatens: services that cost more than they earn, or earn ever less."""
    lines = [_alarm(reader, each) for each in found.alarms]
    return [notice(reader.say("servitization.alarms"), *lines, kind="bad")] if lines else []


def _alarm(reader: Preferences, alarm: MarginAlarm) -> str:
    margins = ", ".join(
        f"{quarter} {form.percent(margin, 1)}" for quarter, margin in alarm.quarters
    )
    why = reader.say(f"servitization.alarm.{REASONS[alarm.reason]}")
    return reader.say("servitization.alarm_of", line=alarm.service_line, why=why, margins=margins)


def trend_table(reader: Preferences, found: Dashboard, version: str) -> Html:
    """Return the shares of each period as figures, the last period first."""
    columns = [Column(reader.say("servitization.period"))]
    columns += [
        Column(reader.say(f"servitization.name.{name}"), is_number=True) for name in HEADLINES
    ]
    known = {(each.period, each.figure.indicator.name): each for each in whole_of(found.trend)}
    rows = [
        Row(
            [
                period,
                *(
                    reported(reader, known[period, name], version)
                    if (period, name) in known
                    else DASH
                    for name in HEADLINES
                ),
            ]
        )
        for period in reversed(periods_of(found)[-PERIODS_SHOWN:])
    ]
    name = reader.say("servitization.trend_table")
    return tag("details", tag("summary", name), table(name, columns, rows))


def matrix(reader: Preferences, found: Dashboard, version: str) -> Html:
    """Return whom services are sold to, with or without a product: a cell is as dark as its share.

    What the books do not say of some lines has a row or a column of its own.
    """
    cells = {tuple(each.key.split("/")): each for each in of(found.whole, MATRIX)}
    classes = list(dict.fromkeys(key[0] for key in cells))
    bindings = list(dict.fromkeys(key[1] for key in cells))
    name = reader.say("servitization.matrix")
    heads = [
        tag("th", _named(reader, "binding", each), scope="col", class_="number")
        for each in bindings
    ]
    rows = [
        tag(
            "tr",
            tag("th", _named(reader, "customer_class", row), scope="row"),
            [_cell(reader, cells.get((row, column)), version) for column in bindings],
        )
        for row in classes
    ]
    corner = tag("td", reader.say("servitization.matrix_corner"), class_="soft")
    made = tag(
        "table",
        tag("caption", name, class_="visually-hidden"),
        tag("thead", tag("tr", corner, heads)),
        tag("tbody", rows),
        class_="matrix",
    )
    text = tag("p", reader.say("servitization.matrix_text"), class_="soft")
    return panel(name, tag("div", text, made, class_="part"))


def _cell(reader: Preferences, each: Reported | None, version: str) -> Html:
    if each is None:
        return tag("td", DASH, class_="number")
    share = float(each.figure.value or 0)
    shown = reported(reader, each, version)
    return tag("td", shown, class_="number shade", style=f"--share: {share * 100:.1f}%")


def _named(reader: Preferences, key: str, value: str) -> str:
    if value == NOT_SAID:
        return reader.say("servitization.not_said")
    return reader.say(f"offering.{key}.{value}")


def kinds(reader: Preferences, found: Dashboard, version: str) -> Html:
    """Return the five kinds of service as bars."""
    listed = of(found.whole, KINDS)
    top = max((float(each.figure.value or 0) for each in listed), default=0)
    rows = [
        tag(
            "li",
            tag("span", _named(reader, "service_class", each.key)),
            _bar(float(each.figure.value or 0), top),
            tag("span", reported(reader, each, version), class_="amounts"),
        )
        for each in listed
    ]
    text = tag("p", reader.say("servitization.kinds_text"), class_="soft")
    listed_rows = tag("ol", rows, class_="ranked")
    return panel(reader.say("servitization.kinds"), tag("div", text, listed_rows, class_="part"))


def _bar(share: float, top: float) -> Html:
    width = BAR_WIDTH * share / top if top > 0 else 0.0
    rect = tag("rect", x=0, y=0, width=f"{width:.1f}", height=BAR_HEIGHT, class_="plot-0")
    return tag("svg", rect, class_="plot-row", viewBox=f"0 0 {BAR_WIDTH} {BAR_HEIGHT}",
               preserveAspectRatio="none", aria_hidden="true")  # fmt: skip


def stages(reader: Preferences, found: Dashboard, version: str, files: Sequence[Html] = ()) -> Html:
    """Return where each service line stands between its product and a life of its own: advice."""
    columns = [
        Column(reader.say("servitization.service_line")),
        Column(reader.say("servitization.stage")),
        Column(reader.say("servitization.name.stand_alone_share"), is_number=True),
        Column(reader.say("servitization.name.service_gross_margin"), is_number=True),
        Column(reader.say("servitization.growth"), is_number=True),
        Column(reader.say("servitization.advice")),
    ]
    alarmed = {each.service_line: REASONS[each.reason] for each in found.alarms}
    rows = [
        _stage(reader, found, each, (version, alarmed.get(each.service_line, "")))
        for each in found.stages
    ]
    name = reader.say("servitization.stages")
    months = found.stage_months.replace("..", " \N{EN DASH} ")
    lead = tag("p", reader.say("servitization.stages_text", months=months), class_="pad soft")
    if not rows:
        nothing = tag("p", reader.say("servitization.no_service"), class_="pad")
        return panel(name, nothing, is_flush=True)
    return panel(name, lead, table(name, columns, rows), beside=files, is_flush=True)


def _stage(reader: Preferences, found: Dashboard, each: Standing, also: tuple[str, str]) -> Row:
    version, alarm = also
    figures = [reported(reader, one, version) for one in standing_figures(found, each)]
    if each.stage is None:
        stage: Child = badge(reader.say("servitization.stage_unknown"))
        advice: Child = worded(reader, each.missing)
    else:
        stage = badge(reader.say(f"servitization.stage.{each.stage}"), STAGES[each.stage])
        advice = reader.say(f"servitization.advice.{each.stage}")
    warned = badge(reader.say(f"servitization.alarm.{alarm}"), "bad") if alarm else None
    line = each.service_line or reader.say("servitization.not_said")
    return Row([line, [stage, warned], *figures, advice])


def inputs(reader: Preferences, found: Dashboard) -> Html:
    """Return how much of the cost is services, each definition under its name."""
    columns = [
        Column(reader.say("servitization.definition")),
        Column(reader.say("servitization.share"), is_number=True),
        Column(reader.say("servitization.what_it_counts")),
    ]
    rows = []
    for each in of(found.whole, INPUTS):
        key = each.key or "whole"
        counts: Child = reader.say(f"servitization.input_means.{key}")
        if each.figure.value is None:
            counts = [reader.say("servitization.not_measured"), " ",
                      worded(reader, each.figure.missing)]  # fmt: skip
        cells = [reader.say(f"servitization.input.{key}"), reported(reader, each), counts]
        rows.append(Row(cells))
    name = reader.say("servitization.inputs")
    text = tag("p", reader.say("servitization.inputs_text"), class_="pad soft")
    return panel(name, text, table(name, columns, rows), is_flush=True)
