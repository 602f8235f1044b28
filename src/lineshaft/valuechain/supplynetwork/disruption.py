"""What an outage takes from the arrivals of each item, day by day. Pure.

Quantities are days of planned need, in whole millionths, so that every step is exact.
"""

import datetime as dt
import enum
from collections.abc import Iterable, Mapping
from fractions import Fraction

import msgspec
import numpy as np
from numpy.typing import NDArray

from lineshaft.core.errors import Invalid
from lineshaft.valuechain.supplynetwork.errors import TargetUnknown
from lineshaft.valuechain.supplynetwork.model import DAYS_PER_WEEK, Sourcing, SupplyNetwork

DAY = 1_000_000
"""Parts of a day's need that are counted."""
DURATION_DAYS_MAX = 3_650
HORIZON_DAYS_MAX = 3_650
TARGETS_MAX = 1_000

Days = NDArray[np.int64]


class ShockKind(enum.StrEnum):
    """What fails: it decides what becomes of the goods that are on their way.

    Those of a supplier, a part or a country still arrive; those that go through a port wait there
    until it opens; those under a sanction never arrive.
    """

    SUPPLIER = "supplier"
    PART = "part"
    COUNTRY = "country"
    PORT = "port"
    SANCTION = "sanction"


class Shock(msgspec.Struct, frozen=True):
    """An outage: what fails, from which day on, for how many days.

    Attributes:
        targets: suppliers, items, countries or ports; of a sanction suppliers and countries.
    """

    kind: ShockKind
    targets: tuple[str, ...]
    start_on: dt.date
    days: int

    def __post_init__(self) -> None:
        """Refuse an outage of nothing and one without an end."""
        if not 1 <= self.days <= DURATION_DAYS_MAX:
            msg = f"an outage of {self.days} days: expected 1 to {DURATION_DAYS_MAX}"
            raise Invalid(msg)
        if not 1 <= len(self.targets) <= TARGETS_MAX:
            msg = f"an outage of {len(self.targets)} targets: expected 1 to {TARGETS_MAX}"
            raise Invalid(msg)


class Remedy(msgspec.Struct, frozen=True):
    """What is done for an item: more stock, or another way to cover a part of its need.

    Attributes:
        cover: millionths of a day's need that are more on stock.
        fills: day from which on, and millionths of the daily need that can be covered then.
    """

    cover: int = 0
    fills: tuple[tuple[int, int], ...] = ()


class Disruption(msgspec.Struct, frozen=True):
    """What fails, before anything is made of it.

    Attributes:
        lost: of each bought item that is hit: sources and the part of each that fails.
        halted: made items whose making stops.
    """

    shock: Shock
    lost: Mapping[str, Mapping[str, Fraction]]
    halted: frozenset[str] = msgspec.field(default_factory=frozenset)


def disruption(network: SupplyNetwork, shock: Shock) -> Disruption:
    """Say which sources a shock hits, and how much of each.

    A source fails wholly with its supplier, its site's country or port; for a country it fails by
    the largest share that one tier below its supplier has there.

    Raises:
        TargetUnknown: for a target that nothing in the network has.
    """
    _check_targets(network, shock)
    targets = frozenset(shock.targets)
    lost: dict[str, dict[str, Fraction]] = {}
    for each in network.sourcing:
        part = _failing(network, shock.kind, targets, each)
        if part and network.needs_per_week[each.item]:
            lost.setdefault(each.item, {})[each.site] = part
    made = network.made_of.keys() if shock.kind is ShockKind.PART else ()
    return Disruption(shock, lost, targets & frozenset(made))


def _check_targets(network: SupplyNetwork, shock: Shock) -> None:
    suppliers = set(network.supplier_of)
    countries = {each.country for each in network.sites} | {e.country for e in network.sub_tier}
    known: dict[ShockKind, set[str]] = {
        ShockKind.SUPPLIER: suppliers,
        ShockKind.PART: {each.id for each in network.items},
        ShockKind.COUNTRY: countries,
        ShockKind.PORT: {each.port for each in network.sites if each.port},
        ShockKind.SANCTION: suppliers | countries,
    }
    for target in shock.targets:
        if target not in known[shock.kind]:
            msg = f"{shock.kind} {target!r}: expected one that the network has"
            raise TargetUnknown(msg)


