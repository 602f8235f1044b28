"""The systemic risk of firms (ESRI): how much of all output is lost when one of them fails.

From the equations of Diem, Borsos, Reisch, Kertesz & Thurner, "Quantifying firm-level economic
systemic risk from nation-wide supply networks", Sci. Rep. 12:7719 (2022).
"""

import enum
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from lineshaft.core.errors import Invalid
from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.libraries import needed

ESRI = Indicator(
    name="economic_systemic_risk_index",
    symbol="ESRI_i",
    unit="C62",
    formula="sum over j of w_j (1 - min(h_d_j, h_u_j))",
    source="Diem et al. 2022, Sci. Rep. 12:7719, equations of the generalised Leontief cascade",
    range="[0, 1]",
)
Floats = NDArray[np.float64]
Places = NDArray[np.int64]

FIRMS_MAX = 100_000
SUPPLIES_MAX = 5_000_000
COVERAGE_MIN = Fraction(60, 100)
"""Of the purchases of all firms: missing links bias the index, so below it there is none."""
EPS = 1e-2
"""The tolerance of the paper."""
BATCH_FIRMS = 64
"""Firms that a thread computes before it takes the next ones."""


class InputKind(enum.IntEnum):
    """What the inputs from one sector are to the firms of another."""

    NEGLIGIBLE = 0
    NON_ESSENTIAL = 1
    ESSENTIAL = 2


class FirmNetwork(msgspec.Struct, frozen=True):
    """Who supplies whom.

    Attributes:
        sectors: of each firm, from 0.
        suppliers: firm that each supply comes from.
        customers: firm that it goes to.
        values: of each supply, above 0.
        kinds: `InputKind` by sector of the supplier and sector of the customer.
        markets: of each firm, from 0: who of the same market is left replaces who fails; empty
            where nobody does.
        weights: of each firm in the index; empty for its share of all sales.
    """

    sectors: Places
    suppliers: Places
    customers: Places
    values: Floats
    kinds: NDArray[np.int8]
    markets: Places
    weights: Floats

    def __post_init__(self) -> None:
        """Refuse what is too large or does not fit together."""
        firms, supplies = len(self.sectors), len(self.suppliers)
        if firms > FIRMS_MAX or supplies > SUPPLIES_MAX:
            msg = f"{firms} firms and {supplies} supplies: expected at most {FIRMS_MAX} and "
            msg += f"{SUPPLIES_MAX}"
            raise Invalid(msg)
        ends = np.concatenate([self.suppliers, self.customers])
        is_sound = (
            len(self.customers) == len(self.values) == supplies
            and ends.min(initial=0) >= 0
            and ends.max(initial=-1) < firms
            and bool((self.values > 0).all())
            and len(self.markets) in {0, firms}
            and len(self.weights) in {0, firms}
        )
        if not is_sound:
            msg = "a network of firms: expected supplies of positive value between its firms"
            raise Invalid(msg)


def check_coverage(known: Fraction, purchases: Fraction) -> Fraction:
    """Return which part of the purchases the supplies are.

    Raises:
        TooThin: below `COVERAGE_MIN`.
    """
    coverage = min(known / purchases, Fraction(1)) if purchases else Fraction(0)
    if coverage < COVERAGE_MIN:
        msg = f"{float(coverage):.1%} of the purchases of all firms are known as supplies: "
        msg += f"expected at least {float(COVERAGE_MIN):.0%} for a systemic risk"
        raise TooThin(msg)
    return coverage


def systemic_risk(network: FirmNetwork, *, eps: float = EPS, threads: int = 1) -> Floats:
    """Return the index of every firm, in the order of the network.

    Example: of eleven firms in the note's second network one failure costs from 1/9 to 1/3 of all
    output when no input is essential.

    Args:
        network: who supplies whom.
        eps: an iteration that changes no firm by more is the last.
        threads: that share the firms; the result does not depend on them.

    Raises:
        ExtraMissing: without the extra that has numba.
    """
    needed("numba")
    # The extra is slow to import; at first use it compiles.
    from lineshaft.valuechain.supplynetwork import cascade  # noqa: PLC0415

    firms = len(network.sectors)
    outward, inward, slots = _prepared(network)
    sales = _sums(network.suppliers, network.values, firms)
    weights = network.weights if len(network.weights) else sales / sales.sum()
    has_markets = len(network.markets) > 0
    markets = cascade.Markets(
        network.markets if has_markets else np.full(firms, -1, np.int64),
        sales,
        _sums(network.markets, sales) if has_markets else np.zeros(0),
    )
    edges = cascade.Edges(*outward, *inward)

    def some(batch: Places) -> Floats:
        state = cascade.nothing_lost(firms, markets, slots)
        return cascade.cascades(batch, (edges, markets), weights, state, eps)

    batches = [
        np.arange(first, min(first + BATCH_FIRMS, firms), dtype=np.int64)
        for first in range(0, firms, BATCH_FIRMS)
    ]
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(some, batches))
    return np.concatenate(parts) if parts else np.zeros(0)


def _sums(places: Places, values: Floats, number: int = 0) -> Floats:
    return np.bincount(places, values, number).astype(np.float64)


def _prepared(network: FirmNetwork) -> tuple[tuple[Any, ...], tuple[Any, ...], int]:
    """Return the edges from both sides with the part of a sum that each is, and the sums.

    Places of edges have 32 bits, so that more of them fit into the processor's cache.
    """
    firms = np.arange(len(network.sectors) + 1)
    order = np.lexsort((network.customers, network.suppliers))
    supplier, customer = network.suppliers[order], network.customers[order]
    value = network.values[order]
    sector = network.sectors[supplier]
    kind = network.kinds[sector, network.sectors[customer]]
    # One sum for each customer and essential sector of suppliers, one for all that is not.
    width = len(network.kinds) + 1
    group = customer * width + np.where(kind == InputKind.ESSENTIAL, sector + 1, 0)
    named, slot = np.unique(group, return_inverse=True)
    bought = np.bincount(customer, value, len(network.sectors))
    by_sector = np.unique(customer * width + sector, return_inverse=True)[1]
    of_sector = np.bincount(by_sector, value)[by_sector] if len(value) else value
    base = np.where(kind == InputKind.ESSENTIAL, of_sector, bought[customer])
    slot = np.where(kind == InputKind.NEGLIGIBLE, -1, slot)
    sold = np.bincount(supplier, value, len(network.sectors))
    back = np.lexsort((supplier, customer))
    outward = (
        np.searchsorted(supplier, firms),
        customer.astype(np.int32),
        slot.astype(np.int32),
        value / base,
    )
    inward = (
        np.searchsorted(customer[back], firms),
        supplier[back].astype(np.int32),
        (value / sold[supplier])[back],
    )
    return outward, inward, len(named)
