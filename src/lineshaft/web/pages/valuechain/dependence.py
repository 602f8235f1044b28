"""Strength beside dependence: the firm's own items, and the products of a country."""

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from fastapi import Request

from lineshaft.core.errors import NotFound, PreconditionFailed
from lineshaft.core.money import round_half_away
from lineshaft.web import format as form
from lineshaft.web.components import (
    Column,
    Row,
    badge,
    empty_state,
    facts,
    link_button,
    page_head,
    panel,
    sheets,
    table,
)
from lineshaft.web.errors import reason
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.valuechain.dependence_world import world
from lineshaft.web.pages.valuechain.figure import shown_figure
from lineshaft.web.pages.valuechain.quadrant import BADGES, FIELDS, Axes, Dot, picture
from lineshaft.web.pages.valuechain.register import number_of
from lineshaft.web.pages.valuechain.tabs import REGISTER, tabs
from lineshaft.web.session import Visit

if TYPE_CHECKING:
    from lineshaft.valuechain.paradox.service import PlacedItem

BOOKS = "/valuechain/books"
ITEMS_SHOWN = 100
LABELLED = 30
"""Points with a label: more of them could not be read."""
EXAMPLE = "competitiveness.csv: item, win_rate, price_premium, market_share"
NAMES = ("competitive", "vulnerable", "vulnerability", "controllability")
DECIMALS = 2


async def build(visit: Visit, request: Request) -> None:
    """Show the quadrant of the firm's items, and that of a country's products."""
    name = visit.say("dependence.title")
    title(visit, name)
    lead = visit.say("dependence.lead")
    show(page_head(name, lead=lead, beside=tabs(visit, "dependence.title")))
    version = number_of(request.query_params.get("version"))
    for part in await _own(visit, version):
        show(part)
    for part in await world(visit, request):
        show(part)


async def _own(visit: Visit, version: int | None) -> list[Html]:
    """Return the firm's part, or what is missing for it."""
    name = visit.say("dependence.own")
    firm, networks = visit.application.firm, visit.application.networks
    try:
        placed = await visit.ask(firm.items, version=version)
        names = (await visit.ask(networks.choices)).parts
    except (NotFound, PreconditionFailed) as error:
        return [panel(name, _missing(visit, error))]
    query = {"version": str(version)} if version else {}
    files = sheets("/files/valuechain/items", query)
    order = list(FIELDS)
    placed = sorted(placed, key=lambda each: order.index(each.point.quadrant))
    lead = tag("p", visit.say("dependence.own_text"), class_="soft")
    dots = _dots(visit, placed, names)
    axes = Axes(
        visit.say("dependence.own_picture"),
        visit.say("dependence.across"),
        visit.say("dependence.up"),
    )
    inner = tag("div", lead, _counts(visit, placed), picture(visit, axes, dots), class_="part")
    drawn = panel(name, inner, beside=files)
    return [drawn, _table(visit, placed, names)]


def _missing(visit: Visit, error: NotFound | PreconditionFailed) -> Html:
    links = [
        link_button(visit.say("dependence.to_books"), BOOKS, kind="primary"),
        link_button(visit.say("dependence.to_network"), REGISTER),
    ]
    said = visit.say("dependence.own_none.title"), visit.say("dependence.own_none.text")
    return tag("div", empty_state(*said, EXAMPLE, links), reason(visit, error, "p"))


def _counts(visit: Visit, placed: "Sequence[PlacedItem]") -> Html:
    counts = {name: sum(each.point.quadrant == name for each in placed) for name in FIELDS}
    return facts(
        (visit.say(f"dependence.field.{key}"), form.grouped(counts[name]))
        for name, key in FIELDS.items()
    )


def _dots(visit: Visit, placed: "Sequence[PlacedItem]", names: dict[str, str]) -> list[Dot]:
    found = []
    for number, each in enumerate(placed, start=1):
        point, field = each.point, FIELDS[each.point.quadrant]
        name = names.get(point.item, point.item)
        said = visit.say(
            "dependence.said",
            name=name,
            field=visit.say(f"dependence.field.{field}"),
            competitive=form.percent(point.competitiveness_percentile, 0),
            vulnerable=form.percent(point.vulnerability_percentile, 0),
        )
        place = float(point.competitiveness_percentile), float(point.vulnerability_percentile)
        label = number if number <= LABELLED else 0
        found.append(Dot(label, name, *place, field, f"#item-{number}", said))
    return found


def _table(visit: Visit, placed: "Sequence[PlacedItem]", names: dict[str, str]) -> Html:
    name = visit.say("dependence.items")
    columns = [
        Column(visit.say("dependence.item")),
        Column(visit.say("dependence.field")),
        Column(visit.say("dependence.weakest")),
        *(Column(visit.say(f"dependence.{each}"), is_number=True) for each in NAMES),
    ]
    rows = [
        _row(visit, number, each, names)
        for number, each in enumerate(placed[:ITEMS_SHOWN], start=1)
    ]
    more = len(placed) - ITEMS_SHOWN
    cut = tag("p", visit.say("supply.more", count=more), class_="pad") if more > 0 else None
    return panel(name, table(name, columns, rows), cut, is_flush=True)


def _row(visit: Visit, number: int, each: "PlacedItem", names: dict[str, str]) -> Row:
    point, field = each.point, FIELDS[each.point.quadrant]
    shown = [
        shown_figure(visit, f"{round_half_away(Fraction(one.value or 0), DECIMALS):f}", one)
        for one in each.figures
    ]
    weakest: Child = None
    if point.weakest:
        known = names.get(point.weakest, point.weakest)
        weakest = tag("a", known, href=f"{REGISTER}?q={point.weakest}")
    cells = [
        [f"{number}. {names.get(point.item, point.item)}", tag("span", point.item, class_="sub")],
        badge(visit.say(f"dependence.field.{field}"), BADGES[field]),
        weakest,
        *shown,
    ]
    return Row(cells, {"id": f"item-{number}"})
