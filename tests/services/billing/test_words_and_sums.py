"""What guarantees, ledgers and claims say word for word, and a bundle that is corrected."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from lineshaft.core.money import Money
from lineshaft.core.period import parse_instant
from lineshaft.services.billing.document import documented
from lineshaft.services.billing.exports import ledger_beancount, ledger_csv
from lineshaft.services.billing.model import (
    Account,
    AccountKind,
    Entry,
    Transaction,
    shown_decimal,
)
from lineshaft.services.billing.rating import rate
from lineshaft.services.billing.recognition import schedule
from lineshaft.services.contracts.credits import Direction
from tests.services.billing import promised
from tests.services.billing.examples import ENGINE
from tests.services.billing.test_recognition import QUARTER, corrected, first, quarterly
from tests.services.contracts.examples import BASE_FEE, terms


def bundle(per_month: str) -> Any:
    alone = {"machine": "60.00", "software": "30.00", "training": "30.00"}
    description = BASE_FEE["description"]
    parts = [
        {
            "id": name,
            "description": description,
            "offering": f"sold-{name}",
            "offering_version": 1,
            "stand_alone_price": price,
        }
        for name, price in alone.items()
    ]
    price = {"model": "bundle", "amount_per_month": per_month, "proration": "ACT_DAYS"}
    sold = {"id": "bundle", "description": description, "price": price | {"parts": parts}}
    return quarterly(terms=terms(base_fee=None, guarantee=None, usage_prices=[sold]))


def test_a_corrected_bundle_adds_what_is_allocated_now_less_what_was() -> None:
    """Of 299.98 the parts get 149.99, 74.99 and 75.00; of -0.02 alone it would be -0.01, 0, -0.01.

    IFRS 15, paragraphs 76 and 88: all documents together are allocated as the standing amount.
    """
    before = bundle("100.00")
    document = first(rate(before, QUARTER, QUARTER.end, [], ENGINE))
    after = bundle("99.993333333")
    now = rate(after, QUARTER, QUARTER.end, [], ENGINE)
    said = [documented(document, "0" * 64)]
    correction = corrected(said, now, parse_instant("2026-05-01T00:00:00Z"))
    sums: dict[str, Decimal] = {}
    for each in schedule(after, correction):
        sums[each.offering] = sums.get(each.offering, Decimal(0)) + each.amount.amount
    assert {name: str(amount) for name, amount in sums.items()} == {
        "sold-machine": "-0.01",
        "sold-software": "-0.01",
    }


def test_a_document_says_what_each_indicator_follows_from() -> None:
    counting, named = promised.counting, promised.named
    seconds = promised.STATES | {"id": "cutting", "parameters": {}}
    agreed = promised.of(
        named(
            "throughput",
            indicator="throughput",
            produced=counting("parts"),
            production_time=seconds,
            planned_s_per_item="30",
        ),
        named(
            "oee",
            indicator="oee",
            produced=counting("parts"),
            good=counting("good"),
            production_time=seconds,
            planned_s_per_item="30",
        ),
        named(
            "energy",
            indicator="energy",
            target="2",
            credit={"slope": "10", "cap": "20"},
            energy=counting("energy"),
            output=counting("parts"),
        ),
    )
    usage = promised.used(agreed, 48_000, 420, 48_000, 45_600, 420, 100_800, 48_000)
    outcomes = promised.rated(agreed, usage).outcomes
    assert [(each.indicator, each.target, each.direction) for each in outcomes] == [
        ("throughput", Fraction(98, 100), Direction.AT_LEAST),
        ("oee", Fraction(98, 100), Direction.AT_LEAST),
        ("energy", 2, Direction.AT_MOST),
    ]
    found = [outcome.basis for outcome in outcomes]
    time_s = str(420 * 3600)
    assert found == [
        {"produced": "48000", "production_time_s": time_s},
        {
            "availability": "7/12",
            "effectiveness": "20/21",
            "quality": "19/20",
            "planned_busy_s": str(720 * 3600),
            "production_time_s": time_s,
            "produced": "48000",
            "good": "45600",
        },
        {"energy": "100800", "output": "48000"},
    ]


def euros(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def booked(id_: str, amount: str, reference: str = "") -> Transaction:
    entries = (
        Entry(Account(AccountKind.BANK), euros(amount)),
        Entry(Account(AccountKind.RECEIVABLES, "riverside"), -euros(amount)),
    )
    return Transaction(
        id=id_,
        document="X-1",
        reason="payment",
        reference=reference,
        effective_at=parse_instant("2027-05-01T00:00:00Z"),
        posted_at=parse_instant("2027-06-01T23:59:59Z"),
        entries=entries,
    )


def test_beancount_word_for_word() -> None:
    assert ledger_beancount([booked("t-1", "10.50"), booked("t-2", "-3.00")]) == (
        "2027-06-01 open Assets:Bank\n"
        "2027-06-01 open Assets:Receivables:Riverside\n"
        "\n"
        '2027-06-01 * "X-1" "payment"\n'
        '  transaction: "t-1"\n'
        "  Assets:Bank  10.50 EUR\n"
        "  Assets:Receivables:Riverside  -10.50 EUR\n"
        "\n"
        '2027-06-01 * "X-1" "payment"\n'
        '  transaction: "t-2"\n'
        "  Assets:Bank  -3.00 EUR\n"
        "  Assets:Receivables:Riverside  3.00 EUR\n"
    )


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [("=1", True), ("+1", True), ("-1", True), ("@a", True), ("\ta", True), ("a=1", False)],
)
def test_a_text_is_no_formula_and_another_stays_as_it_is(text: str, is_kept: bool) -> None:
    row = ledger_csv([booked("t-1", "1.00", text)])
    assert (f"'{text}" in row) is is_kept
    assert text in row


def test_half_of_the_target_is_missed_by_half() -> None:
    """A sum of its own: 12 of 24 hours up are an availability of one half."""
    agreed = promised.of(promised.availability())
    found = promised.rated(agreed, promised.used(agreed, promised.states(("360", "FAULT"))))
    assert found.outcomes[0].value == Fraction(1, 2)


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [("100", 0, "100"), ("100", 2, "100"), ("2.50", 2, "2.5"), ("0.005", 2, "0.01")],
)
def test_a_number_for_the_eye(value: str, decimals: int, shown: str) -> None:
    assert shown_decimal(Fraction(value), decimals) == shown
    assert shown_decimal(-Fraction(value), decimals) == f"-{shown}"
