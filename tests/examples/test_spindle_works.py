"""The books and the supply network of `examples/spindle-works`, counted again by hand."""

import csv
import datetime as dt
import itertools
import json
import runpy
import sys
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lineshaft.cli.main import app
from lineshaft.core.errors import Invalid, NotFound
from lineshaft.plant.reader import read_plant
from lineshaft.plant.resolve import Resolver
from lineshaft.services.contracts.model import Contract
from lineshaft.valuechain.supplynetwork.dependencies import (
    GuaranteeDependency,
    exposures_of,
    read_dependencies,
)
from lineshaft.valuechain.supplynetwork.reading import read_network
from lineshaft.valuechain.supplynetwork.service import (
    FileExposures,
    WhatIf,
    question_of,
    register,
    what_if,
)

HERE = Path(__file__).parents[2] / "examples" / "spindle-works"
DAYS = 180
OUTAGE_DAYS = 60
START = dt.date(2018, 1, 1)
SCALE = 1_000_000
"""Parts of a piece that are counted: what needs the spindle is a whole number of them."""
MONTHS = {
    "2018-01": (0, 31),
    "2018-02": (31, 59),
    "2018-03": (59, 90),
    "2018-04": (90, 120),
    "2018-05": (120, 151),
    "2018-06": (151, 181),
}
FEES = {"lowmill-cutting": 3_000, "harbour-care": 2_400, "stonebridge-response": 1_600}
GOALS: list[tuple[list[str], str | None, str | None]] = [
    (["mill-turn", "five-axis"], None, "0"),
    (["mill-turn"], None, None),
    ([], "60000", None),
    ([], "150000", "4000"),
    ([], None, "5800"),
]


def table(name: str) -> list[dict[str, str]]:
    with (HERE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_what_is_generated_is_what_stands_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["generate.py", str(tmp_path)])
    monkeypatch.syspath_prepend(HERE)
    runpy.run_path(str(HERE / "generate.py"), run_name="__main__")
    made = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.csv")}
    by_hand = {path.stem for path in (HERE / "network").glob("*.csv")} - {"guarantees"}
    assert {str(path.relative_to(HERE)) for path in HERE.rglob("*.csv")} == made | {
        f"network/{name}.csv" for name in by_hand
    }
    for name in made:
        assert (tmp_path / name).read_bytes() == (HERE / name).read_bytes(), name


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    resolved = Resolver(read_plant(HERE / "plant"), lambda *_: [], str).resolve()
    things = [each.thing for each in resolved]
    return {thing.id: thing for thing in things if isinstance(thing, Contract)}


def test_the_contracts_promise_what_the_table_of_guarantees_says(
    contracts: dict[str, Contract],
) -> None:
    network = read_network(HERE / "network")
    rows, inputs = read_dependencies(HERE / "network", network)
    assert exposures_of(rows, contracts, "EUR") == list(
        FileExposures(HERE / "network").of_network(network, START).exposures
    )
    assert set(inputs) == {"dependencies.csv"}


@pytest.mark.parametrize(
    ("contract", "guarantee", "currency", "error", "said"),
    [
        ("nobody", "restoration", "EUR", NotFound, "expected an active one"),
        ("harbour-care", "restored", "EUR", NotFound, "expected one of its terms"),
        ("harbour-care", "restoration", "USD", Invalid, "is in EUR: expected USD"),
        ("harbour-care", "quality", "EUR", Invalid, "is of quality: expected one of restoration"),
    ],
)
def test_a_guarantee_that_is_not_there_is_refused(
    contracts: dict[str, Contract],
    contract: str,
    guarantee: str,
    currency: str,
    error: type[Exception],
    said: str,
) -> None:
    row = GuaranteeDependency(contract, guarantee, "motor-spindle", Fraction(8))
    care = contracts["harbour-care"].to_content()
    count = {"signal": "parts", "kind": "sum", "unit": "C62", "parameters": {}}
    quality = care["terms"]["guarantees"][0] | {"indicator": "quality", "id": "quality"}
    quality |= {"produced": {"id": "made", **count}, "good": {"id": "good", **count}}
    care["terms"]["guarantees"].append(quality)
    known = contracts | {"harbour-care": Contract.from_content(care)}
    with pytest.raises(error, match=said):
        exposures_of([row], known, currency)


