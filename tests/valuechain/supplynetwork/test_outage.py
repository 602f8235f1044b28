"""Outages by hand, against a slow simulation in units, and as properties."""

import datetime as dt
import random
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from lineshaft.core.errors import Invalid
from lineshaft.valuechain.supplynetwork.disruption import DAY, Remedy, Shock, ShockKind
from lineshaft.valuechain.supplynetwork.errors import TargetUnknown
from lineshaft.valuechain.supplynetwork.guarantees import broken
from lineshaft.valuechain.supplynetwork.model import (
    Component,
    Item,
    Line,
    Site,
    Sourcing,
    Stock,
    SubTier,
    Supplier,
    SupplyNetwork,
)
from lineshaft.valuechain.supplynetwork.outage import LineState, Outage, OutageModel
from lineshaft.valuechain.supplynetwork.reading import read_beside, read_network
from lineshaft.valuechain.supplynetwork.schema import GUARANTEES
from tests.valuechain.supplynetwork.examples import START, outage_of, write_tables

HORIZON = 120


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> SupplyNetwork:
    return read_network(write_tables(tmp_path_factory.mktemp("network")))


def run(network: SupplyNetwork, kind: str, target: str, days: int) -> Outage:
    return OutageModel(network, outage_of(kind, target, days), HORIZON).run()


def stops(outage: Outage, line: str) -> tuple[int, int]:
    """Return the first day on which a line stands still, and on how many it does."""
    place = [each.line for each in outage.lines].index(line)
    days = outage.stopped_days(place)
    return min(days, default=-1), len(days)


def test_a_supplier_stops_lines_when_transit_and_stock_are_used_up(network: SupplyNetwork) -> None:
    """Spindles: 5 days on the way, 20 on stock; another source after 40 + 10 days."""
    outage = run(network, "supplier", "acme", 60)
    for line in ("mills", "lathes", "spares"):
        assert stops(outage, line) == (25, 25)
    # Mills have 3 days on stock and capacity to catch up, but no spindles to do it with.
    assert outage.lost_margin[24] == 0
    assert outage.lost_margin[25] == Fraction("9000.50") + 1500 / Fraction(2)
    assert outage.lost_margin[-1] == 22 * 20000 + 25 * (Fraction("9000.50") + 750)
    assert outage.peak_margin == outage.lost_margin[-1]


def test_orders_are_late_against_the_plan(network: SupplyNetwork) -> None:
    """30 mills by 29 March: 3 on stock and 27 days of making; two more days would do."""
    (late,) = run(network, "supplier", "acme", 60).late_orders
    assert (late.order, late.customer, late.due_on) == ("o-2", "Hillside", dt.date(2026, 3, 29))
    # Day 28 is the 29th: due when planned. 25 days are made before, two more from day 50 on.
    assert late.delivered_on == START + dt.timedelta(days=51)
    assert late.late_days == 51 - 28


def test_a_port_holds_goods_and_then_lets_them_in(network: SupplyNetwork) -> None:
    """Castings: 200 of 3 x 7 a week are 66 2/3 days; then nothing until the port opens."""
    outage = run(network, "port", "Ningbo", 70)
    assert stops(outage, "mills") == (67, 3)
    # What waited comes at once; mills catch up, lathes have no capacity to.
    assert outage.lost[0, -1] == 0
    assert outage.lost[1, -1] == DAY * Fraction(10, 3) // 1 + 1
    assert outage.states[0, 66] == LineState.SHORT


def test_a_country_takes_the_largest_share_of_a_tier(network: SupplyNetwork) -> None:
    """Half of the tier below acme is in China: half a day is missing each day."""
    model = OutageModel(network, outage_of("country", "CN", 60), HORIZON)
    assert model.hit.lost["spindle"] == {"acme-1": Fraction(1, 2)}
    assert model.hit.lost["casting"] == {"cast-1": 1}
    assert model.hit.lost.get("bearing") is None


def test_a_sanction_stops_what_is_on_its_way(network: SupplyNetwork) -> None:
    assert stops(run(network, "sanction", "acme", 60), "lathes") == (20, 30)
    assert stops(run(network, "sanction", "CN", 60), "lathes")[0] > 0


