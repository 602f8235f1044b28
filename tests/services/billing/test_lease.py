"""Leased machines: when instalments are due, for which machines, and what follows at the end."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core import canonical
from lineshaft.core.period import Instant, Period
from lineshaft.services.billing.document import document_content, recompute
from lineshaft.services.billing.model import RatedDocument
from lineshaft.services.billing.rating import rate
from lineshaft.services.billing.rendering.model import Language
from lineshaft.services.billing.rendering.view import view_of
from lineshaft.services.contracts.leases import LEASE_MONTHS_MAX, LEASED_MAX
from lineshaft.services.contracts.model import Contract, TermsInvalid
from tests.services.billing.examples import ENGINE, record
from tests.services.billing.examples import PERIOD as DAY
from tests.services.contracts.examples import CUTTING_TIME, contract, terms

TEXT = {"en": "Lease", "zh-Hans": "租赁"}
STARTS = [f"2027-{month:02}-01T00:00:00Z" for month in range(1, 7)]
MONTHS = [Period.parse(*pair) for pair in pairwise(STARTS)]
PRICE = {"model": "lease", "instalment": "900.00", "months": 3, "due": "advance"}


def sold(changes: dict[str, Any] | None = None, **of: Any) -> Contract:
    price = {"id": "lease", "description": TEXT, "price": PRICE | (changes or {})}
    content = {"machines": ["m1", "m2"], "start": STARTS[0], "end": None} | of
    bare = terms(base_fee=None, guarantee=None, usage_prices=[price])
    return contract(terms=bare, billing_period="month", **content)


def rated(of: Contract, period: Period) -> RatedDocument:
    document = rate(of, period, period.end, [], ENGINE)
    content = canonical.decode(canonical.encode(document_content(document, "X-1", period.end)))
    assert recompute(content) == content
    return document


@pytest.mark.parametrize("due", ["advance", "arrears"])
def test_there_are_as_many_instalments_as_agreed_each_with_the_share_of_each_machine(
    due: str,
) -> None:
    own = [{"machine": "m2", "instalment": "400.00"}]
    of = sold({"due": due, "machines": own, "residual": "5.00", "purchase_option": "6.00"})
    documents = [rated(of, month) for month in MONTHS]
    assert [str(each.totals.net) for each in documents] == ["1300.00 EUR"] * 3 + ["0.00 EUR"] * 2
    steps = [step for each in documents[2].lines for step in each.steps][:2]
    assert [(step["machine"], step["amount_exact"]) for step in steps] == [
        ("m1", "900"),
        ("m2", "400"),
    ]
    assert (steps[0]["number"], steps[0]["residual"], steps[0]["purchase_option"]) == (
        3,
        "5.00",
        "6.00",
    )
    assert "residual" not in documents[1].lines[0].steps[0]
    at = {"advance": STARTS[2], "arrears": STARTS[3]}[due]
    assert {step["due_at"] for step in steps} == {at}


@pytest.mark.parametrize(("due", "machine"), [("advance", "m1"), ("arrears", "m2")])
def test_an_exchanged_machine_is_leased_once_the_one_that_serves_when_it_is_due(
    due: str, machine: str
) -> None:
    changed = "2027-01-10T00:00:00Z"
    bindings = [
        {"place": "press", "machine": "m1", "end": changed},
        {"place": "press", "machine": "m2", "start": changed},
    ]
    (line,) = rated(sold({"due": due}, bindings=bindings), MONTHS[0]).lines
    assert [step["machine"] for step in line.steps if step["kind"] == "instalment"] == [machine]


def test_a_lease_that_began_under_an_earlier_version_is_counted_on() -> None:
    of = sold({"since": "2026-11-15T00:00:00Z"})
    (line,) = rated(of, MONTHS[0]).lines
    assert [(step["number"], step["due_at"]) for step in line.steps[:1]] == [
        (3, "2027-01-15T00:00:00Z")
    ]
    assert rated(of, MONTHS[1]).lines == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"months": 0},
        {"months": LEASE_MONTHS_MAX + 1},
        {"instalment": "-1"},
        {"since": "2027-01-01"},
        {"residual": "-1"},
        {"purchase_option": "-1"},
        {"machines": [{"machine": "m1", "instalment": "-1"}]},
        {"machines": [{"machine": "m1", "instalment": "1"}] * 2},
        {"machines": [{"machine": f"m{i}", "instalment": "1"} for i in range(LEASED_MAX + 1)]},
    ],
)
def test_a_lease_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=r"lease|instalment|expected"):
        sold(changes)


def test_a_lease_measures_nothing() -> None:
    price = {"id": "lease", "description": TEXT, "price": PRICE, "meter": CUTTING_TIME["meter"]}
    with pytest.raises(TermsInvalid, match="leave out meter"):
        contract(terms=terms(usage_prices=[price]))


def fleet(price: dict[str, Any], **changes: Any) -> Contract:
    sold = CUTTING_TIME | {"price": price, "is_shared": True} | changes
    bare = terms(base_fee=None, guarantee=None, usage_prices=[sold])
    return contract(terms=bare, machines=["m1", "m2", "m3"])


@pytest.mark.parametrize(
    ("seconds", "shares"),
    [((3600, 7200, 0), ["33.33", "66.67", "0.00"]), ((0, 0, 0), ["33.33", "33.33", "33.34"])],
)
def test_a_fleet_is_priced_as_one_and_each_machine_has_its_share(
    seconds: tuple[int, ...], shares: list[str]
) -> None:
    """At least 100.00 a month for the fleet: thirds of nothing, or by hours."""
    price = {"model": "per_unit", "unit": "HUR", "unit_price": "1.00"}
    least = {"minimum": {"amount_per_month": "3000.00", "proration": "ACT_DAYS"}}
    of = fleet(price, modifiers=least)
    usage = [record(of, i, each, known_at=DAY.end) for i, each in enumerate(seconds)]
    document = rate(of, DAY, DAY.end, usage, ENGINE)
    (line,) = document.lines
    said = [step["amount"] for step in line.steps if step["kind"] == "machine_share"]
    assert (str(line.amount), said) == ("100.00 EUR", shares)
    content = canonical.decode(canonical.encode(document_content(document, "X-1", DAY.end)))
    assert recompute(content) == content
    assert f"Of which m3: {shares[2]} EUR" in str(view_of(content, Language.ENGLISH)["lines"])


def test_only_a_price_of_a_quantity_is_shared() -> None:
    with pytest.raises(TermsInvalid, match="shared by machines"):
        fleet({"model": "flat", "amount": "1"})


@settings(max_examples=20)
@given(
    st.sampled_from(["advance", "arrears"]),
    st.lists(st.integers(1, MONTHS[-1].end - MONTHS[0].start - 1), max_size=6, unique=True),
)
def test_however_time_is_billed_each_instalment_is_due_once(due: str, cuts: list[int]) -> None:
    of = sold({"due": due})
    whole = Period(MONTHS[0].start, MONTHS[-1].end)
    ends = [Instant(whole.start + cut) for cut in sorted(cuts)]
    pieces = [Period(*pair) for pair in pairwise([whole.start, *ends, whole.end])]
    assert sum(rated(of, piece).totals.net.amount for piece in pieces) == 2 * 3 * 900
