"""Studies, costs and accounts of profit over a real database, contracts and billing."""

from fractions import Fraction

import pytest
from msgspec.structs import replace

from lineshaft.core import canonical
from lineshaft.core.errors import Forbidden, Invalid
from lineshaft.core.money import Money, total
from lineshaft.core.period import Period
from lineshaft.services.billing.errors import DocumentNotFound
from lineshaft.services.desk.cost_file import COST_ROWS_MAX, ERRORS_SAID_MAX, read_costs
from lineshaft.services.desk.errors import CostsWrong, StudyNotFound, StudyVersionTaken
from lineshaft.services.desk.model import (
    CostKind,
    CostRecord,
    EntryKind,
    GroupBy,
    Months,
    Risk,
    Study,
    Variant,
)
from lineshaft.services.desk.service import (
    by_machine,
    by_month,
    compare,
    costs_csv,
    currencies,
    entries_csv,
    profit_csv,
    study_csv,
)
from tests.services.contracts.examples import offering
from tests.services.desk.desks import FINANCE, MACHINES, MONTHS, NOW, DeskHub, dearer, sold, study
from tests.services.hub import CUSTOMER, ENGINEER

DAYS = 14


def issued_nets(desk_hub: DeskHub, cases: list[Period]) -> list[str]:
    documents = [desk_hub.billing.issue(FINANCE, "c-1001", period) for period in cases]
    contents = [canonical.decode(each.file)["document"] for each in documents]
    return [f"{each['totals']['net']} {each['currency']}" for each in contents]


def test_history_under_the_contracts_own_tariff_is_what_was_issued(desk_hub: DeskHub) -> None:
    sold(desk_hub)
    same = Variant("Offering", offering())
    as_it_is, offered = desk_hub.desk.run(FINANCE, study(Variant("As contracted"), same))
    assert as_it_is.cells == offered.cells
    assert as_it_is.unrated == ()
    periods = sorted({cell.period for cell in as_it_is.cells})
    assert len(periods) == DAYS
    sums = [
        str(total([cell.net for cell in as_it_is.cells if cell.period == period], "EUR"))
        for period in periods
    ]
    assert sums == issued_nets(desk_hub, periods)
    # The account of profit of what was issued says the same for each machine.
    earned = desk_hub.desk.profit(FINANCE, MONTHS, GroupBy.MACHINE)
    assert {row.key: row.figures for row in earned} == by_machine(as_it_is, "EUR")
    assert {cell.contract for cell in as_it_is.cells} == {"c-1001"}
    assert any(cell.credits.amount for cell in as_it_is.cells)


def test_the_second_question_needs_no_metering(desk_hub: DeskHub) -> None:
    sold(desk_hub)
    told: list[tuple[str, int, int]] = []
    first = desk_hub.desk.run(FINANCE, study(), lambda *said: told.append(said))
    # Cutting time, states, and states with their spans, of two machines on each day.
    assert len(desk_hub.usage.asked) == 3 * 2 * DAYS
    assert ("measuring", 84, 84) in told
    assert ("rating As contracted", DAYS, DAYS) in told
    again = desk_hub.desk.run(FINANCE, study(Variant("As contracted"), dearer()))
    assert len(desk_hub.usage.asked) == 3 * 2 * DAYS
    assert again[0] == first[0]
    kept = {cell.month: cell.is_complete for cell in again[1].cells}
    assert kept == {"2017-06": True}


def test_two_versions_are_compared_machine_by_machine(desk_hub: DeskHub) -> None:
    sold(desk_hub)
    before, after = desk_hub.desk.run(FINANCE, study(Variant("As contracted"), dearer()))
    found = compare(before, after)
    # Two hours a day at 45.00 more, divided by the usage of the machines: one to two.
    assert {each.machine: str(each.more) for each in found} == {
        "mazak01": "420.00 EUR",
        "mazak02": "840.00 EUR",
    }
    assert [each.machine for each in found] == ["mazak02", "mazak01"]
    assert currencies(after) == ["EUR"]
    assert list(by_month(after, "EUR")) == ["2017-06"]
    dollars = Variant("Dollars", offering(currency="USD"))
    pair = desk_hub.desk.run(FINANCE, study(Variant("As contracted"), dollars))
    with pytest.raises(Invalid, match="EUR, USD"):
        compare(*pair)


