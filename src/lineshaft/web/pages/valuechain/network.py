"""The network as a picture that stays readable, and as a table by country and port."""

import asyncio
from collections.abc import Mapping
from fractions import Fraction
from math import log2
from typing import Any

from fastapi import Request

from lineshaft.web import format as form
from lineshaft.web.components import Column, Row, address, page_head, panel, table
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, tag
from lineshaft.web.pages.valuechain.figure import money_of
from lineshaft.web.pages.valuechain.register import nothing_yet, number_of
from lineshaft.web.pages.valuechain.tabs import REGISTER, tabs
from lineshaft.web.session import Visit

ROW_HEIGHT, COLUMN_WIDTH, MARGIN_X = 26, 210, 20
NODE_WIDTH, NODE_HEIGHT = 150, 20
NAME_CHARACTERS = 20
PLACES_SHOWN = 100
STROKE_MAX = 6
Node = Mapping[str, Any]


async def build(visit: Visit, request: Request) -> None:
    """Show a version of the network."""
    title(visit, visit.say("supply.network"))
    networks = visit.application.networks
    known = await visit.ask(networks.versions)
    lead = visit.say("supply.network_lead")
    show(page_head(visit.say("supply.network"), lead=lead, beside=tabs(visit, "supply.network")))
    if not known:
        show(nothing_yet(visit), "panel")
        return
    version = number_of(request.query_params.get("version"))
    found = await visit.ask(networks.picture, version)
    drawn = await asyncio.to_thread(_picture, visit, found)
    text = tag("p", visit.say("supply.picture_text"), class_="soft")
    show(panel(visit.say("supply.picture"), text, drawn))
    show(_places(visit, found))


def _picture(visit: Visit, found: Mapping[str, Any]) -> Html:
    """Draw nodes in columns from the tiers below to the lines, and what flows between them."""
    nodes: dict[str, Node] = {each["id"]: each for each in found["nodes"]}
    last = max((each["column"] for each in found["nodes"]), default=0)
    counts: dict[int, int] = {}
    for each in found["nodes"]:
        counts[each["column"]] = counts.get(each["column"], 0) + 1
    height = (max(counts.values(), default=1) + 1) * ROW_HEIGHT
    width = last * COLUMN_WIDTH + NODE_WIDTH + 2 * MARGIN_X

    def place(node: Node) -> tuple[float, float]:
        x = MARGIN_X + float(Fraction(node["x"])) * last * COLUMN_WIDTH
        return x, float(Fraction(node["y"])) * height

    links = []
    for each in found["links"]:
        x1, y1 = place(nodes[each["source"]])
        x2, y2 = place(nodes[each["target"]])
        start, middle = x1 + NODE_WIDTH, (x1 + NODE_WIDTH + x2) / 2
        links.append(
            tag(
                "path",
                d=f"M{start:.1f} {y1:.1f}C{middle:.1f} {y1:.1f} {middle:.1f} {y2:.1f} "
                f"{x2:.1f} {y2:.1f}",
                stroke_width=f"{min(1 + log2(each['count']), STROKE_MAX):.1f}",
            )
        )
    drawn = [
        _node(visit, each, place(each), _kind(each["column"], last)) for each in nodes.values()
    ]
    picture = tag(
        "svg",
        tag("g", links, class_="network-links", aria_hidden="true"),
        drawn,
        class_="network-picture",
        viewBox=f"0 0 {width} {height}",
        style=f"max-width: {width}px",
        role="group",
        aria_label=visit.say("supply.picture"),
    )
    # What is wider than the page is scrolled within its frame, with the keyboard too.
    return tag("div", picture, class_="network-frame", tabindex=0, role="region",
               aria_label=visit.say("supply.picture"))  # fmt: skip


def _kind(column: int, last: int) -> str:
    if column == 0:
        return "country"
    if column == 1:
        return "supplier"
    return "line" if column == last else "item"


def _node(visit: Visit, node: Node, place: tuple[float, float], kind: str) -> Html:
    x, y = place
    name = node["id"].partition(":")[2]
    if not name:
        name = visit.say("supply.others", count=form.grouped(node["count"]))
    margin = form.rounded(Fraction(node["margin_per_week"]), 0)
    said = visit.say(f"supply.node.{kind}", name=name, margin=margin)
    short = name if len(name) <= NAME_CHARACTERS else f"{name[: NAME_CHARACTERS - 1]}…"
    box = tag("rect", x=f"{x:.1f}", y=f"{y - NODE_HEIGHT / 2:.1f}", rx=4, width=NODE_WIDTH,
              height=NODE_HEIGHT, class_=f"network-{kind}")  # fmt: skip
    text = tag("text", short, x=f"{x + 6:.1f}", y=f"{y + 4:.1f}")
    wanted = node["id"].partition(":")[2]
    path = address(REGISTER, {"q": wanted} if wanted else {})
    return tag("a", tag("title", said), box, text, href=path, aria_label=said)


def _places(visit: Visit, found: Mapping[str, Any]) -> Html:
    places = sorted(
        found["places"],
        key=lambda each: (-Fraction(each["margin_per_week"]), each["country"], each["port"]),
    )
    columns = [
        Column(visit.say("supply.country")),
        Column(visit.say("supply.port")),
        Column(visit.say("supply.sites"), is_number=True),
        Column(visit.say("supply.margin"), is_number=True),
    ]
    rows = [
        Row(
            [
                each["country"],
                each["port"] or "\N{EM DASH}",
                form.grouped(each["sites"]),
                money_of(each["margin_per_week"], found["currency"]),
            ]
        )
        for each in places[:PLACES_SHOWN]
    ]
    name = visit.say("supply.places")
    more = len(places) - PLACES_SHOWN
    cut = tag("p", visit.say("supply.more", count=more), class_="pad") if more > 0 else None
    lead = tag("p", visit.say("supply.places_text"), class_="pad soft")
    return panel(name, lead, table(name, columns, rows), cut, is_flush=True)
