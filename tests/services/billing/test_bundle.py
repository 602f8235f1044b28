"""One price for several services: the allocation, and what a document says of it."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core import canonical
from lineshaft.core.money import Money, total
from lineshaft.core.period import Period
from lineshaft.services.billing.document import document_content, recompute
from lineshaft.services.billing.model import RatedDocument
from lineshaft.services.billing.pricing import allocated
from lineshaft.services.billing.rating import rate
from lineshaft.services.contracts.bundles import PARTS_MAX
from lineshaft.services.contracts.content import from_content
from lineshaft.services.contracts.model import BundlePrice, TermsInvalid
from tests.services.billing.examples import ENGINE
from tests.services.contracts.examples import contract, terms

JUNE = Period.parse("2017-06-01T00:00:00Z", "2017-07-01T00:00:00Z")
TEXT = {"en": "Care", "zh-Hans": "服务"}
PART = {"description": TEXT, "offering_version": 1}


def parts(*alone: str) -> list[dict[str, Any]]:
    return [
        PART | {"id": f"part-{i}", "offering": f"service-{i}", "stand_alone_price": price}
        for i, price in enumerate(alone)
    ]


def rated(*alone: str, period: Period = JUNE, **modifiers: Any) -> RatedDocument:
    price = {"model": "bundle", "amount_per_month": "100.00", "proration": "ACT_DAYS"}
    sold = {"id": "care", "description": TEXT, "price": price | {"parts": parts(*alone)}}
    sold |= {"modifiers": modifiers} if modifiers else {}
    of = contract(
        terms=terms(base_fee=None, guarantee=None, usage_prices=[sold]),
        start="2017-06-01T00:00:00Z",
        billing_period="month",
    )
    return rate(of, period, period.end, [], ENGINE)


def shares(document: RatedDocument) -> list[str]:
    return [step["amount"] for step in document.lines[0].steps if step["kind"] == "allocation"]


def test_100_in_three_is_33_33_and_33_33_and_33_34() -> None:
    document = rated("40.00", "40.00", "40.00")
    assert str(document.totals.net) == "100.00 EUR"
    assert shares(document) == ["33.33", "33.33", "33.34"]
    last = document.lines[0].steps[-1]
    assert last["offering"] == {"id": "service-2", "version": 1}
    content = canonical.decode(canonical.encode(document_content(document, "X-1", JUNE.end)))
    assert recompute(content) == content


def test_the_discount_of_a_bundle_is_shared_in_proportion_to_stand_alone_prices() -> None:
    """IFRS 15, example 34: 100 for what costs 50, 25 and 75 alone are 33, 17 and 50."""
    assert shares(rated("50.00", "25.00", "75.00")) == ["33.33", "16.67", "50.00"]
    halved = rated("50.00", "25.00", "75.00", discount={"by": "percent", "percent": "50"})
    assert shares(halved) == ["16.67", "8.33", "25.00"]


def test_a_part_of_a_month_is_prorated_before_it_is_allocated() -> None:
    half = Period.parse("2017-06-16T00:00:00Z", "2017-07-01T00:00:00Z")
    document = rated("1", "0", period=half)
    assert str(document.totals.net) == "50.00 EUR"
    assert shares(document) == ["50.00", "0.00"]


@pytest.mark.parametrize("alone", [["1"], ["0", "0"], ["1"] * (PARTS_MAX + 1)])
def test_a_bundle_has_parts_that_are_worth_something(alone: list[str]) -> None:
    with pytest.raises(TermsInvalid, match="a bundle"):
        rated(*alone)


@pytest.mark.parametrize(
    "change",
    [{"id": "part-0"}, {"offering_version": 0}, {"offering": "A"}, {"stand_alone_price": "-1"}],
)
def test_a_part_that_no_revenue_could_be_counted_on_is_refused(change: dict[str, Any]) -> None:
    listed = parts("1", "1")
    price: dict[str, Any] = {"model": "bundle", "amount_per_month": "1", "proration": "30/360"}
    price["parts"] = [listed[0], listed[1] | change]
    sold = {"id": "care", "description": TEXT, "price": price}
    with pytest.raises(TermsInvalid):
        contract(terms=terms(usage_prices=[sold]))


ALONE = st.lists(st.integers(min_value=0, max_value=10**6), min_size=2, max_size=8).filter(any)


@given(st.integers(min_value=-(10**9), max_value=10**9), ALONE)
def test_the_parts_add_up_and_each_is_within_a_cent_of_its_share(
    cents: int, alone: list[int]
) -> None:
    price = from_content(
        {"model": "bundle", "amount_per_month": "1", "proration": "30/360"}
        | {"parts": parts(*map(str, alone))},
        BundlePrice,
    )
    amount = Money(Decimal(cents).scaleb(-2), "EUR")
    split = allocated(amount, price)
    assert total([share for _, share in split], "EUR") == amount
    for part, share in split:
        exact = Fraction(cents, 100) * Fraction(part.stand_alone_price) / sum(alone)
        assert abs(share.as_fraction() - exact) < Fraction(1, 100)
