"""What finance leases post, against numbers by hand: 3 x 340.02 in arrears at 12 % a year.

A hundredth a month on 999.99 is 10.00, on 669.97 it is 6.70, on 336.65 it is 3.37.
"""

from decimal import Decimal
from typing import Any

from lineshaft.core.period import Period
from lineshaft.services.billing.document import document_content
from lineshaft.services.billing.exports import ledger_beancount
from lineshaft.services.billing.ledger import book
from lineshaft.services.billing.model import Entry
from lineshaft.services.contracts.changing import purchased
from lineshaft.services.contracts.model import Contract
from tests.services.billing.test_lease import MONTHS, rated, sold
from tests.services.hub import FINANCE, Hub

PRICE = {"instalment": "340.02", "due": "arrears", "classification": "finance"}
PRICE |= {"annual_rate": "12"}
START = "2017-03-24T00:00:00Z"
MONTH = Period.parse(START, "2017-04-24T00:00:00Z")


def posted(of: Contract, month: Period) -> dict[str, str]:
    document = document_content(rated(of, month), "X-1", month.end)
    booking = book(of, document)
    assert booking.slices == (), "no lease is revenue"
    assert sum(each.amount.amount for each in booking.entries) == 0
    return by_account(booking.entries)


def by_account(entries: tuple[Entry, ...]) -> dict[str, str]:
    return {str(each.account.kind): f"{each.amount.amount:f}" for each in entries}


def test_an_instalment_is_interest_and_lowers_the_net_investment() -> None:
    of = sold(PRICE, machines=["m1"])
    # gross 340.02 + 64.60 of tax; held: 999.99 handed over less the principal of 330.02
    assert posted(of, MONTHS[0]) == {
        "receivables": "404.62",
        "net_investment": "669.97",
        "leased_out": "-999.99",
        "lease_interest": "-10.00",
        "vat_payable": "-64.60",
    }
    second, third = (posted(of, month) for month in MONTHS[1:3])
    assert (second["net_investment"], second["lease_interest"]) == ("-333.32", "-6.70")
    assert (third["net_investment"], third["lease_interest"]) == ("-336.65", "-3.37")
    assert Decimal("669.97") - Decimal("333.32") - Decimal("336.65") == 0


def test_what_is_left_of_a_bought_machine_leaves_the_net_investment_the_rest_is_revenue() -> None:
    """One instalment of 340.02 and 101.00 left: 441.02 / 1.01 = 436.65, interest 4.37."""
    price = PRICE | {"months": 1, "residual": "101.00", "purchase_option": "150.00"}
    of = purchased(sold(price, machines=["m1"]), "m1", MONTHS[0].end)
    assert posted(of, MONTHS[0]) == {
        "receivables": "583.12",
        "leased_out": "-436.65",
        "lease_interest": "-4.37",
        "revenue": "-49.00",
        "vat_payable": "-93.10",
    }


def test_a_correction_takes_back_what_was_posted_and_every_export_balances(hub: Hub) -> None:
    def version(number: int, **changes: Any) -> Contract:
        return sold(PRICE, start=START, anchor_day=24, version=number, **changes)

    of = hub.activated(version(1))
    first = hub.billing.issue(FINANCE, of.id, MONTH)
    # the second machine had never been handed over: a version from the start on says so
    again = version(2, machines=["m1"])
    hub.contracts.agree(FINANCE, again)
    hub.contracts.activate(FINANCE, of.id, 2)
    hub.clock.advance(1)
    credit = hub.billing.correct(FINANCE, of.id, MONTH).document
    found = {each.document: each for each in hub.billing.transactions(FINANCE)}
    before, after = (by_account(found[each.number].entries) for each in (first, credit))
    assert (before["net_investment"], before["lease_interest"]) == ("1339.94", "-20.00")
    assert (credit.type, after["receivables"]) == ("381", "-404.62")
    assert (after["net_investment"], after["lease_interest"]) == ("-669.97", "10.00")
    assert after["leased_out"] == "999.99"
    text = ledger_beancount(hub.billing.transactions(FINANCE))
    amounts = [line.split() for line in text.splitlines() if line.endswith(" EUR")]
    assert sum(Decimal(words[-2]) for words in amounts) == 0
    assert "Income:LeaseInterest" in text


def test_what_was_posted_as_revenue_is_corrected_as_revenue() -> None:
    """A document from before there were such postings: nothing of it stands in these accounts."""
    of = sold(PRICE, machines=["m1"])
    document = document_content(rated(of, MONTHS[0]), "X-1", MONTHS[0].end)
    both = document["lines"] * 2
    half = document | {"rating": {"lines": both, "totals": document["totals"]}}
    assert by_account(book(of, half).entries)["revenue"] == "-340.02"