def test_the_risk_of_a_contract_follows_from_its_machines_own_failures(desk_hub: DeskHub) -> None:
    sold(desk_hub)
    (outcome,) = desk_hub.desk.run(FINANCE, study())
    (risk,) = outcome.risks
    assert isinstance(risk, Risk)
    assert (risk.contract, risk.machines, risk.failures) == ("c-1001", MACHINES, 2 * DAYS)
    # Down from 1 to 7 hours a day on the first machine, half as long on the second.
    assert risk.mean_down_us == Fraction(3 * 4 * 3_600_000_000, 4)
    assert Money.zero("EUR").amount <= risk.credits.low.amount <= risk.credits.high.amount
    assert risk.margin.low.amount < risk.margin.high.amount
    # One machine alone is shown where only it is chosen, and the contract is rated as a whole.
    (one,) = desk_hub.desk.run(FINANCE, study(machines=("mazak02",)))
    assert {cell.machine for cell in one.cells} == {"mazak02"}
    assert one.risks == (risk,)


def test_a_tariff_that_cannot_be_rated_is_named_and_the_others_stand(desk_hub: DeskHub) -> None:
    sold(desk_hub)
    terms = offering().to_content()["terms"]
    terms["base_fee"]["proration"] = "ACT_DAYS"
    terms["usage_prices"][0]["modifiers"] = {
        "take_or_pay": {"per": "year", "quantity": "10", "unit_price": "1", "proration": "30/360"}
    }
    wrong = Variant("By the year", offering(terms=terms))
    fine, refused = desk_hub.desk.run(FINANCE, study(Variant("As contracted"), wrong))
    assert len(fine.cells) == 2 * DAYS
    assert refused.cells == ()
    assert len(refused.unrated) == DAYS
    assert "start of a month" in refused.unrated[0].reason


@pytest.mark.both_engines
def test_studies_are_saved_in_versions_and_published(desk_hub: DeskHub) -> None:
    sold(desk_hub)
    desk = desk_hub.desk
    first = study(Variant("As contracted"), dearer())
    saved = desk.save(FINANCE, first)
    assert desk.save(FINANCE, first) == saved
    assert Study.from_content(first.to_content()) == first
    second = replace(first, version=2, name="Summer prices, again")
    desk.save(FINANCE, second)
    assert desk.study(FINANCE, "summer").study == second
    assert desk.study(FINANCE, "summer", 1) == saved
    assert [each.study.version for each in desk.studies(FINANCE)] == [2]
    with pytest.raises(StudyVersionTaken):
        desk.save(FINANCE, replace(first, name="Other"))
    with pytest.raises(StudyNotFound):
        desk.study(FINANCE, "winter")
    # The published version is the next one of the offering; again changes nothing.
    made = desk.publish(FINANCE, "summer", "At 90.00")
    assert (made.id, made.version) == ("machining-as-a-service", 2)
    assert desk.publish(FINANCE, "summer", "At 90.00") == made
    assert desk_hub.hub.contracts.offering(FINANCE, made.id) == made
    with pytest.raises(Invalid, match="nothing to publish"):
        desk.publish(FINANCE, "summer", "As contracted")
    costs = [cost("c-1", "100.00"), cost("c-2", "12.00")]
    assert desk.record_costs(FINANCE, costs) == 2
    assert desk.record_costs(FINANCE, costs) == 0
    assert desk.costs(FINANCE, MONTHS) == costs


