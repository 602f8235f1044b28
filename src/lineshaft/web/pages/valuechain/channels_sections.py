"""The capital, the technology and the digital channel, each with its plots and its table."""

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

from lineshaft.valuechain.channels.model import quarters_between
from lineshaft.web import format as form
from lineshaft.web.components import (
    Column,
    Row,
    address,
    badge,
    facts,
    link_button,
    panel,
    sheets,
    table,
)
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.valuechain.channels_chosen import (
    CHANNELS,
    QUARTERS_SHOWN,
    RATIOS,
    Chosen,
    gaps,
    opened,
    percent,
    place_name,
    points,
)
from lineshaft.web.pages.valuechain.channels_plots import SERIES_MAX, Stack, intervals, stacked
from lineshaft.web.pages.valuechain.figure import money_of
from lineshaft.web.session import Visit

if TYPE_CHECKING:
    from lineshaft.valuechain.channels.service import ChannelFigure, LinkedLine

    Found = dict[str, dict[str, ChannelFigure]]

SUBSTITUTION, CONTRIBUTION = "substitution_effect", "factor_contribution"
RELEASED, GROWTH = "hours_released", "total_factor_productivity"
DIGITAL, CHANGE, SHARE = "digital_revenue", "digital_revenue_change", "digital_share"
PATTERN = "substitution"
TO, TO_NOBODY = "to ", "to no activity of it"
"""What hours that were released went to, as the figures say it."""
FACTORS = ("labour", "operating_capital", "it_capital", "services", "materials")
LINES_SHOWN = 20
LINKS = {
    "metered": "good",
    "no_usage_record": "",
    "machine_unknown": "warn",
    "not_connected": "",
}


def capital(visit: Visit, chosen: Chosen) -> list[Html]:
    """Return what factors were substituted, what monitoring released, and where hours went."""
    effect, terms = chosen.by_quarter(SUBSTITUTION), chosen.by_quarter(CONTRIBUTION)
    released = chosen.by_quarter(RELEASED)
    name = visit.say("channels.capital")
    parts: list[Child] = [tag("p", visit.say("channels.capital_text"), class_="soft")]
    parts.append(_means(visit, chosen, SUBSTITUTION))
    if effect:
        plot_name = visit.say("channels.substitution")
        drawn = points(effect, _all(effect))
        parts.append(intervals(plot_name, drawn, percent, is_joined=True))
    if released:
        parts.append(_hours(visit, released))
    parts.append(gaps(visit, chosen.gaps("capital")))
    made = [panel(name, tag("div", *parts, class_="part"), id_="capital")]
    if effect:
        made.append(_factor_table(visit, effect, terms))
    if released:
        made.append(_hours_table(visit, released))
    return made


def _all(found: "Found") -> tuple[str, ...]:
    """Return all quarters between the first and the last that is known."""
    return quarters_between(min(found), max(found))


def _quarter(quarter: str) -> Html:
    return tag("span", quarter, class_="nowrap")


def _last(found: "Found") -> list[str]:
    return list(reversed(found))[:QUARTERS_SHOWN]


def _means(visit: Visit, chosen: Chosen, *names: str) -> Html | None:
    pairs = [
        (visit.say(f"channels.mean.{name}", quarters=each.quarter), opened(visit, each))
        for name in names
        if (each := chosen.mean(name)) is not None
    ]
    return facts(pairs) if pairs else None


def _factor_table(visit: Visit, effect: "Found", terms: "Found") -> Html:
    name = visit.say("channels.factors")
    columns = [
        Column(visit.say("channels.quarter")),
        Column(visit.say("channels.substitution"), is_number=True),
        *(Column(visit.say(f"channels.factor.{each}"), is_number=True) for each in FACTORS),
    ]
    rows = []
    for quarter in _last(effect):
        of, each = next(iter(effect[quarter].items()))
        seen = [badge(visit.say("channels.is_substitution"), "good")] if of == PATTERN else []
        factors = [opened(visit, terms.get(quarter, {}).get(factor)) for factor in FACTORS]
        rows.append(Row([tag("div", _quarter(quarter), *seen), opened(visit, each), *factors]))
    lead = tag("p", visit.say("channels.factors_text"), class_="pad soft")
    return panel(name, lead, table(name, columns, rows), is_flush=True)


