"""What an outage does: day by day, what it costs, what cures it; from the bytes of a scenario."""

import datetime as dt
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any

import msgspec

from lineshaft.core.money import Money
from lineshaft.valuechain.indicator import Figure, Indicator
from lineshaft.web import format as form
from lineshaft.web.components import Column, Row, facts, notice, panel, table
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.desk.plots import Series, bars
from lineshaft.web.pages.valuechain.figure import money_of, shown_figure
from lineshaft.web.session import Visit

ROWS_SHOWN = 100
LINES_SHOWN = 30
NAMES_SHOWN = 6
CONTRACTS_SHOWN = 20
STRIP_WIDTH, STRIP_HEIGHT = 1_000, 14
STATES = {"stopped": "class-down_provider", "short": "class-down_customer", "runs": "class-up"}
Content = Mapping[str, Any]


class Answered(msgspec.Struct, frozen=True):
    """A scenario as it is shown.

    Attributes:
        content: of its bytes.
        vintage: of the network: its version and the day of its stock.
        indicators: by name, of the figures.
        coverage: of the needed bought items, the part whose stock is known.
    """

    content: Content
    vintage: str
    indicators: Mapping[str, Indicator]
    coverage: Fraction

    @property
    def answer(self) -> Content:
        """What came out."""
        found: Content = self.content["answer"]
        return found

    @property
    def contracts(self) -> Mapping[str, int]:
        """The version of each contract whose own terms count, by id."""
        found: Mapping[str, int] = self.content.get("promises", {}).get("contracts", {})
        return found

    def figure(self, visit: Visit, name: str, amount: str) -> Html:
        """Return an amount with what it was computed from."""
        files = ", ".join(name for name, _ in self.content["inputs"])
        figure = Figure(self.indicators[name], Fraction(amount), files, self.vintage, self.coverage)
        return shown_figure(visit, money_of(amount, self.answer["currency"]), figure)


def answer_parts(visit: Visit, found: Answered) -> list[Html]:
    """Return everything that is shown of an answer."""
    answer = found.answer
    parts = [_summary(visit, found)]
    if answer["without_source"]:
        names = ", ".join(answer["without_source"][:NAMES_SHOWN])
        said = visit.say("supply.without_source", count=len(answer["without_source"]), names=names)
        parts.append(notice("", said, kind="warn"))
    if not answer["lines"]:
        said = tag("p", visit.say("supply.nothing_stops"))
        return [*parts, panel(None, said), *_cures(visit, found)]
    parts.append(_plots(visit, found))
    parts.append(_days(visit, found))
    parts.append(_orders(visit, answer["late_orders"]))
    parts.append(_guarantees(visit, found))
    return [*parts, *_cures(visit, found)]


def _summary(visit: Visit, found: Answered) -> Html:
    answer = found.answer
    stopped = [each for each in answer["lines"] if each["stopped_days"]]
    pairs: list[tuple[str, Child]] = [
        (
            visit.say("supply.lost_margin"),
            found.figure(visit, "lost_margin", answer["lost_margin"]),
        ),
        (visit.say("supply.peak"), found.figure(visit, "peak", answer["lost_margin_peak"])),
        (visit.say("supply.credits"), found.figure(visit, "credits", answer["credits"])),
        (visit.say("supply.lines_stopped"), form.grouped(len(stopped))),
        (visit.say("supply.orders_late"), form.grouped(len(answer["late_orders"]))),
        (visit.say("supply.guarantees_broken"), form.grouped(len(answer["guarantees"]))),
    ]
    return panel(visit.say("supply.answer"), facts(pairs))


def _plots(visit: Visit, found: Answered) -> Html:
    answer, unit = found.answer, found.answer["currency"]
    days = answer["days"]
    labels = [_date(visit, each["on"]) for each in days]
    lost = [Money.rounded(Fraction(each["lost_margin"]), unit) for each in days]
    name = visit.say("supply.lost_by_day")
    plot = bars(name, labels, [Series(visit.say("supply.lost_margin"), lost)])
    lines = sorted(answer["lines"], key=lambda each: -Fraction(each["lost_margin"]))
    strips = [_strip(visit, each["line"], days) for each in lines[:LINES_SHOWN]]
    more = len(lines) - LINES_SHOWN
    cut = tag("p", visit.say("supply.more", count=more), class_="soft") if more > 0 else None
    legend = [
        tag("span", tag("i", class_=f"swatch {colour}"), visit.say(f"supply.state.{state}"))
        for state, colour in STATES.items()
    ]
    content = tag(
        "div",
        plot,
        tag("h3", visit.say("supply.lines_by_day")),
        tag("div", legend, class_="legend"),
        tag("ol", strips, class_="ranked lines"),
        cut,
        class_="part",
    )
    return panel(visit.say("supply.by_day"), content)


