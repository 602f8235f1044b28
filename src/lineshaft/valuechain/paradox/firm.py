"""Vulnerability of bought items, the quadrant of what is sold, closure of a bill. Exact, pure."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from fractions import Fraction

from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.paradox.errors import ItemUnknown
from lineshaft.valuechain.paradox.model import (
    Closure,
    ItemCompetitiveness,
    ItemVulnerability,
    QuadrantPoint,
)
from lineshaft.valuechain.supplynetwork.model import DAYS_PER_WEEK, Sourcing, SupplyNetwork

ITEMS_MIN = 4
"""Below it a percentile says nothing."""
HORIZON_DAYS = 180
SECOND_TIER = 2

OWN_DEFINITION = "valuechain note 2.5, firm version: single source x sub-tier concentration x "
VULNERABILITY = Indicator(
    name="item_vulnerability",
    symbol="y_i",
    unit="C62",
    formula="single source x HHI of countries x min(1, days to requalify / horizon) x "
    "max(0, 1 - stock cover / days to requalify)",
    source=OWN_DEFINITION + "time to requalify x stock cover",
    range="[0, 1]",
)
CONTROLLABILITY = Indicator(
    name="item_controllability",
    symbol="1 - y_i",
    unit="C62",
    formula="1 - item_vulnerability",
    source="Huang & Ma 4.1, what is one's own to control",
    range="[0, 1]",
)
COMPETITIVENESS_PERCENTILE = Indicator(
    name="competitiveness_percentile",
    symbol="x_i",
    unit="C62",
    formula="percentile of the mean percentile of win rate, price premium and market share",
    source="valuechain note 2.5, firm version",
    range="(0, 1)",
)
VULNERABILITY_PERCENTILE = Indicator(
    name="vulnerability_percentile",
    symbol="p(y_i)",
    unit="C62",
    formula="(items below + half of those equal, itself too) / items",
    source="valuechain note 2.5, firm version",
    range="(0, 1)",
)
CLOSURE_RATIO = Indicator(
    name="closure_ratio",
    symbol="K",
    unit="C62",
    formula="bought value with a qualified source inside, known tiers too / bought value",
    source="valuechain note 1.1, row 26: closed and open loop",
    range="[0, 1]",
)
SUBSTITUTION_RATIO = Indicator(
    name="substitution_ratio",
    symbol="S",
    unit="C62",
    formula="value now bought outside for which some source inside exists / value bought outside",
    source="valuechain note 1.1, row 26: closed and open loop",
    range="[0, 1]",
)


def percentiles(values: Sequence[Fraction] | Sequence[float]) -> list[Fraction]:
    """Return for each value the part of all below it, and half of those equal to it.

    Example: of 1, 2, 2 and 5 they are 1/8, 1/2, 1/2 and 7/8.
    """
    size = len(values)
    return [
        Fraction(2 * sum(other < one for other in values) + values.count(one), 2 * size)
        for one in values
    ]


def vulnerability(
    network: SupplyNetwork, horizon_days: int = HORIZON_DAYS
) -> dict[str, ItemVulnerability]:
    """Return the vulnerability of each bought item that a line needs.

    Example: one supplier, all of it from one country, 90 days to requalify another one and 45 days
    of stock, with a horizon of 180 days: 1 x 1 x 1/2 x 1/2 = 1/4.
    """
    return {
        item: _vulnerability(network, item, horizon_days)
        for item in network.sources
        if network.needs_per_week[item]
    }


def _vulnerability(network: SupplyNetwork, item: str, horizon_days: int) -> ItemVulnerability:
    sources = network.sources[item]
    others = [each.requalification_days for each in sources if not each.is_qualified]
    days = min([*others, horizon_days])
    stock = network.stock_of.get(item)
    cover = Fraction(stock or 0) * DAYS_PER_WEEK / network.needs_per_week[item]
    return ItemVulnerability(
        item=item,
        is_single=len({each.supplier for each in sources if each.is_qualified}) <= 1,
        concentration=_concentration(network, sources),
        requalification=Fraction(days, horizon_days),
        uncovered=max(Fraction(0), 1 - cover / days) if days else Fraction(0),
        is_stock_known=stock is not None,
    )


def _concentration(network: SupplyNetwork, sources: Sequence[Sourcing]) -> Fraction:
    """Sum the squared shares of countries: of the second tier where known, else of the site."""
    countries: dict[str, Fraction] = defaultdict(Fraction)
    for each in sources:
        rest = each.share
        for tier in network.sub_tiers.get((each.supplier, each.item), ()):
            if tier.tier == SECOND_TIER:
                countries[tier.country] += each.share * tier.share
                rest -= each.share * tier.share
        countries[network.site_of[each.site].country] += rest
    return sum((share * share for share in countries.values()), Fraction(0))


def quadrant(
    network: SupplyNetwork,
    rows: Sequence[ItemCompetitiveness],
    horizon_days: int = HORIZON_DAYS,
) -> list[QuadrantPoint]:
    """Return where items stand between each other; what is sold is as weak as its weakest part.

    Raises:
        ItemUnknown: for an item that the network does not have.
        TooThin: below `ITEMS_MIN` items.
    """
    known = {each.id for each in network.items}
    unknown = sorted({row.item for row in rows} - known)
    if unknown:
        msg = f"competitiveness names {', '.join(unknown[:5])}: expected items of the network"
        raise ItemUnknown(msg)
    if len(rows) < ITEMS_MIN:
        msg = f"a quadrant of {len(rows)} items says nothing: expected at least {ITEMS_MIN} rows "
        raise TooThin(msg + "in competitiveness")
    weakest = _weakest(network, vulnerability(network, horizon_days))
    measures = [[getattr(row, name) for row in rows] for name in _MEASURES]
    means = [Fraction(sum(three), 3) for three in zip(*map(percentiles, measures), strict=True)]
    found = [weakest[row.item] for row in rows]
    across, up = percentiles(means), percentiles([value for value, _ in found])
    points = [
        QuadrantPoint(row.item, part, value, x, y)
        for row, (value, part), x, y in zip(rows, found, across, up, strict=True)
    ]
    return sorted(points, key=lambda each: (-each.vulnerability, each.item))


_MEASURES = ("win_rate", "price_premium", "market_share")


def _weakest(
    network: SupplyNetwork, of_bought: dict[str, ItemVulnerability]
) -> dict[str, tuple[Fraction, str]]:
    found: dict[str, tuple[Fraction, str]] = {}
    for item in reversed(network.parents_first):
        candidates = [found[each.child] for each in network.made_of.get(item, ())]
        if item in of_bought:
            candidates = [(of_bought[item].value, item)]
        found[item] = max(candidates, default=(Fraction(0), ""), key=lambda each: each[0])
    return found


def closure(network: SupplyNetwork, item: str, perimeter: Collection[str]) -> Closure:
    """Return what of an item can be made inside a perimeter of countries.

    Raises:
        ItemUnknown: when the network does not have it.
    """
    if item not in network.needs_per_week:
        msg = f"cannot close {item}: expected an item of the network"
        raise ItemUnknown(msg)
    quantities = _quantities(network, item)
    bought = [each for each in quantities if each in network.sources]
    prices = {each: _price(network.sources[each]) for each in bought}
    values = {each: quantities[each] * (prices[each] or 0) for each in bought}
    total = sum(values.values(), Fraction(0))
    inside = {each: _sources_inside(network, each, perimeter) for each in bought}
    closed = {each: any(one.is_qualified for one in inside[each]) for each in bought}
    outside = {each: values[each] * (1 - sum(one.share for one in inside[each])) for each in bought}
    all_outside = sum(outside.values(), Fraction(0))
    replaceable = sum((outside[each] for each in bought if inside[each]), Fraction(0))
    kept = sum((values[each] for each in bought if closed[each]), Fraction(0))
    largest, value = _largest_closed(network, quantities, closed, values)
    return Closure(
        item=item,
        perimeter=tuple(sorted(perimeter)),
        closure=kept / total if total else None,
        substitution=replaceable / all_outside if all_outside else None,
        largest_closed=largest,
        largest_value=value / total if largest and total else None,
        coverage=Fraction(sum(one is not None for one in prices.values()), len(bought) or 1),
        unknown=tuple(
            sorted(
                each
                for each in quantities
                if each not in network.sources and each not in network.made_of
            )
        ),
    )


def _quantities(network: SupplyNetwork, item: str) -> dict[str, Fraction]:
    """Units of each item in one of an item, itself first."""
    found = {item: Fraction(1)}
    for parent in network.parents_first:
        for each in network.made_of.get(parent, ()) if parent in found else ():
            found[each.child] = found.get(each.child, Fraction(0)) + found[parent] * each.quantity
    return found


def _price(sources: Sequence[Sourcing]) -> Fraction | None:
    """Weigh the known prices by the shares; of sources in reserve alone the least."""
    priced = [(each.share, Fraction(each.unit_price)) for each in sources if each.unit_price]
    shares = sum((share for share, _ in priced), Fraction(0))
    if not shares:
        return min((price for _, price in priced), default=None)
    return sum((share * price for share, price in priced), Fraction(0)) / shares


def _sources_inside(
    network: SupplyNetwork, item: str, perimeter: Collection[str]
) -> list[Sourcing]:
    """Return the sources whose site and known tiers are all inside."""
    return [
        each
        for each in network.sources[item]
        if network.site_of[each.site].country in perimeter
        and all(
            tier.country in perimeter for tier in network.sub_tiers.get((each.supplier, item), ())
        )
    ]


def _largest_closed(
    network: SupplyNetwork,
    quantities: dict[str, Fraction],
    of_bought: dict[str, bool],
    values: dict[str, Fraction],
) -> tuple[str, Fraction]:
    """Return the made item of the greatest value all of whose parts can be made inside."""
    closed = dict(of_bought)
    each_value = {item: value / quantities[item] for item, value in values.items()}
    best, best_value = "", Fraction(0)
    for item in reversed([each for each in network.parents_first if each in quantities]):
        components = network.made_of.get(item)
        if components is None:
            continue
        closed[item] = all(closed.get(each.child, False) for each in components)
        each_value[item] = sum(
            (each.quantity * each_value.get(each.child, Fraction(0)) for each in components),
            Fraction(0),
        )
        value = each_value[item] * quantities[item]
        if closed[item] and (not best or value >= best_value):
            best, best_value = item, value
    return best, best_value
