"""Who acts on whom: a picture for each path, and a table that says the same."""

from collections.abc import Mapping, Sequence

from lineshaft.valuechain.paths.model import LINKS, ActorLink, PathRecord
from lineshaft.valuechain.paths.service import ActorGraph, labels
from lineshaft.web.components import Column, Row, panel, table
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.valuechain.paths_record import QUOTED
from lineshaft.web.session import Visit

BOX_WIDTH, BOX_HEIGHT, ROW_HEIGHT, GAP, MARGIN = 220, 40, 54, 90, 12
LINE_UNITS = 32
"""Of a line in a box: a Latin letter takes one, a Chinese sign two."""
CJK_FIRST = 0x2E80
"""Where the signs of Chinese begin in Unicode."""
OPENING, CLOSING = frozenset("（“"), frozenset("，、：）”")
Place = tuple[float, float]


def actor_graph(visit: Visit, graph: ActorGraph, shown: Sequence[str], beside: Child) -> list[Html]:
    """Return a picture of each path, and the table of actors and links.

    Args:
        visit: who looks.
        graph: of the paths that are shown.
        shown: the paths.
        beside: the heading of the table.
    """
    name = visit.say("paths.actors")
    if not graph.nodes:
        return [panel(name, tag("p", visit.say("paths.no_actor")))]
    of_paths = labels("path", visit.language)
    pictures = []
    for path in shown:
        nodes = [each for each in graph.nodes if each.path == path]
        ids = {each.id for each in nodes}
        links = [each for each in graph.links if each.source in ids]
        if nodes:
            head = tag("h3", of_paths[path])
            parts = [
                head,
                _picture(visit, of_paths[path], nodes, links),
                _alone(visit, nodes, links),
            ]
            pictures.append(tag("div", parts, data_path=path, class_="paths-picture"))
    text = tag("p", visit.say("paths.actors_text"), class_="soft")
    drawn = tag("div", text, _legend(visit), pictures, class_="part")
    return [panel(name, drawn), _links(visit, graph, beside)]


def _legend(visit: Visit) -> Html:
    names = labels("link", visit.language)
    marks = [tag("span", tag("i", class_=f"paths-mark link-{kind}"), names[kind]) for kind in LINKS]
    against = tag("i", class_="paths-mark is-contradicted")
    marks.append(tag("span", against, visit.say("paths.contradicted_link")))
    return tag("div", marks, class_="legend")


def columns_of(links: Sequence[ActorLink]) -> dict[str, int]:
    """Return the column of each end of a link: one behind the farthest that acts on it.

    A circle, of which the records have none, would end after as many rounds as there are links.
    """
    found = {name: 0 for each in links for name in (each.source, each.target)}
    for _ in links:
        for each in links:
            found[each.target] = max(found[each.target], found[each.source] + 1)
    return found


def places_of(links: Sequence[ActorLink]) -> dict[str, Place]:
    """Place the ends of links in columns; each stands near what it acts on."""
    columns = columns_of(links)
    # Who acts on something stands directly before it, not at the far left.
    for name, column in sorted(columns.items(), key=lambda each: -each[1]):
        ahead = [columns[each.target] for each in links if each.source == name]
        columns[name] = min(ahead) - 1 if ahead else column
    targets = list(dict.fromkeys(each.target for each in links))
    order = {name: place for place, name in enumerate(columns)}

    def wish(name: str) -> tuple[int, int]:
        acts_on = [targets.index(each.target) for each in links if each.source == name]
        return min(acts_on, default=len(targets)), order[name]

    by_column: dict[int, list[str]] = {}
    for name in sorted(columns, key=wish):
        by_column.setdefault(columns[name], []).append(name)
    most = max(map(len, by_column.values()))
    places: dict[str, Place] = {}
    for column, names in by_column.items():
        free = (most - len(names)) * ROW_HEIGHT / (len(names) + 1)
        for place, name in enumerate(names):
            y = MARGIN + free * (place + 1) + place * ROW_HEIGHT + BOX_HEIGHT / 2
            places[name] = (MARGIN + column * (BOX_WIDTH + GAP), y)
    return places


def _picture(
    visit: Visit, path: str, nodes: Sequence[PathRecord], links: Sequence[ActorLink]
) -> Html | None:
    if not links:
        return None
    places = places_of(links)
    width = max(x for x, _ in places.values()) + BOX_WIDTH + MARGIN
    height = max(y for _, y in places.values()) + BOX_HEIGHT / 2 + MARGIN
    boxes = [_box(visit, each, places[each.id]) for each in nodes if each.id in places]
    said = visit.say("paths.picture_of", path=path, count=len(links))
    picture = tag(
        "svg",
        tag("g", [_arrow(each, places) for each in links], aria_hidden="true"),
        boxes,
        class_="network-picture paths-graph",
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        style=f"width: {width:.0f}px",
        role="group",
        aria_label=said,
    )
    # What is wider than the page is scrolled within its frame, with the keyboard too.
    return tag("div", picture, class_="network-frame", tabindex=0, role="region", aria_label=said)


