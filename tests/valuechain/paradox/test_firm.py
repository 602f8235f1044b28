"""The quadrant of a firm's items, closure and the way up, by hand."""

import json
import math
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from lineshaft.cli.main import app
from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.paradox.errors import ItemUnknown
from lineshaft.valuechain.paradox.firm import closure, percentiles, quadrant, vulnerability
from lineshaft.valuechain.paradox.model import ItemCompetitiveness, UpgradeYear
from lineshaft.valuechain.paradox.upgrading import trajectory
from lineshaft.valuechain.supplynetwork.model import SupplyNetwork
from lineshaft.valuechain.supplynetwork.service import register
from tests.valuechain.supplynetwork.examples import write_tables

COMPETITIVENESS = """item,win_rate,price_premium,market_share
mill,0.5,0.10,0.2
lathe,0.4,0.05,0.1
spindle,0.6,0.20,0.3
bearing,0.1,-0.05,0.01
"""
UPGRADING = (
    "year,world_share,domestic_value_added_share,vulnerability,volume,unit_value\n"
    + "".join(
        f"{2015 + year},{0.05 + 0.01 * year:.2f},0.5,0.2,{100 + 10 * year},40\n"
        for year in range(6)
    )
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tables = {"competitiveness": COMPETITIVENESS, "upgrading": UPGRADING}
    return write_tables(tmp_path_factory.mktemp("firm"), **tables)


@pytest.fixture(scope="module")
def network(folder: Path) -> SupplyNetwork:
    return register(folder).network


def sold(**changed: str) -> list[ItemCompetitiveness]:
    rates = {"mill": "0.5", "lathe": "0.4", "spindle": "0.6", "bearing": "0.1"} | changed
    return [
        ItemCompetitiveness(item, Fraction(rate), Fraction(rate), Fraction(rate))
        for item, rate in rates.items()
    ]


def test_vulnerability_is_the_product_of_four(network: SupplyNetwork) -> None:
    found = vulnerability(network)
    spindle = found["spindle"]
    # all from acme in DE: half of its supplies CN, a quarter JP, a quarter its own country
    assert spindle.concentration == Fraction(1, 4) + Fraction(1, 16) + Fraction(1, 16)
    assert spindle.requalification == Fraction(40, 180)
    assert spindle.uncovered == Fraction(1, 2)  # 20 of 40 days on stock
    assert spindle.value == Fraction(3, 8) * Fraction(2, 9) * Fraction(1, 2)
    # nobody else makes castings: the whole horizon, of which 200/3 days are on stock
    assert found["casting"].value == 1 - Fraction(200, 3) / 180
    assert found["bearing"].value == 0  # two suppliers are qualified
    assert vulnerability(network, 20)["spindle"].uncovered == 0
    assert "coolant" not in found  # never bought


def test_the_quadrant_finds_the_dual_paradox(network: SupplyNetwork) -> None:
    points = {each.item: each for each in quadrant(network, sold())}
    # mill and lathe need castings; both stand above half of the others by that
    assert points["mill"].weakest == points["lathe"].weakest == "casting"
    assert points["mill"].vulnerability_percentile == Fraction(3, 4)
    assert points["mill"].competitiveness_percentile == Fraction(5, 8)
    assert points["mill"].controllability == Fraction(200, 3) / 180
    assert {item: each.quadrant for item, each in points.items()} == {
        "mill": "dual paradox",
        "lathe": "weak and dependent",
        "spindle": "strong",
        "bearing": "weak",
    }
    with pytest.raises(ItemUnknown, match="gearbox"):
        quadrant(network, sold(gearbox="0.3"))
    with pytest.raises(TooThin, match="3 items"):
        quadrant(network, sold()[:3])


def test_percentiles_count_half_of_what_is_equal() -> None:
    found = percentiles([Fraction(each) for each in (1, 2, 2, 5)])
    assert found == [Fraction(eighths, 8) for eighths in (1, 4, 4, 7)]


@settings(max_examples=10, deadline=None)
@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=9).map(lambda found: [*map(Fraction, found)])
)
def test_percentiles_are_half_on_average_and_keep_the_order(values: list[Fraction]) -> None:
    found = percentiles(values)
    assert sum(found) == Fraction(len(values), 2)
    pairs = sorted(zip(values, found, strict=True))
    assert [rank for _, rank in pairs] == sorted(found)


