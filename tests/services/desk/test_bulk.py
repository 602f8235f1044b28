"""Rated in bulk, history comes to what `rate` says of each period: for any tariff and usage."""

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from lineshaft.core.clock import CountingIds, ManualClock
from lineshaft.core.errors import InvariantError
from lineshaft.core.period import US_PER_S, Instant, parse_instant
from lineshaft.core.reading import RecordKind, SignalId, StatusCode
from lineshaft.core.segment import merkle
from lineshaft.core.segment.detail import CorrectionDetail
from lineshaft.infrastructure.processes import copies_allowed
from lineshaft.platform.historian.model import RangeQuery
from lineshaft.security.authorisation.model import SYSTEM_WORKER, Actor
from lineshaft.services.contracts.model import Contract, UsagePrice
from lineshaft.services.desk import bulk
from lineshaft.services.desk.content import outcomes_content
from lineshaft.services.desk.history import ContractHistory
from lineshaft.services.desk.measuring import Measurer
from lineshaft.services.desk.model import Cell, Months, Outcome, Study, Variant
from lineshaft.services.desk.ports import UsageSource, no_progress
from lineshaft.services.desk.rehearsal import Rehearsal, Stage
from lineshaft.services.desk.store import SqlDeskStore
from lineshaft.services.desk.tariff import tariff_of
from lineshaft.services.metering import bulk as metering_bulk
from lineshaft.services.metering import totals as metering_totals
from lineshaft.services.metering.model import Meter
from lineshaft.services.metering.service import Metering
from lineshaft.services.metering.store import SqlUsageStore
from lineshaft.services.metering.totals import Answer, Asked, NotPlain, Progress, Total
from tests.platform.historian.house import House, Source, opened
from tests.services.billing.examples import ENGINE
from tests.services.contracts.examples import CUTTING_TIME, contract, terms

START = parse_instant("2025-03-25T00:00:00Z")
"""Clocks go forward on 30 March in Berlin, and back on 6 April in Sydney."""
DAYS = 16
HOURS = (13, 14, 22, 23)
"""Of a day in UTC, in which machines are read: midnight in both zones is among them."""
HOUR = 3_600 * US_PER_S
ZONES = ("Europe/Berlin", "Australia/Sydney")
MONTHS = Months("2025-03", "2025-04")
TERM = {"start": "2025-03-28T00:00:00Z", "end": "2025-04-08T12:00:00Z"}
PLAIN = ("plain", "fine", "still", "sharp", "large", "later")
"""Machines whose counters are plain rises: to a thousandth, never, at the ends of days, …"""
ODD = ("late", "corrected", "restarted", "silent", "short", "mixed", "unseen")
PEAK = {day: ["06:00-22:00"] for day in ("mon", "tue", "wed", "thu", "fri")}