def test_the_register_says_what_changed() -> None:
    found = register(HERE / "network", HERE / "network-last-week")
    # 0.35 x 62 000 + 0.28 x 71 000 + 0.07 x 9 000, and 7 days x 2 spindles / 0.7 a week.
    spindle = next(each for each in found.dependencies if each.item == "motor-spindle")
    assert (spindle.suppliers, spindle.margin_per_week) == (("havelin",), 42_210)
    assert (spindle.cover_days, spindle.requalification_days) == (20, 120)
    changed = [(each.item, each.kind, each.field) for each in found.changes or []]
    assert changed == [
        ("ball-screw", "new", ""),
        ("servo-drive", "gone", ""),
        ("cnc-control", "worse", "cover_days"),
        ("motor-spindle", "worse", "requalification_days"),
        ("motor-spindle", "worse", "cover_days"),
        ("cnc-control", "better", "contract_end"),
        ("guard", "changed", "owner"),
    ]


LINES = {each["line"]: each for each in table("network/lines")}
CURES = {each["cure"]: each for each in table("network/cures")}
MACHINES = ("mill-turn", "five-axis")
USERS = (*MACHINES, "spare-spindles")
PLAN = {line: int(Fraction(LINES[line]["planned_per_week"]) / 7 * SCALE) for line in USERS}
MOST = {line: int(Fraction(LINES[line]["capacity_per_week"]) / 7 * SCALE) for line in MACHINES}
MARGIN = {line: int(Fraction(LINES[line]["margin"])) for line in USERS}
NEED = sum(PLAN.values())
STOCK = table("network/stock")
SOURCE = next(
    each
    for each in table("network/sourcing")
    if (each["item"], each["site"]) == ("motor-spindle", "havelin-1")
)


@dataclass
class Slow:
    """What happens on each day: state and parts lost of each line, days that a spindle is late."""

    states: dict[str, list[str]]
    lost: dict[str, list[int]]
    waits: list[int]

    def lost_margin(self, day: int) -> Fraction:
        return Fraction(sum(MARGIN[line] * lost[day] for line, lost in self.lost.items()), SCALE)

    @property
    def peak(self) -> Fraction:
        return max(self.lost_margin(day) for day in range(DAYS))