def test_a_made_part_stops_as_a_bought_one_does(network: SupplyNetwork) -> None:
    outage = run(network, "part", "head", 10)
    assert stops(outage, "mills") == (0, 10)
    assert stops(outage, "lathes") == (-1, 0)
    # Twice the plan can be made: after ten more days nothing is missing.
    assert outage.lost[0, 19] == 0
    assert stops(run(network, "part", "coolant", 9), "lathes") == (-1, 0)


@pytest.mark.parametrize(("kind", "target"), [("supplier", "mill"), ("port", ""), ("part", "acme")])
def test_an_unknown_target_is_refused(network: SupplyNetwork, kind: str, target: str) -> None:
    with pytest.raises(TargetUnknown, match=repr(target)):
        run(network, kind, target, 5)


def test_limits(network: SupplyNetwork) -> None:
    with pytest.raises(Invalid, match="horizon of 3651 days"):
        OutageModel(network, outage_of("supplier", "acme", 5), 3_651)
    with pytest.raises(Invalid, match="outage of 0 days"):
        outage_of("supplier", "acme", 0)
    with pytest.raises(Invalid, match="0 targets"):
        Shock(ShockKind.PART, (), START, 5)


def test_guarantees_break_with_the_credits_of_billing(tmp_path: Path) -> None:
    network = read_network(write_tables(tmp_path))
    exposures, inputs = read_beside(tmp_path, GUARANTEES, network)
    assert set(inputs) == {"guarantees.csv"}
    found = broken(run(network, "supplier", "acme", 32), exposures)
    # 5 to 36 without spindles, 20 of them from stock: 12 days late for ever.
    first = {each.guarantee: each for each in found if each.month == "2026-03"}
    # 12 days and 8 hours: 248 hours over the target at 0.5 % are more than the cap of 30 %.
    assert first["restored"].value == 12 * 24 + 8
    assert first["restored"].credit == Fraction(30, 100)
    assert first["restored"].amount.amount == Decimal("-3000.00")
    # One of 2 machines is down for the last 6 of 31 days; of the group the larger credit counts.
    assert first["up"].value == 1 - (Fraction(6) / (2 * 31))
    assert first["up"].credit == 0
    assert {each.contract for each in found} == {"riverside"}
    assert broken(run(network, "supplier", "acme", 20), exposures) == []


def random_network(seed: int) -> SupplyNetwork:
    """Two lines over four made items over four bought ones of three suppliers."""
    r = random.Random(seed)
    items = [f"i{number}" for number in range(10)]
    bom = [
        Component(items[parent], items[child], Fraction(r.randint(1, 6), r.randint(1, 3)))
        for parent in range(6)
        for child in sorted(r.sample(range(max(parent + 1, 2), 10), r.randint(1, 3)))
    ]
    sourcing = []
    for item in items[6:]:
        first, second = r.sample(range(3), 2)
        share = r.choice([Fraction(1), Fraction(2, 3)])
        capacity = r.choice([None, Fraction(r.randint(0, 60))])
        lead = r.randint(0, 6)
        sourcing += [
            Sourcing(item, f"s{first}", f"t{first}", share, lead, None, None, True, 0, capacity),
            Sourcing(
                item, f"s{second}", f"t{second}", 1 - share, r.randint(0, 6), None, None,
                share < 1 or r.random() < 0.3, r.randint(1, 9), r.choice([None, Fraction(3)]),
            ),
        ]  # fmt: skip
    lines = [
        Line(f"l{n}", items[n], Decimal(r.randint(1, 99)), "EUR", Fraction(r.randint(1, 9)), c)
        for n, c in enumerate((None, Fraction(14)))
    ]
    return SupplyNetwork(
        items=tuple(Item(item, "", "C62") for item in items),
        bill_of_material=tuple(bom),
        suppliers=tuple(Supplier(f"s{n}", "", "DE") for n in range(3)),
        sites=(
            Site("t0", "s0", "DE", ""),
            Site("t1", "s1", "SE", "A"),
            Site("t2", "s2", "SE", "B"),
        ),
        sourcing=tuple(sourcing),
        sub_tier=(SubTier("s0", items[6], 2, "SE", Fraction(1, 3)),),
        stock=tuple(Stock(item, Fraction(r.randint(0, 60)), START) for item in items),
        lines=tuple(lines),
    )  # fmt: skip