def record(source: Source, machine: str, rng: random.Random) -> None:
    """Record the counter of seconds of a machine, each odd one in its own way."""
    name, level, before = f"{machine}/cut_time", rng.randint(0, 9_999), START
    scale = 3 if machine == "fine" else 0
    level += 10**15 if machine == "large" else 0
    hours = [24 * day + hour for day in range(7 if machine == "short" else DAYS) for hour in HOURS]
    for number, hour in enumerate(hours):
        offset = rng.choice([0, 1, rng.randint(2, HOUR - 1)])
        at = START + hour * HOUR + (0 if machine == "sharp" else offset)
        if machine != "still":
            level += rng.randint(0, int((at - before) // US_PER_S)) * 10**scale
        if machine == "restarted" and number == 30:
            level = 0
        is_silent, is_fine = (machine == one and number == 30 for one in ("silent", "mixed"))
        more = {"status": StatusCode.BAD_NO_COMMUNICATION} if is_silent else {}
        value, exponent = (level * 10, -1) if is_fine else (level, -scale)
        added = source.add(name, at, None if is_silent else value, exponent, **more)
        if machine == "late" and number == 40:
            source.add(name, at - 20 * HOUR, level, 0)
        if machine == "corrected" and number == 30:
            detail = CorrectionDetail(source.name, 1, added.sequence, "usr_1", "typo").encode()
            source.add(name, at, level - 1, 0, kind=RecordKind.CORRECTION, text=detail)
        if number % 20 == 19:
            source.seal()
        before = at
    source.seal()


@dataclass
class OneByOne:
    """A metering that adds nothing up: every period is measured and rated by itself."""

    metering: Metering

    def totals(
        self, _actor: Actor, asked: Sequence[Asked], _known_at: Instant, _on_progress: Progress
    ) -> list[list[Answer]]:
        return [[NotPlain.NOT_STORED] * len(periods) for _, periods in asked]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.metering, name)


@dataclass
class World:
    """Machines with a history, and both ways to ask what it would have earned."""

    house: House
    known_at: Instant

    @property
    def metering(self) -> Metering:
        allowed: Any = self.house.authorizer
        return Metering(self.house.historian, allowed, self.house.database, SqlUsageStore())

    def outcome(self, made: Contract, source: UsageSource) -> Outcome:
        variants = (Variant("As contracted"),)
        study = Study(
            id="s", version=1, name="s", months=MONTHS, variants=variants, known_at=self.known_at
        )
        cases = ContractHistory(made.id, (made,)).cases(MONTHS, self.known_at)
        measurer = Measurer(self.house.database, SqlDeskStore(), source)
        stage = Stage(study, cases, (), ENGINE, None)
        return Rehearsal(SYSTEM_WORKER, stage, measurer, no_progress).outcomes()[0]

    def both(self, made: Contract) -> tuple[Outcome, Outcome]:
        """Return what it comes to in bulk, and one by one."""
        alone: Any = OneByOne(self.metering)
        return self.outcome(made, self.metering), self.outcome(made, alone)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    house = House(tmp_path_factory.mktemp("bulk"))
    house.use(ManualClock(Instant(START + 90 * 24 * HOUR)), CountingIds())
    source, rng = Source("edge-1"), random.Random(4)
    for machine in (*PLAIN, *ODD[:-1]):
        record(source, machine, rng)
    house.store(source)
    house.compact()
    known_at = house.historian.settle(SYSTEM_WORKER, house.clock.now())
    # What comes after the question was asked changes no answer: it was not known.
    source.add("later/cut_time", START + 200 * HOUR + 1, 3, 0)
    source.seal()
    house.clock.advance(HOUR)
    house.committer.commit(opened(source.segments[-1:], source))
    yield World(house, known_at)
    house.database.close()


def sold(machines: Sequence[str], prices: Sequence[dict[str, Any]], **changes: Any) -> Contract:
    content = terms(usage_prices=list(prices), base_fee=None, guarantee=None)
    named = {"machines": list(machines), "terms": content, **TERM}
    return contract(**(named | changes))


def without_roots(outcome: Outcome) -> list[Cell]:
    return [replace(cell, evidence_root="") for cell in outcome.cells]


MONEY = st.decimals("0", "99", places=2).map(str)
QUANTITY = st.fractions(Fraction(1, 3), 400, max_denominator=4)


@st.composite
def a_price(draw: st.DrawFn, *, unit: str) -> dict[str, Any]:
    model = draw(st.sampled_from(["flat", "per_unit", "graduated", "volume", "package"]))
    if model == "flat":
        return {"model": model, "amount": draw(MONEY)}
    if model == "per_unit":
        return {"model": model, "unit": unit, "unit_price": draw(MONEY)}
    if model == "package":
        size = str(draw(QUANTITY))
        return {"model": model, "unit": unit, "size": size, "package_price": draw(MONEY)}
    ends = sorted(draw(st.sets(QUANTITY, max_size=3)))
    tiers = [{"up_to": end, "unit_price": draw(MONEY)} for end in [*map(str, ends), None]]
    if model == "graduated" and draw(st.booleans()):
        tiers[-1]["flat_fee"] = draw(MONEY)
    return {"model": model, "unit": unit, "tiers": tiers}


@st.composite
def a_contract(draw: st.DrawFn) -> Contract:
    zone, prices = draw(st.sampled_from(ZONES)), []
    boundary = draw(st.sampled_from(["LINEAR", "EARLIER", "LATER"]))
    parameters = {"rate_max": "1", "resolution": "1", "boundary": boundary}
    hours = draw(st.sampled_from([[None], [PEAK], [PEAK, PEAK | {"outside": True}]]))
    for number, each in enumerate(hours):
        own = {} if each is None else {"hours": {"zone": zone, "sat": [], "sun": []} | each}
        meter = CUTTING_TIME["meter"] | {"id": f"m{number}", "parameters": parameters | own}
        unit = draw(st.sampled_from(["HUR", "SEC", "MIN"]))
        price = {"id": f"p{number}", "meter": meter, "price": draw(a_price(unit=unit))}
        prices.append(CUTTING_TIME | price)
    odd = draw(st.sampled_from([*ODD, *[None] * 6]))
    pool = PLAIN if odd is None else (*PLAIN, odd)
    machines = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=2, unique=True))
    named: dict[str, Any] = {"time_zone": zone, "billing_period": "month"}
    if draw(st.booleans()):
        start = draw(st.sampled_from(["2025-03-28T16:00:00Z", "2025-04-04T18:00:01.5Z"]))
        named |= {"start": start, "billing_period": "day"}
        named["end"] = start.replace("28T", "31T").replace("04T", "07T")
    return sold(machines, prices, **named)