def _state(line: str, day: Content) -> str:
    if line in day["stopped"]:
        return "stopped"
    return "short" if line in day["short"] else "runs"


def _strip(visit: Visit, line: str, days: Sequence[Content]) -> Html:
    """Draw the days of a line: what runs, what is short, what stands."""
    width, rects, first = STRIP_WIDTH / len(days), [], 0
    counts = dict.fromkeys(STATES, 0)
    for state, group in groupby(days, key=lambda day: _state(line, day)):
        count = len(list(group))
        counts[state] += count
        rects.append(
            tag(
                "rect",
                tag("title", f"{visit.say(f'supply.state.{state}')}: {count}"),
                x=f"{first * width:.2f}",
                y=0,
                width=f"{count * width:.2f}",
                height=STRIP_HEIGHT,
                class_=STATES[state],
            )
        )
        first += count
    said = visit.say("supply.line_days", stopped=counts["stopped"], short=counts["short"])
    image = tag("svg", rects, class_="plot-row", viewBox=f"0 0 {STRIP_WIDTH} {STRIP_HEIGHT}",
                preserveAspectRatio="none", role="img", aria_label=f"{line}: {said}")  # fmt: skip
    return tag("li", tag("span", line), image, tag("span", said, class_="amounts"))


def _days(visit: Visit, found: Answered) -> Html:
    """Return a row for each span of days on which the same lines stand and run short."""
    answer = found.answer
    columns = [
        Column(visit.say("supply.days")),
        Column(visit.say("supply.state.stopped")),
        Column(visit.say("supply.state.short")),
        Column(visit.say("supply.orders_late"), is_number=True),
        Column(visit.say("supply.lost_so_far"), is_number=True),
    ]
    rows = []
    for (stopped, short, late), group in groupby(
        answer["days"], key=lambda day: _day_key(day, answer["late_orders"])
    ):
        span = list(group)
        first, last = (_date(visit, span[place]["on"]) for place in (0, -1))
        lost = money_of(span[-1]["lost_margin"], answer["currency"])
        named = first if first == last else f"{first} \N{EN DASH} {last}"
        rows.append(Row([named, _names(stopped), _names(short), str(late), lost]))
    name = visit.say("supply.day_by_day")
    more = len(rows) - ROWS_SHOWN
    cut = tag("p", visit.say("supply.more", count=more), class_="pad") if more > 0 else None
    return panel(name, table(name, columns, rows[:ROWS_SHOWN]), cut, is_flush=True)


def _day_key(
    day: Content, orders: Sequence[Content]
) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    late = sum(
        each["due_on"] <= day["on"] and (each["delivered_on"] or "9999") > day["on"]
        for each in orders
    )
    return tuple(day["stopped"]), tuple(day["short"]), late


def _names(names: Sequence[str]) -> str:
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" +{more}" if more > 0 else "")


def _orders(visit: Visit, orders: Sequence[Content]) -> Html:
    name = visit.say("supply.late_orders")
    if not orders:
        return panel(name, tag("p", visit.say("supply.no_late_order")))
    columns = [
        Column(visit.say("supply.order")),
        Column(visit.say("supply.customer")),
        Column(visit.say("supply.due")),
        Column(visit.say("supply.delivered")),
        Column(visit.say("supply.late_days"), is_number=True),
    ]
    rows = [
        Row(
            [
                each["order"],
                each["customer"],
                _date(visit, each["due_on"]),
                _date(visit, each["delivered_on"])
                if each["delivered_on"]
                else visit.say("supply.not_within"),
                form.grouped(each["late_days"]),
            ]
        )
        for each in orders[:ROWS_SHOWN]
    ]
    more = len(orders) - ROWS_SHOWN
    cut = tag("p", visit.say("supply.more", count=more), class_="pad") if more > 0 else None
    return panel(name, table(name, columns, rows), cut, is_flush=True)