def _hours(visit: Visit, released: "Found") -> Html:
    quarters = _all(released)
    kinds = sorted({of for each in released.values() for of in each if of.startswith(TO)},
                   key=lambda of: (of == TO_NOBODY, of))  # fmt: skip
    own, rest = kinds[: SERIES_MAX - 1], kinds[SERIES_MAX - 1 :]
    stacks = [_stack(_activity(visit, of), [of], released, quarters) for of in own]
    if rest:
        stacks.append(_stack(visit.say("channels.other_activities"), rest, released, quarters))
    title = visit.say("channels.hours_went")
    return stacked(title, quarters, stacks, lambda value: f"{value:,.0f}\N{NO-BREAK SPACE}h")


def _stack(name: str, kinds: Sequence[str], found: "Found", quarters: Sequence[str]) -> Stack:
    values = [
        sum(
            float(found[quarter][of].figure.value or 0)
            for of in kinds
            if of in found.get(quarter, {})
        )
        for quarter in quarters
    ]
    return Stack(name, values)


def _activity(visit: Visit, of: str) -> str:
    if of == TO_NOBODY:
        return visit.say("channels.to_nobody")
    return of.removeprefix(TO)


def _hours_table(visit: Visit, released: "Found") -> Html:
    name = visit.say("channels.hours")
    columns = [
        Column(visit.say("channels.quarter")),
        Column(visit.say("channels.hours_released"), is_number=True),
        Column(visit.say("channels.where_to")),
    ]
    rows = []
    for quarter in _last(released):
        found = released[quarter]
        went = [
            tag("div", _activity(visit, of), ": ", opened(visit, each))
            for of, each in found.items()
            if of
        ]
        rows.append(Row([_quarter(quarter), opened(visit, found.get("")), went]))
    lead = tag("p", visit.say("channels.hours_text"), class_="pad soft")
    return panel(name, lead, table(name, columns, rows), is_flush=True)


def technology(visit: Visit, chosen: Chosen) -> list[Html]:
    """Return the productivity that no factor explains, with the method of each quarter."""
    growth = chosen.by_quarter(GROWTH)
    ratios = {name: chosen.by_quarter(name) for name in sorted(RATIOS)}
    name = visit.say("channels.technology")
    parts: list[Child] = [tag("p", visit.say("channels.technology_text"), class_="soft")]
    parts.append(_means(visit, chosen, GROWTH))
    if growth:
        drawn = points(growth, _all(growth))
        parts.append(intervals(visit.say("channels.growth"), drawn, percent, is_joined=True))
    if index := ratios["malmquist_index"]:
        drawn = points(index, _all(index))
        parts.append(
            intervals(
                visit.say("channels.malmquist_index"),
                drawn,
                lambda value: f"{value:.3f}",
                is_joined=True,
            )
        )
    parts.append(gaps(visit, chosen.gaps("technology")))
    made = [panel(name, tag("div", *parts, class_="part"), id_="technology")]
    if growth or any(ratios.values()):
        made.append(_growth_table(visit, chosen, growth, ratios))
    return made


def _growth_table(
    visit: Visit, chosen: Chosen, growth: "Found", ratios: "dict[str, Found]"
) -> Html:
    name = visit.say("channels.growth_by_quarter")
    shown = [each for each in sorted(RATIOS, reverse=True) if ratios[each]]
    columns = [
        Column(visit.say("channels.quarter")),
        Column(visit.say("channels.growth"), is_number=True),
        *(Column(visit.say(f"channels.{each}"), is_number=True) for each in shown),
        Column(visit.say("channels.method")),
    ]
    quarters = sorted({*growth, *chain.from_iterable(ratios.values())}, reverse=True)
    rows = []
    for quarter in quarters[:QUARTERS_SHOWN]:
        cells = [_only(growth, quarter), *(_only(ratios[each], quarter) for each in shown)]
        method = chosen.ledger.methods.get(quarter, "")
        rows.append(Row([quarter, *(opened(visit, one) for one in cells), visit.sentence(method)]))
    return panel(name, table(name, columns, rows), is_flush=True)


def _only(found: "Found", quarter: str) -> "ChannelFigure | None":
    return next(iter(found.get(quarter, {}).values()), None)