def _arrow(link: ActorLink, places: Mapping[str, Place]) -> Html:
    x1, y1 = places[link.source]
    x2, y2 = places[link.target]
    start, end = x1 + BOX_WIDTH, x2 - 7
    middle = (start + end) / 2
    kind = "is-contradicted" if link.contradicted_by else f"link-{link.kind}"
    curve = f"M{start:.1f} {y1:.1f}C{middle:.1f} {y1:.1f} {middle:.1f} {y2:.1f} {end:.1f} {y2:.1f}"
    head = f"M{end:.1f} {y2 - 4:.1f}l7 4l-7 4z"
    return tag("g", tag("path", d=curve), tag("path", d=head, class_="head"), class_=kind)


def _box(visit: Visit, each: PathRecord, place: Place) -> Html:
    x, y = place
    name, role = each.name.of(visit.language), each.role.of(visit.language)
    said = f"{name} \N{MIDDLE DOT} {role}"
    kind = "actor" if each.axis == "actor" else "thing"
    box = tag("rect", x=f"{x:.1f}", y=f"{y - BOX_HEIGHT / 2:.1f}", rx=4, width=BOX_WIDTH,
              height=BOX_HEIGHT, class_=f"paths-{kind}")  # fmt: skip
    lines = lines_of(name)
    top = y + 4 - (len(lines) - 1) * 8
    text = [
        tag("text", line, x=f"{x + 8:.1f}", y=f"{top + place * 16:.1f}")
        for place, line in enumerate(lines)
    ]
    return tag("a", tag("title", said), box, text, href=f"#actor-{each.id}", aria_label=said)


def lines_of(name: str) -> list[str]:
    """Break a name into lines that fit into a box; the last one is cut."""
    end = _fitting(name)
    if end == len(name):
        return [name]
    first, rest = name[:end].rstrip(), name[end:].lstrip()
    kept = _fitting(rest)
    return [first, rest if kept == len(rest) else f"{rest[: kept - 1].rstrip()}…"]


def _fitting(text: str) -> int:
    """Return how many signs fit into a line; words, and what closes them, are not torn apart."""
    units, last = 0, 0
    for place, sign in enumerate(text):
        units += 1 if ord(sign) < CJK_FIRST else 2
        if units > LINE_UNITS:
            return last or place
        following = text[place + 1 : place + 2]
        is_in_word = all(each.isascii() and not each.isspace() for each in (sign, following))
        if not is_in_word and sign not in OPENING and following not in CLOSING:
            last = place + 1
    return len(text)


def _alone(visit: Visit, nodes: Sequence[PathRecord], links: Sequence[ActorLink]) -> Html | None:
    """Name the actors of whom the records say no link."""
    linked = {name for each in links for name in (each.source, each.target)}
    alone = [each for each in nodes if each.id not in linked]
    if not alone:
        return None
    named = [
        tag("a", each.name.of(visit.language), href=f"#actor-{each.id}", class_="badge")
        for each in alone
    ]
    return tag("p", tag("span", visit.say("paths.alone")), named, class_="paths-alone")


def _links(visit: Visit, graph: ActorGraph, beside: Child) -> Html:
    """Return the same as a table: who, what it does to whom, and where that is said."""
    of_paths, of_types = labels("path", visit.language), labels("type", visit.language)
    named = {each.id: each.name.of(visit.language) for each in graph.nodes}
    columns = [
        Column(visit.say("paths.actor")),
        Column(visit.say("paths.role")),
        Column(visit.say("paths.acts_on")),
    ]
    rows = []
    for each in graph.nodes:
        kind = of_types[each.type] if each.type else labels("axis", visit.language)[each.axis]
        acts = [tag("li", _link(visit, one, named)) for one in graph.links if one.source == each.id]
        rows.append(
            Row(
                [
                    [
                        named[each.id],
                        tag("span", f"{of_paths[each.path]} · {kind}", class_="sub"),
                    ],
                    each.role.of(visit.language),
                    tag("ul", acts, class_="plain") if acts else None,
                ],
                {"id": f"actor-{each.id}", "data_path": each.path},
            )
        )
    name = visit.say("paths.links")
    return panel(name, table(name, columns, rows), beside=beside, is_flush=True)


def _link(visit: Visit, link: ActorLink, named: Mapping[str, str]) -> Html:
    what = labels("link", visit.language)[link.kind]
    head = tag("summary", f"{what} \N{RIGHTWARDS ARROW} {named[link.target]}")
    quote = tag("q", link.evidence.quote, lang=QUOTED) if link.evidence.quote else None
    source = tag("span", link.evidence.told(visit.language), class_="sub")
    against = None
    if link.contradicted_by:
        said = visit.say("paths.contradicted_link")
        against = tag("a", said, href=f"#correction-{link.contradicted_by}", class_="badge bad")
    return tag("div", tag("details", head, quote, source, class_="figure"), against)