def _guarantees(visit: Visit, found: Answered) -> Html:
    name, listed = visit.say("supply.broken"), found.answer["guarantees"]
    said = _promises(visit, found)
    if not listed:
        return panel(name, tag("p", visit.say("supply.no_broken")), *said)
    unit = found.answer["currency"]
    columns = [
        Column(visit.say("supply.contract")),
        Column(visit.say("supply.guarantee")),
        Column(visit.say("supply.item")),
        Column(visit.say("supply.month")),
        Column(visit.say("supply.reached"), is_number=True),
        Column(visit.say("supply.target"), is_number=True),
        Column(visit.say("supply.credit"), is_number=True),
        Column(visit.say("supply.amount"), is_number=True),
    ]
    rows = [
        Row(
            [
                _contract(each["contract"], found.contracts),
                each["guarantee"],
                each["item"],
                each["month"],
                form.rounded(Fraction(each["value"]), 3),
                form.rounded(Fraction(each["target"]), 3),
                form.percent(Fraction(each["credit"])),
                form.amount(each["amount"], unit),
            ]
        )
        for each in listed[:ROWS_SHOWN]
    ]
    more = len(listed) - ROWS_SHOWN
    cut = tag("p", visit.say("supply.more", count=more), class_="pad") if more > 0 else None
    below = tag("div", said, class_="pad") if said else None
    return panel(name, table(name, columns, rows), cut, below, is_flush=True)


def _contract(id_: str, contracts: Mapping[str, int]) -> Child:
    """Return the id of a contract; of one whose own terms count, as a link to its page."""
    return tag("a", id_, href=f"/contracts/{id_}") if id_ in contracts else id_


def _promises(visit: Visit, found: Answered) -> list[Html]:
    """Say whose terms count, and which guarantees do not."""
    said = []
    if found.contracts:
        day = _date(visit, found.content["question"]["start_on"])
        named: list[Child] = []
        for id_, version in list(found.contracts.items())[:CONTRACTS_SHOWN]:
            each = visit.say("supply.contract_version", version=version)
            named += [", " if named else " ", _contract(id_, found.contracts), f" ({each})"]
        more = len(found.contracts) - CONTRACTS_SHOWN
        named.append(f" +{more}" if more > 0 else None)
        said.append(tag("p", visit.say("supply.by_contracts", day=day), named, class_="soft"))
    left_out = found.content.get("promises", {}).get("left_out", ())
    lines = [
        visit.say(
            f"supply.left_out.{each['why']}",
            contract=each["contract"],
            guarantee=each["guarantee"],
            item=each["item"],
        )
        for each in left_out[:CONTRACTS_SHOWN]
    ]
    if len(left_out) > CONTRACTS_SHOWN:
        lines.append(f"+{len(left_out) - CONTRACTS_SHOWN}")
    if lines:
        said.append(notice(visit.say("supply.left_out"), *lines, kind="warn"))
    return said


def _cures(visit: Visit, found: Answered) -> list[Html]:
    """Return the cheapest cures, and what they leave; nothing where no goal was asked for."""
    answer = found.answer
    if "cures" not in answer:
        return []
    unit, cured = answer["currency"], answer["cured"]
    cost = ", ".join(form.amount(text, code) for code, text in answer["cost"].items())
    columns = [
        Column(visit.say("supply.what")),
        Column(visit.say("supply.uncured"), is_number=True),
        Column(visit.say("supply.cured"), is_number=True),
    ]

    def row(key: str, of: str) -> Row:
        return Row([visit.say(key), money_of(answer[of], unit), money_of(cured[of], unit)])

    def counted(key: str, of: str) -> Row:
        return Row([visit.say(key), str(len(answer[of])), str(len(cured[of]))])

    rows = [
        row("supply.lost_margin", "lost_margin"),
        row("supply.credits", "credits"),
        counted("supply.lines_hit", "lines"),
        counted("supply.orders_late", "late_orders"),
    ]
    pairs: list[tuple[str, Child]] = [
        (visit.say("supply.chosen"), ", ".join(answer["cures"]) or visit.say("supply.no_cure")),
        (visit.say("supply.cost"), cost or money_of("0", unit)),
    ]
    name = visit.say("supply.cures")
    proven = tag("p", visit.say("supply.proven"), class_="soft")
    return [
        panel(name, tag("div", facts(pairs), proven, table(name, columns, rows), class_="part"))
    ]


def _date(visit: Visit, text: str) -> str:
    return form.date(dt.date.fromisoformat(text), visit.language)