def cost(id_: str, amount: str, **changes: str) -> CostRecord:
    content = {
        "id": id_,
        "kind": "spare_parts",
        "start": "2017-06-01",
        "end": "2017-07-01",
        "amount": amount,
        "currency": "EUR",
        "machine": "mazak01",
        "contract": "",
        "source": "voucher 7",
    }
    return CostRecord.from_content(content | changes)


def test_profit_is_exact_and_leads_down_to_documents_and_costs(desk_hub: DeskHub) -> None:
    sold(desk_hub)
    desk = desk_hub.desk
    (outcome,) = desk.run(FINANCE, study())
    periods = sorted({cell.period for cell in outcome.cells})
    issued_nets(desk_hub, periods[-1:])
    number = "NM-2017-000001"
    costs = [
        cost("parts", "50.00"),
        # Of a contract alone: 30 of 61 days are in June, in equal parts for its two machines.
        cost("loan", "100.01", end="2017-08-01", kind="financing", machine="", contract="c-1001"),
        cost("other", "9.00", machine="mazak09", kind="energy"),
        cost("mistake", "-9.00", machine="mazak09", kind="energy"),
    ]
    desk.record_costs(FINANCE, costs)
    entries = desk.profit_entries(FINANCE, MONTHS)
    shown = {(e.origin, e.machine): str(e.amount) for e in entries if e.kind is EntryKind.COST}
    assert shown == {
        ("parts", "mazak01"): "-50.00 EUR",
        ("loan", "mazak01"): "-24.59 EUR",
        ("loan", "mazak02"): "-24.60 EUR",
        ("other", "mazak09"): "-9.00 EUR",
        ("mistake", "mazak09"): "9.00 EUR",
    }
    assert {e.origin for e in entries if e.kind is not EntryKind.COST} == {number}
    by = {kind: desk.rows_of(entries, kind) for kind in GroupBy}
    assert [row.key for row in by[GroupBy.CONTRACT]] == ["", "c-1001"]
    assert [row.key for row in by[GroupBy.OFFERING]] == ["", "machining-as-a-service"]
    whole = {
        kind: str(total([row.figures.margin for row in found], "EUR")) for kind, found in by.items()
    }
    assert len(set(whole.values())) == 1
    # Both months together give the whole cost, to the cent.
    both = desk.profit_entries(FINANCE, Months("2017-06", "2017-07"))
    spread = [each.amount for each in both if each.origin == "loan"]
    assert str(total(spread, "EUR")) == "-100.01 EUR"
    # Recorded costs are in the margin of a study.
    (again,) = desk.run(FINANCE, study())
    assert str(by_machine(again, "EUR")["mazak01"].costs) == "74.59 EUR"
    assert entries_csv(entries).count("\r\n") == len(entries) + 1
    header, *lines = profit_csv(by[GroupBy.CONTRACT], GroupBy.CONTRACT).splitlines()
    assert header == "contract,currency,revenue,credits,costs,margin"
    assert lines[0] == ",EUR,0.00,0.00,0.00,0.00"
    assert lines[1].startswith("c-1001,EUR,")
    assert study_csv([again]).splitlines()[1].startswith("As contracted,c-1001,mazak01,2017-06,")