def slowly(outage: Outage) -> dict[str, list[Fraction]]:
    """Make each day by hand: units, with the stock of each pair of user and part kept apart."""
    model, network = outage.model, outage.model.network
    needs = {item: need / 7 for item, need in network.needs_per_week.items() if need}
    made = {item: Fraction(0) for item in needs}
    totals: dict[str, list[Fraction]] = {item: [] for item in needs}
    for day in range(model.horizon_days):
        for item in reversed(network.parents_first):
            if item not in needs:
                continue
            planned = needs[item] * (day + 1)
            if item in network.sources:
                row = model.row.get(item)
                made[item] = (
                    planned if row is None else needs[item] * int(outage.made[row, day]) / DAY
                )
            else:
                limit = [planned]
                for part in network.made_of.get(item, ()):
                    pool = network.stock_of.get(part.child, Fraction(0)) + made[part.child]
                    mine = pool * needs[item] * part.quantity / needs[part.child]
                    limit.append(mine / part.quantity)
                lines = [each for each in network.lines if each.item == item]
                if lines:
                    room = sum((x.capacity_per_week or x.planned_per_week) for x in lines) / 7
                    others = needs[item] - sum(x.planned_per_week for x in lines) / 7
                    limit.append(made[item] + room + others)
                is_halted = item in model.hit.halted and day < model.hit.shock.days
                made[item] = made[item] if is_halted else max(made[item], min(limit))
            totals[item].append(made[item])
    return totals


SHOCKS = st.builds(
    lambda kind, place, days: (kind, place, days),
    st.sampled_from(list(ShockKind)),
    st.integers(0, 2),
    st.integers(1, 25),
)


def shock_of(asked: tuple[ShockKind, int, int]) -> Shock:
    kind, place, days = asked
    target = {
        ShockKind.SUPPLIER: f"s{place}",
        ShockKind.PART: f"i{place * 3}",
        ShockKind.COUNTRY: ("DE", "SE", "SE")[place],
        ShockKind.PORT: ("A", "B", "A")[place],
        ShockKind.SANCTION: ("s0", "s1", "SE")[place],
    }[kind]
    return Shock(kind, (target,), START, days)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), SHOCKS)
def test_the_model_makes_what_a_slow_simulation_makes(
    seed: int, asked: tuple[ShockKind, int, int]
) -> None:
    network = random_network(seed)
    outage = OutageModel(network, shock_of(asked), 40).run()
    slow = slowly(outage)
    for item, row in outage.model.row.items():
        need = network.needs_per_week[item] / 7
        for day, made in enumerate(outage.made[row].tolist()):
            # Each level of the bill rounds down to a millionth of a day's need.
            assert 0 <= slow[item][day] / need - Fraction(made, DAY) <= Fraction(100, DAY)


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 10**6), SHOCKS, st.integers(0, 10), st.integers(0, 9), st.integers(0, 3 * DAY)
)
def test_a_bigger_shock_and_less_stock_never_cost_less(
    seed: int, asked: tuple[ShockKind, int, int], longer: int, item: int, cover: int
) -> None:
    network = random_network(seed)
    shock = shock_of(asked)
    model = OutageModel(network, shock, 40)
    outage = model.run()
    bigger = [replace(shock, days=shock.days + longer)]
    if shock.kind is not ShockKind.PART:
        other = shock_of((shock.kind, (asked[1] + 1) % 3, 1)).targets
        bigger.append(replace(shock, targets=tuple({*shock.targets, *other})))
    for each in bigger:
        worse = OutageModel(network, each, 40).run()
        assert (worse.lost >= outage.lost).all()
        pairs = zip(worse.lost_margin, outage.lost_margin, strict=True)
        assert all(one >= other for one, other in pairs)
        for name in network.needs_per_week:
            assert (worse.waits(name)[0] >= outage.waits(name)[0]).all()
    for remedy in (Remedy(cover), Remedy(0, ((item, cover),))):
        better = model.run({f"i{item}": remedy})
        assert (better.lost <= outage.lost).all()
        assert better.peak_margin <= outage.peak_margin