def _failing(
    network: SupplyNetwork, kind: ShockKind, targets: frozenset[str], source: Sourcing
) -> Fraction:
    site = network.site_of[source.site]
    is_hit = {
        ShockKind.SUPPLIER: source.supplier in targets,
        ShockKind.PART: source.item in targets,
        ShockKind.COUNTRY: site.country in targets,
        ShockKind.PORT: site.port in targets,
        ShockKind.SANCTION: source.supplier in targets or site.country in targets,
    }[kind]
    if is_hit:
        return Fraction(1)
    if kind not in {ShockKind.COUNTRY, ShockKind.SANCTION}:
        return Fraction(0)
    tiers: dict[int, Fraction] = {}
    for each in network.sub_tiers.get((source.supplier, source.item), ()):
        if each.country in targets:
            tiers[each.tier] = tiers.get(each.tier, Fraction(0)) + each.share
    return min(Fraction(1), max(tiers.values(), default=Fraction(0)))


def missing(
    network: SupplyNetwork, hit: Disruption, item: str, remedy: Remedy, horizon_days: int
) -> Days:
    """Return what has not arrived of an item by the end of each day, in millionths of a day's need.

    What fails is missing from the day on which the last goods on their way are in, until as long
    after the end (a port: until its end, and then what was not replaced comes at once). Other
    sources cover it as soon as they may and can: qualified ones after their lead time, the others
    after requalification too. Where a source's capacity is known, what it has left makes up for
    what is missing later, too; a source of unknown capacity covers the day's hole and no more.
    """
    shock, lost = hit.shock, hit.lost[item]
    hole, fill, more = (np.zeros(horizon_days, np.int64) for _ in range(3))
    need = network.needs_per_week[item]
    for source in network.sources[item]:
        part = lost.get(source.site, Fraction(0))
        wait = source.lead_days + (0 if source.is_qualified else source.requalification_days)
        last = shock.days + (source.lead_days if shock.kind is not ShockKind.PORT else 0)
        if part:
            first = source.lead_days if shock.kind not in _HELD_UP else 0
            # Upwards, so that what is missing is never understated.
            hole[first:last] += -int(-part * source.share * DAY // 1)
        if source.capacity_per_week is None:
            fill[wait:] += int((1 - part) * DAY)
        else:
            spare = source.capacity_per_week / need - source.share
            spare = max(Fraction(0), min(Fraction(1), spare))
            less = int(spare * (1 - part) * DAY)
            more[wait:] += less
            more[max(wait, last) :] += int(spare * DAY) - less
    for ready, share in remedy.fills:
        fill[ready:] += share
    np.minimum(hole, DAY, out=hole)
    net = np.cumsum(np.maximum(hole - fill, 0) - more, dtype=np.int64)
    # What is left over on a day is not kept for a later one (Lindley's recursion).
    gone: Days = net - np.minimum(np.minimum.accumulate(net), 0)
    if shock.kind is ShockKind.PORT:
        gone[shock.days :] = 0
    return gone


_HELD_UP = frozenset({ShockKind.PORT, ShockKind.SANCTION})
"""What keeps goods on their way from arriving."""


def cover_of(network: SupplyNetwork, item: str, quantity: Fraction) -> int:
    """Return how much of a day's need a quantity is, in millionths, rounded down."""
    return int(quantity * DAYS_PER_WEEK * DAY / network.needs_per_week[item])


def affected(network: SupplyNetwork, hit: Iterable[str]) -> list[str]:
    """Return what is hit and everything that is made of it, components first."""
    found = set(hit)
    ordered = network.parents_first[::-1]
    for item in ordered:
        if any(each.child in found for each in network.made_of.get(item, ())):
            found.add(item)
    return [item for item in ordered if item in found and network.needs_per_week[item]]