def test_costs_come_from_a_file_all_or_none(desk_hub: DeskHub) -> None:
    desk = desk_hub.desk
    costs = [cost("a", "1.50"), cost("b", "-2.00", kind="other")]
    text = "\ufeff" + costs_csv(costs)
    told: list[tuple[str, int, int]] = []
    lines = text.splitlines(keepends=True)
    assert desk.import_costs(FINANCE, lines, lambda *said: told.append(said)) == 2
    assert told[-1] == ("reading rows", 3, 3)
    assert desk.costs(FINANCE, MONTHS) == costs
    with pytest.raises(CostsWrong, match="other content: a; nothing was recorded"):
        desk.record_costs(FINANCE, [cost("a", "9.00"), cost("c", "1.00")])
    header = "id,kind,start,end,amount,currency,machine,source\n"
    wrong = [
        header,
        "w1,rent,2017-06-01,2017-07-01,1.00,EUR,mazak01,x\n",
        "w2,hours,2017-06-01,2017-06-01,1.00,EUR,mazak01,x\n",
        "w3,hours,2017-06-01,2017-07-01,1.005,EUR,mazak01,x\n",
        "w4,hours,2017-06-01,2017-07-01,1,EUR,,x\n",
        "w5,hours,2017-06-01,2017-07-01\n",
        "w6,hours,1 June,2017-07-01,1.00,EUR,mazak01,x\n",
        "\n",
        "w7,hours,2017-06-01,2017-07-01,1.00,EUR,mazak01,x\n",
        "w7,hours,2017-06-01,2017-07-01,1.00,EUR,mazak01,x\n",
    ]
    with pytest.raises(CostsWrong) as refused:
        desk.import_costs(FINANCE, wrong)
    said = str(refused.value)
    assert said.startswith("nothing was recorded. row 2: kind 'rent'")
    assert "row 3: period" in said
    assert "row 4: amount 1.005 EUR: more decimals" in said
    assert "row 5: cost w4: expected a machine or a contract" in said
    assert "row 6: 4 fields, expected 8" in said
    assert "row 7: cannot read the instant" in said
    assert "row 10: id w7 stands twice" in said
    assert desk.costs(FINANCE, MONTHS) == costs
    with pytest.raises(CostsWrong, match=r"line 1 must name the columns .* kind is missing"):
        read_costs(["id,start,end,amount,currency,source\n"])


def test_long_files_are_cut_short_and_their_errors_are_counted() -> None:
    header = "id,kind,start,end,amount,currency,machine,source\n"
    rows = (f"r{number},rent,x,y,1,EUR,m,s\n" for number in range(ERRORS_SAID_MAX + 3))
    with pytest.raises(CostsWrong, match=r"and 3 more$"):
        read_costs([header, *rows])
    assert COST_ROWS_MAX >= 100_000
    told: list[int] = []
    good = (f"r{n},hours,2017-06-01,2017-07-01,1,EUR,m,s\n" for n in range(2_100))
    assert len(read_costs([header, *good], told.append)) == 2_100
    assert told == [1_000, 2_000]


def test_only_finance_designs_and_sees_profit(desk_hub: DeskHub) -> None:
    sold(desk_hub)
    desk = desk_hub.desk
    for actor in (CUSTOMER, ENGINEER):
        for refused in (
            lambda actor=actor: desk.run(actor, study()),
            lambda actor=actor: desk.save(actor, study()),
            lambda actor=actor: desk.studies(actor),
            lambda actor=actor: desk.known_now(actor),
            lambda actor=actor: desk.record_costs(actor, [cost("a", "1.00")]),
            lambda actor=actor: desk.import_costs(actor, []),
            lambda actor=actor: desk.profit(actor, MONTHS, GroupBy.MONTH),
            lambda actor=actor: desk.costs(actor, MONTHS),
        ):
            with pytest.raises(Forbidden):
                refused()
    assert desk.known_now(FINANCE) == NOW
    with pytest.raises(DocumentNotFound):
        desk_hub.billing.document(FINANCE, "NM-2017-000001")


@pytest.mark.parametrize(
    "wrong",
    [
        {"months": {"first": "2017-13", "last": "2017-13"}},
        {"months": {"first": "2017-07", "last": "2017-06"}},
        {"months": {"first": "2007-01", "last": "2017-06"}},
        {"seed": -1},
        {"seed": True},
        {"variants": []},
        {"variants": [{"label": "a", "offering": None}] * 2},
        {"name": " "},
        {"id": "Großes"},
        {"machines": [7]},
        {"more": 1},
    ],
)
def test_a_study_that_says_nothing_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        Study.from_content(study().to_content() | wrong)


def test_kinds_of_costs_are_words_of_the_file() -> None:
    assert [kind.value for kind in CostKind] == [
        "spare_parts", "hours", "energy", "financing", "other",
    ]  # fmt: skip