@pytest.mark.timeout(120)
@given(made=a_contract())
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_in_bulk_and_one_by_one_are_the_same_money(world: World, made: Contract) -> None:
    fast, slow = world.both(made)
    assert without_roots(fast) == without_roots(slow)
    assert (fast.unrated, fast.risks) == (slow.unrated, slow.risks)
    assert fast.in_bulk + sum(fast.one_by_one.values()) == len(fast.cells) // len(made.machines)
    assert slow.in_bulk == 0
    if set(made.machines) <= set(PLAIN):
        assert fast.one_by_one == {}


def test_a_place_that_one_machine_alone_stood_in_earns_for_that_machine(world: World) -> None:
    bindings = [
        {"place": "a", "machine": "plain", "start": TERM["start"], "reason": "start"},
        {"place": "b", "machine": "fine", "start": "2025-04-02T00:00:00Z", "reason": "more"},
    ]
    made = sold(["plain", "fine"], [CUTTING_TIME], billing_period="month", bindings=bindings)
    fast, slow = world.both(made)
    assert (fast.in_bulk, fast.one_by_one) == (2, {})
    assert without_roots(fast) == without_roots(slow)
    assert next(cell.revenue.amount for cell in fast.cells if cell.machine == "fine") == 0


REASONS = {
    "late": NotPlain.ODD_ROWS,
    "corrected": NotPlain.ODD_ROWS,
    "restarted": NotPlain.ODD_ROWS,
    "silent": NotPlain.ODD_ROWS,
    "mixed": NotPlain.ODD_ROWS,
    "short": NotPlain.NOT_COVERED,
    "unseen": NotPlain.NOT_STORED,
}


@pytest.mark.parametrize("machine", ODD)
def test_what_is_not_plain_goes_one_by_one_and_the_result_says_why(
    world: World, machine: str
) -> None:
    fast, slow = world.both(sold([machine], [CUTTING_TIME], billing_period="month"))
    assert fast == slow or fast.one_by_one != slow.one_by_one
    assert without_roots(fast) == without_roots(slow)
    assert fast.one_by_one == {str(REASONS[machine]): 2}
    (said,) = outcomes_content([fast])["outcomes"]
    assert (said["rated_in_bulk"], said["rated_one_by_one"]) == (0, fast.one_by_one)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"guarantee": terms()["guarantee"], "base_fee": terms()["base_fee"]}, "a guarantee"),
        (
            {"usage_prices": [CUTTING_TIME | {"modifiers": {"credit": {"amount": "5.00"}}}]},
            "is modified",
        ),
    ],
)
def test_terms_that_follow_from_more_than_a_quantity_go_one_by_one(
    world: World, changes: dict[str, Any], reason: str
) -> None:
    made = sold(["plain"], [CUTTING_TIME], billing_period="month")
    content = made.to_content()
    made = contract(**(content | {"terms": content["terms"] | changes}))
    fast = world.outcome(made, world.metering)
    assert fast.in_bulk == 0
    assert reason in next(iter(fast.one_by_one))


def test_a_root_is_over_the_stored_headers_around_the_period(world: World) -> None:
    made = sold(["sharp"], [CUTTING_TIME], billing_period="month")
    fast, _ = world.both(made)
    cell = fast.cells[-1]
    signal = SignalId("sharp/cut_time")
    headers = world.house.historian.headers(SYSTEM_WORKER, Source("edge-1").name, 1, 1, 1_000)
    query = RangeQuery(signal, cell.period, world.known_at)
    records = world.house.historian.readings(SYSTEM_WORKER, query)
    columns = (records.column(name).to_pylist() for name in ("ts", "sequence"))
    rows = sorted(zip(*columns, strict=True))
    first = max(sequence for ts, sequence in rows if ts < cell.period.start)
    last = min(sequence for ts, sequence in rows if ts >= cell.period.end)
    numbers = [
        one.header.number
        for one in headers
        if first <= one.header.last_sequence and one.header.first_sequence <= last
    ]
    hashes = [one.header.hash() for one in headers if one.header.number in numbers]
    assert len(hashes) > 1
    expected = merkle.root([merkle.leaf_hash(b"", each) for each in hashes])
    assert cell.evidence_root == expected.hex()


