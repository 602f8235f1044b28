"""What a document posts."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core.errors import InvariantError
from lineshaft.core.money import Money
from lineshaft.core.period import Instant
from lineshaft.services.billing.difference import difference
from lineshaft.services.billing.document import correction_content, document_content, documented
from lineshaft.services.billing.ledger import book
from lineshaft.services.billing.model import (
    Account,
    AccountKind,
    Documented,
    Entry,
    RatedDocument,
    Transaction,
)
from lineshaft.services.billing.rating import rate
from tests.services.billing.examples import (
    ENGINE,
    KNOWN_AT,
    PERIOD,
    plain_contract,
    rate_amount,
    rated_example,
    record,
)
from tests.services.contracts.examples import contract, terms
from tests.services.contracts.test_life_terms import OTHERS


def posted(rated: RatedDocument) -> tuple[Entry, ...]:
    return book(rated.contract, document_content(rated, "NM-2017-000001", KNOWN_AT)).entries


def test_the_entries_of_the_example_day() -> None:
    assert [(str(entry.account), str(entry.amount)) for entry in posted(rated_example())] == [
        ("receivables:riverside-parts", "267.54 EUR"),
        ("revenue:machining-as-a-service", "-234.82 EUR"),
        ("service_credits", "10.00 EUR"),
        ("vat_payable:S-19", "-42.72 EUR"),
    ]


def test_nothing_is_posted_for_nothing() -> None:
    of = contract(terms=terms(base_fee=None, guarantee=None))
    assert posted(rate(of, PERIOD, KNOWN_AT, [record(of, 0, 0)], ENGINE)) == ()


def transaction(*entries: Entry) -> Transaction:
    return Transaction("txn_1", "NM-2017-000001", Instant(0), Instant(0), entries)


def entry(amount: str, currency: str = "EUR") -> Entry:
    money = Money.rounded(Fraction(amount), currency)
    return Entry(Account(AccountKind.REVENUE), money)


@pytest.mark.parametrize(
    "entries",
    [[], [entry("1")], [entry("1"), entry("-1.01")], [entry("1"), entry("-1", "CHF")]],
)
def test_a_transaction_that_does_not_sum_to_zero_stops_the_unit_of_work(entries: Any) -> None:
    with pytest.raises(InvariantError, match="sum to zero"):
        transaction(*entries)


@given(
    usage=st.fractions(min_value=0, max_value=10**6, max_denominator=10**6),
    fee=st.decimals(min_value=0, max_value=10**6, places=2),
    up_us=st.integers(min_value=0, max_value=PERIOD.duration_us),
    percent=st.fractions(min_value=Fraction(1, 100), max_value=100, max_denominator=100),
    currency=st.sampled_from(["EUR", "JPY", "BHD", "CNY"]),
)
def test_debits_equal_credits_on_any_invoice(
    usage: Fraction, fee: Any, up_us: int, percent: Fraction, currency: str
) -> None:
    parts = terms(vat={"category": "S", "rate": str(percent)})
    parts["base_fee"] = parts["base_fee"] | {"amount_per_month": str(fee)}
    of = contract(terms=parts, currency=currency)
    states = {"ACTIVE": up_us, "INTERRUPTED": PERIOD.duration_us - up_us}
    usages = [record(of, 0, usage), record(of, 1, 0, states=states)]
    rated = rate(of, PERIOD, KNOWN_AT, usages, ENGINE)
    entries = posted(rated)
    assert sum(each.amount.as_fraction() for each in entries) == 0
    if entries:
        transaction(*entries)
        assert entries[0].amount == rated.totals.gross


def test_partners_get_their_share_of_all_that_stands() -> None:
    """Many small corrections: each posts the difference, so that no cent drifts."""
    of = plain_contract(
        {"model": "per_unit", "unit": "SEC", "unit_price": "0.01"},
        parties=OTHERS,
        revenue_split=[{"party": "helper", "share": "1/3"}],
    )
    said: list[Documented] = []
    paid: list[Decimal] = []
    for amount in (1, 2, 3, 5, 4, 7):
        now = rate_amount(of, amount)
        place = (f"NM-2017-{amount:06d}", KNOWN_AT)
        found = difference(now, said) if said else None
        if found is None:
            content = document_content(now, *place)
        else:
            content = correction_content(now, said, found, place)
        said.append(documented(content, "0" * 64))
        entries = book(of, content).entries
        assert sum(each.amount.amount for each in entries) == 0
        paid += [-e.amount.amount for e in entries if str(e.account) == "partner_payable:helper"]
    assert sum(paid) == of.partner_shares([("x", now.totals.net)])["helper"].amount
