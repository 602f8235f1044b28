"""An outage day by day: 5,000 items, 500 suppliers, 180 days.

A hundred products of four more levels, ten components each, half of the bought items with two
sources; every supplier of the largest country fails for 60 days. The network is in memory as the
files gave it; the figure is from the question to lines, orders and lost margin of each day: the
bill exploded, the outage found and simulated. The median of five, each on a network that nobody has
asked before.
"""

import datetime as dt
import random
import statistics
import time
from decimal import Decimal
from fractions import Fraction

from bench.records import Promise
from lineshaft.valuechain.supplynetwork.disruption import Shock, ShockKind
from lineshaft.valuechain.supplynetwork.model import (
    Component,
    CustomerOrder,
    Item,
    Line,
    Site,
    Sourcing,
    Stock,
    Supplier,
    SupplyNetwork,
)
from lineshaft.valuechain.supplynetwork.outage import OutageModel

NAMES = ("outage_whatif",)
LIMIT_S = 1.0
ROUNDS = 5
ITEMS, SUPPLIERS, DAYS = 5_000, 500, 180
PRODUCTS, MADE, COMPONENTS = 100, 1_000, 10
ORDERS = 2_000
COUNTRIES = 20
START = dt.date(2026, 1, 1)
SHOCK = Shock(ShockKind.COUNTRY, ("AA",), START, 60)
SEED = 20_261_122


def network(items: int = ITEMS, suppliers: int = SUPPLIERS) -> SupplyNetwork:
    """Return a seeded network; as many products and made items of as many items as in full."""
    rng = random.Random(SEED)
    products, made = items * PRODUCTS // ITEMS, items * MADE // ITEMS
    countries = [f"A{chr(ord('A') + number)}" for number in range(COUNTRIES)]
    of = [
        countries[min(rng.randrange(COUNTRIES), rng.randrange(COUNTRIES))] for _ in range(suppliers)
    ]
    bill = [
        Component(f"i{parent}", f"i{child}", Fraction(rng.randint(1, 8), rng.choice((1, 1, 2, 4))))
        for parent in range(made)
        for child in sorted(rng.sample(range(max(parent + 1, products), items), COMPONENTS))
    ]
    sourcing = []
    for number in range(made, items):
        chosen = rng.sample(range(suppliers), rng.choice((1, 2)))
        shares = [Fraction(1)] if len(chosen) == 1 else [Fraction(7, 10), Fraction(3, 10)]
        sourcing += [
            _source(f"i{number}", supplier, share, rng)
            for supplier, share in zip(chosen, shares, strict=True)
        ]
    return SupplyNetwork(
        items=tuple(Item(f"i{number}", "", "C62") for number in range(items)),
        bill_of_material=tuple(bill),
        suppliers=tuple(Supplier(f"s{n}", "", of[n]) for n in range(suppliers)),
        sites=tuple(Site(f"t{n}", f"s{n}", of[n], f"port{n % 10}") for n in range(suppliers)),
        sourcing=tuple(sourcing),
        stock=tuple(Stock(f"i{n}", Fraction(rng.randint(0, 400)), START) for n in range(items)),
        orders=tuple(
            CustomerOrder(
                f"o{n}",
                f"i{n % products}",
                Fraction(2),
                START + dt.timedelta(days=n % DAYS),
                "",
                Decimal(500),
            )
            for n in range(ORDERS)
        ),
        lines=tuple(
            Line(f"l{n}", f"i{n}", Decimal("1200.50"), "EUR", Fraction(rng.randint(1, 9)), None)
            for n in range(products)
        ),
    )


def _source(item: str, supplier: int, share: Fraction, rng: random.Random) -> Sourcing:
    lead_days, capacity = rng.randint(1, 60), rng.choice((None, Fraction(500)))
    place = (f"s{supplier}", f"t{supplier}")
    return Sourcing(item, *place, share, lead_days, None, None, True, 0, capacity)


def asked(given: SupplyNetwork) -> tuple[int, int]:
    """Compute the whole answer; return how many items are affected and lines stand still."""
    outage = OutageModel(given, SHOCK, DAYS).run()
    assert len(outage.days_content()) == DAYS
    assert outage.late_orders is not None
    assert outage.lost_margin == sorted(outage.lost_margin) or outage.peak_margin > 0
    stopped = sum(bool(outage.stopped_days(place)) for place in range(len(outage.lines)))
    return len(outage.model.items), stopped


def measure() -> list[Promise]:
    """Ask each of some fresh networks once."""
    elapsed_s = []
    for _ in range(ROUNDS):
        given = network()
        started = time.perf_counter()
        affected, stopped = asked(given)
        elapsed_s.append(time.perf_counter() - started)
        assert affected > 500, affected
        assert stopped > 10, stopped
    return [Promise.at_most("outage_whatif", statistics.median(elapsed_s), "s", LIMIT_S)]