def test_a_tariff_that_billing_rates_otherwise_has_no_result(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(price: UsagePrice) -> Any:
        return replace(tariff_of(price), pieces=())  # asks with another price below

    monkeypatch.setattr(bulk, "tariff_of", lambda price: _dearer(wrong(price)))
    made = sold(["plain"], [CUTTING_TIME], billing_period="month")
    with pytest.raises(InvariantError, match="not what `rate` says"):
        world.outcome(made, world.metering)


def _dearer(tariff: Any) -> Any:
    prices = CUTTING_TIME["price"] | {"tiers": [{"up_to": None, "unit_price": "31.00"}]}
    (price,) = sold(["plain"], [CUTTING_TIME | {"price": prices}]).terms.usage_prices
    return replace(tariff, price=price)


# ---- golden figures

TIERS = [("1000", "0.10"), ("5000", "0.08"), (None, "0.05")]
STEPS = [("15", "10"), (None, "5")]


def _tiers(model: str, tiers: Sequence[tuple[str | None, str]]) -> dict[str, Any]:
    listed = [{"up_to": up_to, "unit_price": price} for up_to, price in tiers]
    return {"model": model, "unit": "C62", "tiers": listed}


@pytest.mark.parametrize(
    ("price", "quantity", "amount"),
    [
        ({"model": "flat", "amount": "120.00"}, "0", "120"),
        ({"model": "per_unit", "unit": "C62", "unit_price": "0.20"}, "1000", "200"),
        ({"model": "per_unit", "unit": "C62", "unit_price": "0.20"}, "1/3", "1/15"),
        (_tiers("graduated", TIERS), "0", "0"),
        (_tiers("graduated", TIERS), "1000", "100"),
        (_tiers("graduated", TIERS), "1001", "100.08"),
        (_tiers("graduated", TIERS), "5000", "420"),
        (_tiers("graduated", TIERS), "6000", "470"),
        (_tiers("volume", STEPS), "15", "150"),
        (_tiers("volume", STEPS), "16", "80"),
        (_tiers("volume", STEPS), "31/2", "77.5"),
        ({"model": "package", "unit": "C62", "size": "100", "package_price": "9"}, "100", "9"),
        ({"model": "package", "unit": "C62", "size": "100", "package_price": "9"}, "101", "18"),
    ],
)
def test_golden_amounts(price: dict[str, Any], quantity: str, amount: str) -> None:
    meter = CUTTING_TIME["meter"] | {"unit": "C62"}
    (made,) = sold(["plain"], [CUTTING_TIME | {"meter": meter, "price": price}]).terms.usage_prices
    assert tariff_of(made).amount(Fraction(quantity)) == Fraction(amount)


# ---- many stretches, processes and levels


def test_stretches_become_one_when_there_are_many_of_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sales = [sold(some, [CUTTING_TIME], billing_period="month") for some in (PLAIN, ["late"])]
    expected = [world.outcome(made, world.metering) for made in sales]
    assert [outcome.in_bulk for outcome in expected] == [2, 0]
    monkeypatch.setattr(metering_bulk, "RUNS_PENDING_MAX", 3)
    assert [world.outcome(made, world.metering) for made in sales] == expected


@pytest.mark.parametrize("count", [2, 3, 8])
def test_several_processes_add_up_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """Every part has machines that are odd in it alone, and odd steps from one part to another."""
    sales = [sold(some, [CUTTING_TIME], billing_period="month") for some in (PLAIN, ODD)]
    expected = [world.outcome(made, world.metering) for made in sales]
    monkeypatch.setattr(metering_totals, "ROWS_APART_MIN", 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(count)))
    forked = Mock(wraps=os.fork)
    monkeypatch.setattr(os, "fork", forked)
    with copies_allowed():
        assert [world.outcome(made, world.metering) for made in sales] == expected
    assert forked.call_count == 2 * (count - 1)


def test_levels_are_looked_up_in_batches(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sales = [sold(some, [CUTTING_TIME], billing_period="month") for some in (PLAIN, ["late"])]
    expected = [world.outcome(made, world.metering) for made in sales]
    for most in (1, 3, 4):
        monkeypatch.setattr(metering_totals, "LEVELS_AT_ONCE_MAX", most)
        assert [world.outcome(made, world.metering) for made in sales] == expected


def test_the_same_counter_metered_in_two_ways_is_added_up_in_one(world: World) -> None:
    """Whoever lets it rise faster is asked by itself: the rows are checked for one of them."""
    content = CUTTING_TIME["meter"] | {"machine": "plain", "signal": "plain/cut_time"}
    slow = Meter.from_content({**content, "parameters": {"rate_max": "1", "resolution": "1"}})
    fast = Meter.from_content({**content, "parameters": {"rate_max": "2", "resolution": "1"}})
    period = sold(["plain"], [CUTTING_TIME], billing_period="month").billed_period(
        parse_instant("2025-04-05T00:00:00Z")
    )
    asked = [(slow, [period]), (fast, [period]), (slow, [])]
    one, other, none = world.metering.totals(SYSTEM_WORKER, asked, world.known_at, no_progress)
    assert isinstance(one[0], Total)
    assert (other, none) == ([NotPlain.OTHER_RISES], [])
    usage = world.metering.usage(SYSTEM_WORKER, slow, period, world.known_at)
    assert usage.quantity.amount == one[0].amount
