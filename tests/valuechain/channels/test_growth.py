"""Growth accounting and released hours against what was counted by hand."""

import math
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.valuechain.channels import model
from lineshaft.valuechain.channels.accounting import Accounts, Change, Factor, Unmeasured
from lineshaft.valuechain.channels.figures import Channel, ChannelFigure
from lineshaft.valuechain.channels.model import quarter_named, quarter_number
from lineshaft.valuechain.channels.reading import read_books
from lineshaft.valuechain.channels.released import Released, released_by_line
from lineshaft.valuechain.channels.service import ChannelLedger, channels, ledger_content
from lineshaft.valuechain.tables.errors import TablesInvalid
from tests.valuechain.channels.books import TABLES, write_books

MILL, TURN = ("ulm", "mill"), ("ulm", "turn")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_books(tmp_path_factory.mktemp("books"))


@pytest.fixture(scope="module")
def accounts(folder: Path) -> Accounts:
    return Accounts(read_books(folder))


@pytest.fixture(scope="module")
def ledger(folder: Path) -> ChannelLedger:
    return channels(folder)


def change_of(accounts: Accounts, unit: tuple[str, str], quarter: str) -> Change:
    found = accounts.change(unit, quarter)
    assert isinstance(found, Change)
    return found


def test_a_line_is_what_was_counted_by_hand(accounts: Accounts) -> None:
    """The mill in 2026-Q1.

    Hours 40 to 36 at 10; machines 200; IT 100 to 150; services 60 + 40 = 100 to 80 + 50 = 130;
    goods 200 to 242 at prices 1.1 times as high, 220. Costs 1000 and 360 + 200 + 150 + 130 + 242 =
    1082. Output 1000 to 1100: bad units are none.
    """
    change = change_of(accounts, MILL, "2026-Q1")
    first = [Fraction(4, 10), Fraction(2, 10), Fraction(1, 10), Fraction(1, 10), Fraction(2, 10)]
    second = [Fraction(each, 1082) for each in (360, 200, 150, 130, 242)]
    assert list(change.first.values()) == first
    assert list(change.second.values()) == second
    assert change.output == pytest.approx(math.log(1.1))
    # Means of the shares times ln(36/40), ln(1), ln(1.5), ln(1.3), ln(1.1), by hand:
    assert {name: change.term(name).value for name in Factor} == pytest.approx(
        {
            "labour": -0.073517,  # 0.366359 x (-0.105361 - 0.095310)
            "operating_capital": -0.018340,  # 0.192421 x (0 - 0.095310)
            "it_capital": 0.037006,  # 0.119316 x (0.405465 - 0.095310)
            "services": 0.018388,  # 0.110074 x (0.262364 - 0.095310)
            "materials": 0.0,  # 0.211830 x (0.095310 - 0.095310)
        },
        abs=2e-6,
    )
    growth = change.total_factor_productivity
    assert growth.value == pytest.approx(0.036462, abs=1e-6)
    assert growth.low < growth.value < growth.high
    assert change.is_substitution


def test_growth_without_more_input_is_productivity(accounts: Accounts) -> None:
    change = change_of(accounts, TURN, "2026-Q1")
    growth = change.total_factor_productivity
    assert growth.value == growth.low == growth.high == pytest.approx(math.log(210 / 200))
    assert not change.is_substitution
    # The factors that the line does not have say nothing: no IT, no services.
    assert change.inputs.keys() == {"labour", "operating_capital", "materials"}


def test_twice_of_everything_is_neither_substitution_nor_productivity(accounts: Accounts) -> None:
    change = change_of(accounts, MILL, "2026-Q2")
    assert change.inputs == pytest.approx(dict.fromkeys(Factor, math.log(2)))
    assert [change.term(factor).value for factor in Factor] == pytest.approx([0] * 5)
    assert change.total_factor_productivity.value == pytest.approx(0)


def test_terms_of_all_factors_and_productivity_sum_to_zero(accounts: Accounts) -> None:
    for unit in accounts.units:
        for quarter in accounts.quarters[1:]:
            found = accounts.change(unit, quarter)
            if isinstance(found, Change):
                terms = math.fsum(found.term(factor).value for factor in Factor)
                assert terms + found.total_factor_productivity.value == pytest.approx(0)


