"""Contracts of the hub speak for themselves in an outage; the network's table where none does."""

import datetime as dt
import json
from fractions import Fraction
from pathlib import Path

import pytest
from msgspec.structs import replace

from lineshaft.core.errors import Invalid
from lineshaft.core.money import Money
from lineshaft.infrastructure.database import Database
from lineshaft.services.contracts.model import credit_amount, credit_rate
from lineshaft.valuechain.supplynetwork.dependencies import GuaranteeDependency, promises_of
from lineshaft.valuechain.supplynetwork.guarantees import Promises
from lineshaft.valuechain.supplynetwork.versions import service
from tests.services.contracts.examples import BASE_FEE, contract, terms
from tests.services.hub import build_hub
from tests.valuechain.supplynetwork.examples import TABLES
from tests.valuechain.supplynetwork.test_versions import ASKED, FINANCE, build, zipped

pytestmark = [pytest.mark.engine, pytest.mark.timeout(30)]

START = "2026-01-01T00:00:00Z"
DAY = dt.date(2026, 3, 1)
FIRST = contract(start=START, time_zone="Asia/Shanghai")
HOURS = Fraction(8)
TABLE = "contract,guarantee,item,repair_hours\nc-1001,guarantee,spindle,8\n"
OTHER_TERMS = "c-1001,guarantee,spindle,availability,99.9,,9,100,,100,999999,EUR,1,0\n"
FEE_FROM_MAY = terms(base_fee=BASE_FEE | {"amount_per_month": "9000.00"})
NO_GOAL = replace(ASKED, lines=())


def test_a_contract_costs_what_it_says_on_the_day(
    sqlite_database: Database, tmp_path: Path
) -> None:
    hub = build_hub(sqlite_database, tmp_path / "keys")
    made = hub.activated(FIRST)
    later = contract(version=2, start="2026-05-01T00:00:00Z", terms=FEE_FROM_MAY)
    hub.contracts.agree(FINANCE, later)
    hub.contracts.activate(FINANCE, "c-1001", 2)
    networks, _ = build(sqlite_database, hub.contracts)
    said = zipped(dependencies=TABLE, guarantees=TABLES["guarantees"] + OTHER_TERMS)
    networks.import_upload(FINANCE, said, None)

    networks.save_scenario(FINANCE, ("acme", "Acme fails"), NO_GOAL)
    content = json.loads(networks.scenario(FINANCE, "acme")[1])
    listed = [each for each in content["answer"]["guarantees"] if each["contract"] == "c-1001"]
    assert made.terms.guarantee is not None
    credit_terms = made.terms.guarantee.credit_terms
    for each in listed:
        share = credit_rate(Fraction(each["value"]), credit_terms)
        owed = Money.rounded(credit_amount(Fraction(3000), share), "EUR")
        assert each["amount"] == str(owed.amount), "what billing would credit, of the first version"
    assert {"2026-03", "2026-05"} <= {each["month"] for each in listed}
    assert content["promises"]["contracts"] == {"c-1001": 1}
    assert [each["monthly_fee"] for each in content["promises"]["exposures"]] == ["3000.00"]
    files = {name for name, _ in content["inputs"]}
    assert {"contract c-1001", "dependencies.csv", "guarantees.csv"} <= files
    by_table = [each for each in content["answer"]["guarantees"] if each["contract"] == "riverside"]
    assert by_table, "the table counts for a contract that the hub does not have"

    assert networks.ask_again(FINANCE, "acme").is_same
    sooner = contract(version=3, start="2026-02-01T00:00:00Z", terms=FEE_FROM_MAY)
    hub.contracts.agree(FINANCE, sooner)
    hub.contracts.activate(FINANCE, "c-1001", 3)
    again = networks.ask_again(FINANCE, "acme")
    assert not again.is_same
    assert "contract c-1001" in again.changed


def test_what_does_not_count_is_named() -> None:
    bound = {
        "c-1001": [FIRST],
        "ended": [contract(id="ended", start=START, end="2026-02-28T16:00:00Z",
                           time_zone="Asia/Shanghai")],
        "dollars": [contract(id="dollars", start=START, currency="USD")],
    }  # fmt: skip
    named = [("c-1001", "guarantee"), ("c-1001", "other"), ("ended", "guarantee"),
             ("dollars", "guarantee"), ("nobody", "guarantee")]  # fmt: skip
    links = [GuaranteeDependency(id_, guarantee, "spindle", HOURS) for id_, guarantee in named]
    found = promises_of(Promises((), {}), links, bound, (DAY, "EUR"))
    assert [(e.contract, e.terms.target) for e in found.exposures] == [("c-1001", Fraction(9, 10))]
    assert {(each.contract, each.why) for each in found.left_out} == {
        ("c-1001", "no_such_guarantee"),
        ("ended", "not_in_force"),
        ("dollars", "other_currency"),
        ("nobody", "unknown_contract"),
    }
    day_before = promises_of(Promises((), {}), links, bound, (dt.date(2026, 2, 28), "EUR"))
    assert "ended" in day_before.contracts, "the day begins by the calendar of the contract"


def test_more_contracts_than_may_be_named(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks, _ = build(sqlite_database)
    networks.import_upload(FINANCE, zipped(), None)
    monkeypatch.setattr(service, "CONTRACTS_MAX", 2)
    networks.what_if(FINANCE, NO_GOAL)
    monkeypatch.setattr(service, "CONTRACTS_MAX", 1)
    with pytest.raises(Invalid, match="expected at most 1"):
        networks.what_if(FINANCE, NO_GOAL)