def test_what_can_be_made_inside(network: SupplyNetwork) -> None:
    # a mill: 1 spindle of 9,000, 4 bearings of 0.6 x 35.50 + 0.4 x 38, 2 castings of 700
    bearings = 4 * (Fraction("35.5") * 6 + 38 * 4) / 10
    total = 9000 + bearings + 1400
    europe = closure(network, "mill", {"DE", "SE"})
    # acme's spindle has tiers in CN and JP, so only borr's, not qualified, is inside
    assert europe.closure == bearings / total
    assert europe.substitution == 9000 / (9000 + Fraction(1400))
    assert (europe.largest_closed, europe.largest_value) == ("", None)
    wide = closure(network, "mill", {"DE", "SE", "JP", "CN"})
    assert (wide.closure, wide.substitution) == (1, None)
    assert (wide.largest_closed, wide.largest_value) == ("mill", 1)
    without_castings = closure(network, "mill", {"DE", "JP", "CN", "SE"} - {"SE"})
    assert without_castings.closure == 1  # acme makes bearings, too
    lathe = closure(network, "lathe", {"DE", "SE", "JP", "CN"})
    assert lathe.unknown == ("coolant",)
    assert lathe.largest_closed == ""
    with pytest.raises(ItemUnknown, match="gearbox"):
        closure(network, "gearbox", {"DE"})


@settings(max_examples=10, deadline=None)
@given(st.sets(st.sampled_from(["DE", "SE", "CN", "JP"])), st.sampled_from(["DE", "CN", "JP"]))
def test_a_wider_perimeter_never_closes_less(
    network: SupplyNetwork, perimeter: set[str], more: str
) -> None:
    one, other = closure(network, "mill", perimeter), closure(network, "mill", perimeter | {more})
    assert one.closure is not None
    assert other.closure is not None
    assert one.closure <= other.closure <= 1
    assert (one.largest_value or 0) <= (other.largest_value or 0)


def test_arrows_have_the_class_of_their_angle_and_flat_growth_is_locked_in() -> None:
    def year(at: int, share: str, added: str, volume: int = 1) -> UpgradeYear:
        one = Fraction(1)
        return UpgradeYear(at, Fraction(share), Fraction(added), 0 * one, volume * one, one)

    steps = trajectory([year(2, "0.2", "0.5"), year(1, "0.1", "0.5"), year(3, "0.2", "0.6")])
    assert [each.move for each in steps] == ["", "more scale", "more control"]
    assert steps[0].horizontal == pytest.approx(math.log(0.1))
    moved = trajectory([year(1, "0.2", "0.9"), year(2, "0.1", "0.2"), year(3, "0.1", "0.2")])
    assert [each.move for each in moved] == ["", "decline", "none"]
    flat = [year(at, "0.1", "0.5", 100 + 3 * at) for at in range(7)]
    assert [each.is_locked_in for each in trajectory(flat)] == [False] * 5 + [True, True]
    rising = [*flat[:-1], year(6, "0.1", "0.6", 118)]
    assert [each.is_locked_in for each in trajectory(rising)][-1] is False
    with pytest.raises(TooThin, match="1, 3"):
        trajectory([year(1, "0.1", "0.5"), year(3, "0.1", "0.5")])


def test_the_commands_show_and_refuse(folder: Path) -> None:
    def run(*arguments: str) -> str:
        found = CliRunner().invoke(app, ["valuechain", *arguments])
        assert found.exit_code == 0, found.output
        return found.output

    shown = run("quadrant", str(folder))
    assert "as of 2026-02-28, coverage 100%" in shown
    first = json.loads(run("quadrant", str(folder), "--json"))[1]
    assert (first["item"], first["quadrant"]) == ("mill", "dual paradox")
    assert [each["indicator"] for each in first["figures"]][-1] == "item_controllability"
    inside = ("closure", str(folder), "--item", "mill", "--country", "DE", "--country", "SE")
    assert "closure_ratio: 1.4%" in run(*inside)
    assert json.loads(run(*inside, "--json"))["unknown"] == []
    assert "locked in" in run("upgrading", str(folder))
    steps = json.loads(run("upgrading", str(folder), "--json"))
    assert [each["locked_in"] for each in steps] == [False] * 5 + [True]
    refused = CliRunner().invoke(app, ["valuechain", "quadrant", str(folder / "none")])
    assert refused.exit_code == 2
