"""A network of firms from its tables, and what can be said of its systemic risk. Pure."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import msgspec
import numpy as np

from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.indicator import Figure
from lineshaft.valuechain.supplynetwork.esri import (
    ESRI,
    FirmNetwork,
    InputKind,
    check_coverage,
    systemic_risk,
)
from lineshaft.valuechain.supplynetwork.model import Firm, SectorInput, Supply

FIRMS_MIN = 30
"""Fewer firms are no network that a share of all output means anything in."""


class SystemicRisk(msgspec.Struct, frozen=True):
    """The index of each firm, the largest first, and how much of the network is known."""

    figures: tuple[tuple[str, Figure], ...]
    coverage: Fraction


def systemic(tables: Mapping[str, tuple[Any, ...]], table: str, threads: int) -> SystemicRisk:
    """Compute the index of all firms; who is left of a sector replaces who fails.

    Args:
        tables: `firms`, `supplies` and `inputs`, as they were read.
        table: where they came from, for the figures.
        threads: that share the work.

    Raises:
        TooThin: for fewer than `FIRMS_MIN` firms, or too few of their purchases.
    """
    firms: tuple[Firm, ...] = tables["firms"]
    supplies: tuple[Supply, ...] = tables["supplies"]
    if len(firms) < FIRMS_MIN:
        msg = f"{len(firms)} firms: expected at least {FIRMS_MIN} for a systemic risk"
        raise TooThin(msg)
    coverage = _coverage(firms, supplies)
    risks = systemic_risk(_network(firms, supplies, tables["inputs"]), threads=threads).tolist()
    ranked = sorted(zip(risks, firms, strict=True), key=lambda each: (-each[0], each[1].id))
    return SystemicRisk(
        tuple((firm.id, Figure(ESRI, risk, table, "as read", coverage)) for risk, firm in ranked),
        coverage,
    )


def _coverage(firms: tuple[Firm, ...], supplies: tuple[Supply, ...]) -> Fraction:
    known = {firm.id: Fraction(0) for firm in firms}
    for each in supplies:
        known[each.customer] += each.value
    # What one firm buys beyond what it says cannot stand for what another one does not tell.
    counted = sum((min(known[firm.id], firm.purchases) for firm in firms), Fraction(0))
    return check_coverage(counted, sum((firm.purchases for firm in firms), Fraction(0)))


def _network(
    firms: tuple[Firm, ...], supplies: tuple[Supply, ...], inputs: tuple[SectorInput, ...]
) -> FirmNetwork:
    place = {firm.id: number for number, firm in enumerate(firms)}
    sector = {name: number for number, name in enumerate(sorted({f.sector for f in firms}))}
    kinds = np.full((len(sector), len(sector)), InputKind.NON_ESSENTIAL, np.int8)
    for each in inputs:
        if each.from_sector in sector and each.to_sector in sector:
            kinds[sector[each.from_sector], sector[each.to_sector]] = each.kind
    sectors = np.array([sector[firm.sector] for firm in firms], np.int64)
    return FirmNetwork(
        sectors=sectors,
        suppliers=np.array([place[each.supplier] for each in supplies], np.int64),
        customers=np.array([place[each.customer] for each in supplies], np.int64),
        values=np.array([float(each.value) for each in supplies]),
        kinds=kinds,
        markets=sectors,
        weights=np.zeros(0),
    )