def test_hours_go_where_more_are_booked(folder: Path, accounts: Accounts) -> None:
    """Inspection would have taken 20 x 1.1 = 22 hours and takes 8: 14 are released.

    Machining would have taken 22 and takes 23; programming takes 5 that it did not: 1 and 5 of the
    14 are found again, 8 are not.
    """
    found = released_by_line(read_books(folder), accounts)
    assert found[MILL, "2026-Q1"] == Released(
        Fraction(14), {"machining": Fraction(1), "programming": Fraction(5)}, Fraction(8)
    )
    assert found[MILL, "2026-Q2"].hours == 0  # twice the output, twice the hours
    assert found[TURN, "2026-Q1"].hours == 0  # nothing is monitored


def of(found: ChannelLedger, indicator: str) -> list[ChannelFigure]:
    return [each for each in found.figures if each.figure.indicator.name == indicator]


def test_figures_are_of_the_firm_its_sites_and_its_lines(ledger: ChannelLedger) -> None:
    growth = of(ledger, "total_factor_productivity")
    places = {(each.site, each.line) for each in growth if each.figure.value is not None}
    assert places == {("", ""), ("ulm", ""), MILL, TURN}
    assert all(each.figure.low is not None for each in growth)
    by_place = {(each.site, each.line, each.quarter): each.figure for each in growth}
    assert by_place["", "", "2026-Q1"].value == by_place["ulm", "", "2026-Q1"].value
    released = [each for each in of(ledger, "hours_released") if (each.site, each.line) == MILL]
    assert [(each.of, each.figure.value) for each in released if each.quarter == "2026-Q1"] == [
        ("", 14),
        ("to machining", 1),
        ("to programming", 5),
        ("to no activity of it", 8),
    ]
    assert [each.of for each in of(ledger, "substitution_effect") if each.line == "mill"] == [
        "substitution",
        "",
    ]
    content = ledger_content(ledger, ledger.chosen(Channel.CAPITAL, "ulm", "mill"))
    assert {each["channel"] for each in content["figures"]} == {"capital"}


def test_which_method_is_used_is_said(ledger: ChannelLedger) -> None:
    said = "growth accounting: 2 comparable lines, 15 needed for 4 inputs and one output"
    assert ledger.methods == {"2026-Q1": said, "2026-Q2": said}
    missing = [each.figure.missing for each in of(ledger, "malmquist_index")]
    assert missing == [said.removeprefix("growth accounting: ")] * 2


@pytest.mark.parametrize(
    ("absent", "indicator", "missing"),
    [
        ("payroll", "substitution_effect", "the books have no payroll"),
        ("assets", "total_factor_productivity", "the books have no assets"),
        ("hours", "hours_released", "the books have no hours"),
        ("roll_out", "roll_out_effect", "the books have no roll_out"),
        ("usage", "digital_revenue", "there is no revenue, usage"),
    ],
)
def test_without_books_a_channel_is_not_measured(
    absent: str, indicator: str, missing: str, tmp_path: Path
) -> None:
    found = of(channels(write_books(tmp_path, **{absent: None})), indicator)
    assert [(each.figure.value, each.figure.missing) for each in found] == [(None, missing)]


def test_a_factor_that_begins_has_no_logarithm(tmp_path: Path) -> None:
    assets = TABLES["assets"] + "sensor,it,ulm,turn,10,EUR,2026-Q1,\n"
    accounts = Accounts(read_books(write_books(tmp_path, assets=assets)))
    found = accounts.change(TURN, "2026-Q1")
    expected = "no it_capital above 0 in 2025-Q4: its logarithm has no start"
    assert found == Unmeasured(expected)
    assert isinstance(accounts.change(TURN, "2026-Q2"), Change)
    assert accounts.change(TURN, "2026-Q3") == Unmeasured("no good output in 2026-Q3")


def test_what_makes_no_sense_is_refused_with_its_place(tmp_path: Path) -> None:
    changed = {
        "assets": TABLES["assets"] + "old,operating,ulm,turn,1,EUR,2026-Q1,2025-Q4\n",
        "payroll": TABLES["payroll"] + "2026-Q5,ulm,turn,x,yes,1,EUR\n"
        "2026-Q2,ulm,turn,x,yes,1,USD\n",
        "purchases": TABLES["purchases"] + "2026-05-02,ulm,turn,F,goods,communication,1,EUR,\n",
    }
    with pytest.raises(TablesInvalid) as refused:
        read_books(write_books(tmp_path, **changed))
    assert [(each.file, each.row, each.column) for each in refused.value.problems] == [
        ("purchases.csv", 12, "date"),
        ("payroll.csv", 5, "quarter"),
        ("payroll.csv", 6, "currency"),
        ("assets.csv", 8, "last_quarter"),
    ]