def digital(visit: Visit, chosen: Chosen, kept: dict[str, str], start: int) -> list[Html]:
    """Return the revenue whose meter reads a connected machine, down to lines and machines."""
    revenue, changed, share = (
        chosen.by_quarter(name, is_of_site=True) for name in (DIGITAL, CHANGE, SHARE)
    )
    parts: list[Child] = [tag("p", visit.say("channels.digital_text"), class_="soft")]
    if chosen.line:
        parts.append(tag("p", visit.say("channels.digital_of_site"), class_="soft"))
    if revenue:
        parts.append(_revenue_plot(visit, revenue))
    missing = chosen.gaps("digital", is_of_site=True)
    parts.append(gaps(visit, missing))
    made = [panel(visit.say("channels.digital"), tag("div", *parts, class_="part"), id_="digital")]
    if revenue:
        name = visit.say("channels.digital_by_quarter")
        columns = [
            Column(visit.say("channels.quarter")),
            Column(visit.say("channels.digital_revenue"), is_number=True),
            Column(visit.say("channels.digital_change"), is_number=True),
            Column(visit.say("channels.digital_share"), is_number=True),
        ]
        rows = [
            Row([quarter, *(opened(visit, _only(of, quarter)) for of in (revenue, changed, share))])
            for quarter in _last(revenue)
        ]
        made.append(panel(name, table(name, columns, rows), is_flush=True))
    if chosen.ledger.lines:
        made.append(_lines(visit, chosen, kept, start))
    return made


def _revenue_plot(visit: Visit, revenue: "Found") -> Html:
    quarters = _all(revenue)
    first = _only(revenue, min(revenue))
    currency = first.figure.indicator.unit if first else ""
    name = visit.say("channels.digital_revenue")
    bar = _stack(name, [""], revenue, quarters)
    return stacked(name, quarters, [bar], lambda value: f"{value:,.0f} {currency}")


def _lines(visit: Visit, chosen: Chosen, kept: dict[str, str], start: int) -> Html:
    name = visit.say("channels.lines")
    listed = [each for each in chosen.ledger.lines if chosen.site in {"", each.revenue.site}]
    listed.sort(key=lambda each: each.revenue.date, reverse=True)
    columns = [
        Column(visit.say("channels.document")),
        Column(visit.say("channels.date")),
        Column(visit.say("channels.service")),
        Column(visit.say("channels.amount"), is_number=True),
        Column(visit.say("channels.link")),
        Column(visit.say("channels.machines")),
    ]
    rows = [_line(visit, each) for each in listed[start : start + LINES_SHOWN]]
    files = sheets("/files/valuechain/channel-lines", kept | {"site": chosen.site})
    lead = tag("p", visit.say("channels.lines_text"), class_="pad soft")
    paging = _paging(visit, (start, len(listed)), kept | {"place": _place(chosen)})
    return panel(name, lead, table(name, columns, rows), paging, beside=files, is_flush=True,
                 id_="lines")  # fmt: skip


def _place(chosen: Chosen) -> str:
    return place_name(chosen.site, chosen.line)


def _line(visit: Visit, each: "LinkedLine") -> Row:
    line = each.revenue
    machines = sorted({one.machine for one in each.usage})
    records = ", ".join(sorted({f"{one.usage_record} ({one.meter})" for one in each.usage}))
    return Row(
        [
            f"{line.document} / {line.line}",
            form.date(line.date, visit.language),
            line.item,
            money_of(str(line.amount), line.currency),
            badge(visit.say(f"channels.is.{each.link}"), LINKS[each.link]),
            [", ".join(machines), tag("span", records, class_="sub") if records else None],
        ]
    )


def _paging(visit: Visit, place: tuple[int, int], kept: dict[str, str]) -> Html | None:
    start, count = place
    if count <= LINES_SHOWN:
        return None
    last = min(start + LINES_SHOWN, count)
    said = visit.say("channels.shown", first=start + 1, last=last, count=count)
    links: list[Child] = [tag("span", said, class_="soft")]
    if start:
        path = address(CHANNELS, kept) + "#lines"
        links.append(link_button(visit.say("paging.first"), path, kind="small"))
    if last < count:
        path = address(CHANNELS, kept | {"after": str(last)}) + "#lines"
        links.append(link_button(visit.say("paging.next"), path, kind="small"))
    return tag("nav", links, class_="paging", aria_label=visit.say("paging.label"))
