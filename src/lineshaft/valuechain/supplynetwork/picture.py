"""A network as a picture that stays readable, and as a map: what stands where, as data. Pure."""

from collections import Counter, defaultdict
from fractions import Fraction
from typing import Any

import msgspec
from msgspec.structs import asdict

from lineshaft.valuechain.supplynetwork.model import SupplyNetwork

COLUMN_NODES_MAX = 40
"""Of one column; what has the least margin at risk beyond it is one node."""
OTHERS = "others"


class Node(msgspec.Struct, frozen=True):
    """Something in the picture.

    Attributes:
        column: 0 for countries of the tiers below, 1 for suppliers, then items by how far they
            are from what is bought, lines last.
        count: how many it stands for.
        margin_per_week: that stops without it, at most; exactly.
        x, y: from 0 to 1, in parts of the picture.
    """

    id: str
    column: int
    count: int
    margin_per_week: str
    x: str
    y: str


def picture(network: SupplyNetwork) -> dict[str, Any]:
    """Return nodes with their places, and links with how many there are of each, as JSON content.

    The most margin at risk stands on top of its column. The same network is the same picture.
    """
    margins, edges = _columns(network)
    shown: dict[tuple[int, str], str] = {}
    nodes: list[Node] = []
    last = max((column for column, _ in margins), default=0)
    for column in range(last + 1):
        names = [name for at, name in margins if at == column]
        names.sort(key=lambda name: (-margins[column, name], name))
        is_cut = len(names) > COLUMN_NODES_MAX
        kept = names[: COLUMN_NODES_MAX - 1] if is_cut else names
        rest = names[len(kept) :]
        shown |= {(column, name): f"{column}:{name}" for name in kept}
        shown |= {(column, name): f"{column}/{OTHERS}" for name in rest}
        members = [(f"{column}:{name}", 1, margins[column, name]) for name in kept]
        if rest:
            members.append((f"{column}/{OTHERS}", len(rest), margins[column, rest[0]]))
        for place, (id_, count, margin) in enumerate(members):
            x, y = Fraction(column, max(last, 1)), Fraction(place + 1, len(members) + 1)
            nodes.append(Node(id_, column, count, str(margin), str(x), str(y)))
    links = Counter((shown[source], shown[target]) for source, target in edges)
    return {
        "nodes": [asdict(node) for node in nodes],
        "links": [
            {"source": source, "target": target, "count": count}
            for (source, target), count in sorted(links.items())
        ],
        "places": _places(network),
    }


_Key = tuple[int, str]


def _columns(network: SupplyNetwork) -> tuple[dict[_Key, Fraction], list[tuple[_Key, _Key]]]:
    """Return the margin at risk by column and name, and who delivers to whom."""
    depth: dict[str, int] = {}
    needed = [item for item in network.parents_first[::-1] if network.needs_per_week[item]]
    margins: dict[_Key, Fraction] = defaultdict(Fraction)
    edges: list[tuple[_Key, _Key]] = []
    for item in needed:
        parts = [each.child for each in network.made_of.get(item, ())]
        depth[item] = 1 + max((depth[part] for part in parts), default=1)
        key, margin = (depth[item], item), network.margin_per_week[item]
        margins[key] = margin
        edges += [((depth[part], part), key) for part in parts]
        for source in network.sources.get(item, ()):
            supplier = (1, source.supplier)
            margins[supplier] = max(margins[supplier], margin)
            edges.append((supplier, key))
            for tier in network.sub_tiers.get((source.supplier, item), ()):
                country = (0, tier.country)
                margins[country] = max(margins[country], margin)
                edges.append((country, supplier))
    last = 1 + max(depth.values(), default=1)
    for line in network.lines:
        margins[last, line.line] = Fraction(line.margin) * line.planned_per_week
        edges.append(((depth[line.item], line.item), (last, line.line)))
    return dict(margins), edges


def _places(network: SupplyNetwork) -> list[dict[str, Any]]:
    """Return what stands where for a map: by country and port, sites and margin at risk."""
    sites: dict[tuple[str, str], set[str]] = defaultdict(set)
    margins: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for source in network.sourcing:
        site = network.site_of[source.site]
        place = (site.country, site.port)
        sites[place].add(site.id)
        margins[place] = max(margins[place], network.margin_per_week[source.item])
    return [
        {
            "country": country,
            "port": port,
            "sites": len(sites[country, port]),
            "margin_per_week": str(margins[country, port]),
        }
        for country, port in sorted(sites)
    ]