def test_costs_and_quarters_have_their_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = TABLES["hours"].replace("mill,inspection,20,200", "mill,inspection,20,0")
    free = free.replace("mill,machining,20,200", "mill,machining,20,0")
    others = {
        name: "\n".join(line for line in TABLES[name].splitlines() if ",mill," not in line)
        for name in ("assets", "purchases")
    }
    payroll = TABLES["payroll"].replace("mill", "turn")
    changed = others | {"hours": free, "payroll": payroll}
    accounts = Accounts(read_books(write_books(tmp_path / "free", **changed)))
    assert accounts.change(MILL, "2026-Q1") == Unmeasured("no cost above 0 in 2025-Q4")
    monkeypatch.setattr(model, "QUARTERS_MAX", 2)
    with pytest.raises(Invalid, match="2025-Q4 to 2026-Q2: expected at most 2 quarters"):
        channels(write_books(tmp_path / "long"))


@settings(max_examples=25)
@given(st.integers(0, 9_999 * 4))
def test_quarters_count_on(number: int) -> None:
    assert quarter_number(quarter_named(number)) == number


def test_enough_lines_have_a_frontier(tmp_path: Path) -> None:
    """Twelve lines without energy: eleven stand still, one makes a tenth more of the same."""
    quarters, names = ("2026-Q1", "2026-Q2"), [f"l{number:02}" for number in range(12)]
    rows: dict[str, list[str]] = {name: [] for name in ("output", "hours", "purchases", "assets")}
    for number, name in enumerate(names):
        rows["assets"].append(f"{name},operating,ulm,{name},{number + 5},EUR,2026-Q1")
        for day, quarter in zip(("2026-01-02", "2026-04-02"), quarters, strict=True):
            good = 110 if (name, quarter) == ("l00", "2026-Q2") else 100
            rows["output"].append(f"{quarter},ulm,{name},{good},0,1,EUR")
            rows["hours"].append(f"{quarter},ulm,{name},work,{20 + number % 3},50,EUR")
            rows["purchases"].append(f"{day},ulm,{name},F,goods,{40 + number % 5},EUR")
    heads = {
        "output": "quarter,site,line,good,bad,unit_value,currency",
        "hours": "quarter,site,line,activity,hours,wage_cost,currency",
        "purchases": "date,site,line,supplier,kind,amount,currency",
        "assets": "asset,kind,site,line,user_cost,currency,first_quarter",
    }
    tables = {name: "\n".join([heads[name], *rows[name], ""]) for name in heads}
    payroll = TABLES["payroll"].splitlines()[0] + "\n2026-Q1,ulm,,research,yes,10,EUR\n"
    found = channels(write_books(tmp_path, **tables, payroll=payroll))
    counted = "Malmquist: 12 comparable lines, 12 needed for 3 inputs and one output"
    assert found.methods == {"2026-Q2": counted}
    index = {each.line: each.figure for each in of(found, "malmquist_index")}
    # l00 is cheapest in every input: it is the frontier, and what it gains is the frontier's shift.
    assert index["l00"].value == pytest.approx(1.1)
    assert [index[name].value for name in names[1:]] == pytest.approx([1.0] * 11)
    (shift,) = [each for each in of(found, "frontier_shift") if each.line == "l00"]
    assert shift.figure.value == pytest.approx(1.1)
    assert index[""].low is not None


def test_an_effect_is_claimed_when_the_placebo_finds_none(tmp_path: Path) -> None:
    """Of eight lines four make 5 points fewer rejects from the fifth quarter on."""
    quarters = [quarter_named(quarter_number("2025-Q1") + number) for number in range(6)]
    output = ["quarter,site,line,good,bad,unit_value,currency"]
    for number in range(8):
        for place, quarter in enumerate(quarters):
            bad = 10 + (number + place) % 2 - (5 if number < 4 and place >= 4 else 0)
            output.append(f"{quarter},ulm,l{number},{100 - bad},{bad},1,EUR")
    connected = [f"ulm,l{number},2026-02-01" for number in range(4)]
    tables = {
        "output": "\n".join([*output, ""]),
        "roll_out": "\n".join(["site,line,connected_on", *connected, ""]),
    }
    books = write_books(tmp_path, **dict.fromkeys(TABLES, None) | tables)
    found = channels(books, outcome="quality_ratio")
    (effect,) = of(found, "roll_out_effect")
    assert effect.figure.value == pytest.approx(0.05)
    assert (effect.figure.low or 0) < 0.05 < (effect.figure.high or 0)
    assert found.claim == "design_allows_estimate"
    assert "if lines" in ledger_content(found)["attribution"]["words"]