def slowly(chosen: tuple[str, ...]) -> Slow:
    """Make each day by hand, piece by piece, with a bin of spindles for each user of them."""
    at_start = stock_of("motor-spindle", chosen)
    came = arrivals(chosen)
    bins = {line: at_start * PLAN[line] // NEED for line in USERS}
    finished = {line: stock_of(LINES[line]["item"], chosen) for line in MACHINES}
    made = dict.fromkeys(USERS, 0)
    found = Slow({line: [] for line in USERS}, {line: [] for line in USERS}, [])
    for day in range(DAYS):
        for line in USERS:
            bins[line] += came[day] * PLAN[line] // NEED
            owed = PLAN[line] * (day + 1) - made[line]
            built = min(owed, MOST.get(line, owed), bins[line])
            made[line] += built
            bins[line] -= built
            state = "running" if built >= PLAN[line] else "short" if built else "stopped"
            found.states[line].append(state)
            missing = PLAN[line] * (day + 1) - made[line] - finished.get(line, 0)
            found.lost[line].append(max(missing, 0))
    there = [at_start + each for each in itertools.accumulate(came)]
    served = 0
    for day in range(DAYS):
        while served < DAYS and there[served] < NEED * (day + 1):
            served += 1
        found.waits.append(max(served - day, 0))
    return found


def stock_of(item: str, chosen: tuple[str, ...]) -> int:
    there = sum(int(each["quantity"]) for each in STOCK if each["item"] == item)
    bought = [CURES[name] for name in chosen if CURES[name]["item"] == item]
    return (there + sum(int(each["quantity"] or 0) for each in bought)) * SCALE


def arrivals(chosen: tuple[str, ...]) -> list[int]:
    """What comes on each day: Havelin's, what cures bring, and what Havelin makes up for later."""
    lead, most = int(SOURCE["lead_days"]), int(Fraction(SOURCE["capacity_per_week"]) / 7 * SCALE)
    cures = [CURES[name] for name in chosen if CURES[name]["item"] == "motor-spindle"]
    fills = [
        (int(each["ready_days"]), int(NEED * Fraction(each["share"])))
        for each in cures
        if each["share"]
    ]
    owed, found = 0, []
    for day in range(DAYS):
        came = 0 if lead <= day < lead + OUTAGE_DAYS else NEED
        came += min(NEED - came, sum(fill for ready, fill in fills if ready <= day))
        owed += NEED - came
        more = min(owed, most - NEED) if day >= lead + OUTAGE_DAYS else 0
        owed -= more
        found.append(came + more)
    return found


def credits_of(slow: Slow) -> dict[tuple[str, str], Fraction]:
    """What each contract credits in each month, by its terms as people read them."""
    found = {}
    for month, (first, end) in MONTHS.items():
        hours = 24 * max(slow.waits[first : min(end, DAYS)])
        down = max(
            min((at + wait) * 24 + (8 if wait else 0), end * 24) - max(at, first) * 24
            for at, wait in enumerate(slow.waits[: min(end, DAYS)])
        )
        one, two = (1 - Fraction(max(down, 0), (end - first) * 24 * n) for n in (1, 2))
        rates = {
            "lowmill-cutting": (one, "0.9", [("0.8", 5)], 10),
            "harbour-care": (two, "0.95", [("0.9", 10)], 25),
        }
        credit = {}
        for contract, (value, target, bands, last) in rates.items():
            steps = [rate for bound, rate in bands if value >= Fraction(bound)]
            credit[contract] = 0 if value >= Fraction(target) else Fraction((steps or [last])[0])
        slope = min(Fraction(20), max(Fraction(hours + 8 - 72, 2), Fraction(0)))
        credit["harbour-care"] = min(Fraction(25), max(credit["harbour-care"], slope))
        late = hours + 12
        credit["stonebridge-response"] = 0 if late <= 120 else 10 if late <= 240 else 25
        for contract, percent in credit.items():
            if percent:
                found[contract, month] = FEES[contract] * percent / 100
    return found


def asked(goal: tuple[list[str], str | None, str | None]) -> WhatIf:
    question = question_of(("supplier", ["havelin"]), ("2018-01-01", OUTAGE_DAYS, DAYS), goal)
    return what_if(HERE / "network", question)


def test_the_outage_of_the_spindle_supplier_is_what_making_each_day_by_hand_gives() -> None:
    found, slow = asked(GOALS[0]).answer, slowly(())
    for outage, effects, by_hand in (
        (found.outage, found.broken, slow),
        (found.cured, found.cured_broken, slowly(tuple(each.id for each in found.cures or ()))),
    ):
        assert outage is not None
        days = outage.days_content()
        for day, states in enumerate(days):
            for name in ("short", "stopped"):
                lines = [line for line in USERS if by_hand.states[line][day] == name]
                assert sorted(states[name]) == sorted(lines)
            assert Fraction(states["lost_margin"]) == by_hand.lost_margin(day)
        credited: dict[tuple[str, str], Fraction] = {}
        for each in effects:
            key = each.contract, each.month
            credited[key] = credited.get(key, Fraction(0)) - each.exact
        assert {key: amount for key, amount in credited.items() if amount} == credits_of(by_hand)
    # The figures of the README.
    assert [day for day, state in enumerate(slow.states["mill-turn"]) if state == "stopped"] == [
        *range(34, 74)
    ]
    assert slow.lost_margin(73) == 20 * 3_100 + 40 * 2_840 + 40 * 90
    assert slow.lost_margin(DAYS - 1) == Fraction("9.4") * 3_100 + Fraction("29.4") * 2_930
    assert sum(credits_of(slow).values()) == 5 * (300 + 600 + 400)


def test_the_cheapest_cures_are_what_trying_every_set_gives() -> None:
    every = [
        chosen
        for size in range(len(CURES) + 1)
        for chosen in itertools.combinations(sorted(CURES), size)
    ]
    assert len(every) == 2 ** len(CURES) == 256
    outcomes = {}
    for chosen in every:
        slow = slowly(chosen)
        whole = {line for line, states in slow.states.items() if set(states) == {"running"}}
        outcomes[chosen] = whole, slow.peak, sum(credits_of(slow).values())
    for goal in GOALS:
        lines, margin_max, credits_max = goal
        reached = [
            chosen
            for chosen, (whole, peak, credited) in outcomes.items()
            if whole.issuperset(lines)
            and (margin_max is None or peak <= Fraction(margin_max))
            and (credits_max is None or credited <= Fraction(credits_max))
        ]
        least = min(map(cost_of, reached))
        found = tuple(sorted(each.id for each in asked(goal).answer.cures or ()))
        assert found in reached
        assert cost_of(found) == least, goal
        if goal == GOALS[0]:
            assert (found, least) == (("belt-head", "one-spindle", "refurbished"), 46_000)


def cost_of(chosen: tuple[str, ...]) -> Decimal:
    return sum((Decimal(CURES[name]["cost"]) for name in chosen), Decimal(0))


# What was sold in a year, how many and for how much, as the README has it.
PRODUCTS = {
    "2016": 18 * 310_000 + 14 * 376_200 + 36 * 128_000 + 4 * 24_500,
    "2017": 18 * 310_000 + 15 * 376_200 + 37 * 128_000 + 3 * 24_500,
}
BOUND = {
    "2016": 107 * 9_300 + 64 * 5_200 + 14 * 13_300 + 7 * 11_800 + 17 * 3_400,
    "2017": 162 * 9_300 - 1_260 + 58 * 5_200 + 15 * 13_300 + 14 * 11_800 + 21 * 3_400,
}
ALONE = {
    "2016": 6 * 14_700 + 4 * 18_500 + 5 * 5_400 + 3 * 5_200 + 28 * 480 + 2 * 4_500,
    "2017": 15 * 14_700 + 8 * 18_500 + 42 * 5_400 + 6 * 5_200 + 40 * 480 + 6 * 4_500,
}
DIGITAL = {"2016": 5 * 5_400, "2017": 40 * 5_400}


def counted(year: str, **wanted: str) -> Decimal:
    """Add up the invoice lines of a year; the components of a bundle count at 95 % of their own."""
    total = Decimal(0)
    for line in table("books/revenue"):
        if line["date"].startswith(year) and wanted.items() <= line.items():
            alone = Decimal(line["stand_alone_price"] or 0)
            total += alone * Decimal("0.95") if line["bundle"] else Decimal(line["amount"])
    return total


@pytest.mark.parametrize("year", ["2016", "2017"])
def test_the_invoices_of_a_year_add_up_to_the_hand_count(year: str) -> None:
    assert counted(year, kind="product") == PRODUCTS[year]
    assert counted(year, kind="service", binding="product_bound") == BOUND[year]
    assert counted(year, kind="service", binding="stand_alone") == ALONE[year]
    # Of the digital channel is what a connected machine's meter counted, and nothing else.
    connected = {each["machine"] for each in table("books/machines") if each["connected_on"]}
    billed = {
        (each["document"], each["line"])
        for each in table("books/usage")
        if each["machine"] in connected
    }
    digital = [
        Decimal(line["amount"])
        for line in table("books/revenue")
        if (line["document"], line["line"]) in billed and line["date"].startswith(year)
    ]
    assert sum(digital) == DIGITAL[year]


def asked_of(*arguments: str) -> Any:
    shown = CliRunner().invoke(app, ["valuechain", *arguments, "--json"])
    assert shown.exit_code == 0, shown.output
    return json.loads(shown.stdout)


@pytest.mark.parametrize("year", ["2016", "2017"])
def test_servitization_is_the_hand_count(year: str) -> None:
    of_year = ["--first", f"{year}-01", "--last", f"{year}-12"]
    found = asked_of("servitization", "show", "--books", str(HERE / "books"), *of_year)
    shares = {
        each["indicator"]: Fraction(each["value"]) for each in found["figures"] if not each["key"]
    }
    services = BOUND[year] + ALONE[year]
    assert Fraction(found["revenue"]) == PRODUCTS[year] + services
    assert shares["output_servitization"] == Fraction(services, PRODUCTS[year] + services)
    assert shares["stand_alone_share"] == Fraction(ALONE[year], services)


def test_the_digital_channel_is_the_hand_count() -> None:
    found = asked_of("channels", str(HERE / "books"), "--channel", "digital", "--site", "")
    by_quarter = {
        each["quarter"]: Decimal(each["value"])
        for each in found["figures"]
        if each["indicator"] == "digital_revenue"
    }
    # Machines whose insight is billed, by quarter: 5 in 2016, 40 in 2017.
    machines = [0, 0, 2, 3, 7, 9, 12, 12]
    quarters = [f"{year}-Q{quarter}" for year in (2016, 2017) for quarter in (1, 2, 3, 4)]
    assert by_quarter == {
        quarter: 5_400 * count for quarter, count in zip(quarters, machines, strict=True)
    }
    for year, amount in DIGITAL.items():
        assert sum(v for quarter, v in by_quarter.items() if quarter.startswith(year)) == amount


def test_the_margin_along_the_value_chain_is_a_smile() -> None:
    found = asked_of("smile", str(HERE / "books"))
    assert {each["shape"] for each in found} == {"smile"}
    # Of the shop floor in January 2016, by hand: (398 187.60 - 241 040.00) / 5 240 h.
    first = next(each for each in table("books/activities") if "floor" in each["activity"])
    margin = Decimal(first["revenue"]) - Decimal(first["cost"])
    assert (first["hours"], margin / Decimal(first["hours"])) == ("5240", Decimal("29.99"))
