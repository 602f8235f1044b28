"""Leased machines: when instalments are due, for which machines, and what follows at the end."""

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core import canonical
from lineshaft.core.money import round_half_away
from lineshaft.core.period import Instant, Period, parse_instant
from lineshaft.services.billing.document import document_content, recompute
from lineshaft.services.billing.model import RatedDocument
from lineshaft.services.billing.pricing.lease_interest import split_instalments
from lineshaft.services.billing.rating import rate
from lineshaft.services.billing.recognition import schedule
from lineshaft.services.billing.rendering.model import Language
from lineshaft.services.billing.rendering.view import view_of
from lineshaft.services.contracts.changing import purchased, returned
from lineshaft.services.contracts.leases import LEASE_MONTHS_MAX, LEASED_MAX
from lineshaft.services.contracts.life import ActKind, ActRefused
from lineshaft.services.contracts.model import (
    Contract,
    LeaseClass,
    LeaseDue,
    LeasePrice,
    TermsInvalid,
)
from lineshaft.services.contracts.service import Parting
from tests.services.billing.examples import ENGINE, record
from tests.services.billing.examples import PERIOD as DAY
from tests.services.contracts.examples import CUTTING_TIME, contract, terms
from tests.services.hub import FINANCE, Hub

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


def by_month(of: Contract, document: RatedDocument) -> list[tuple[str, str, bool]]:
    content = document_content(document, "X-1", document.period.end)
    return [
        (each.month, str(each.amount), each.is_deferred)
        for each in schedule(of, content)
        if each.amount.amount
    ]


def test_an_operating_lease_is_revenue_over_the_months_that_it_is_for() -> None:
    """From 15 January on, 310.00 in advance: 17 of 31 days of it are January's."""
    price = {"instalment": "310.00", "since": "2027-01-15T00:00:00Z"}
    of = sold(price | {"classification": "operating"}, machines=["m1"])
    (line,) = rated(of, MONTHS[0]).lines
    assert line.period == Period.parse("2027-01-15T00:00:00Z", "2027-02-15T00:00:00Z")
    assert by_month(of, rated(of, MONTHS[0])) == [
        ("2027-01", "170.00 EUR", True),
        ("2027-02", "140.00 EUR", True),
    ]
    # without a class: revenue of the period that it is due in, as before
    bare = sold(price, machines=["m1"])
    assert by_month(bare, rated(bare, MONTHS[0])) == [("2027-01", "310.00 EUR", False)]


def splits(price: dict[str, Any], count: int) -> list[tuple[str, str, str]]:
    of = sold({"classification": "finance", "months": count} | price, machines=["m1"])
    steps = [rated(of, month).lines[0].steps[0] for month in MONTHS[:count]]
    return [(step["interest"], step["principal"], step["balance"]) for step in steps]


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        # 340.02/1.01 + 340.02/1.01^2 + 340.02/1.01^3 = 999.99: 10.00, 6.70, and 3.37 is left
        (
            {"instalment": "340.02", "due": "arrears", "annual_rate": "12"},
            [
                ("10.00", "330.02", "669.97"),
                ("6.70", "333.32", "336.65"),
                ("3.37", "336.65", "0.00"),
            ],
        ),
        # the first one is due at once and bears no interest
        (
            {"instalment": "340.02", "due": "advance", "annual_rate": "12"},
            [
                ("0.00", "340.02", "669.97"),
                ("6.70", "333.32", "336.65"),
                ("3.37", "336.65", "0.00"),
            ],
        ),
        # 500.00 are left at the end
        (
            {"instalment": "100.00", "due": "arrears", "annual_rate": "12", "residual": "500.00"},
            [("7.79", "92.21", "687.18"), ("6.87", "93.13", "594.05"), ("5.95", "94.05", "500.00")],
        ),
    ],
)
def test_an_instalment_of_a_finance_lease_is_interest_and_principal(
    price: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    assert splits(price, 3) == expected


def test_a_finance_lease_says_its_split_in_both_languages() -> None:
    """900.00 / 1.01 = 891.09, and 8.91 of interest."""
    price = {"classification": "finance", "annual_rate": "12", "months": 1, "due": "arrears"}
    of = sold(price, machines=["m1"])
    content = document_content(rated(of, MONTHS[0]), "X-1", MONTHS[0].end)
    for language, said in (
        (Language.ENGLISH, "; interest 8.91 EUR, principal 891.09 EUR, 0.00 EUR remaining"),
        (Language.CHINESE, "；利息 8.91 EUR，本金 891.09 EUR，剩余 0.00 EUR"),
    ):
        (step,) = view_of(content, language)["lines"][0]["steps"]
        assert said in step["text"]


@settings(max_examples=50)
@given(
    amount=st.integers(100, 10_000_000),
    months=st.integers(1, 120),
    rate=st.fractions(0, 30, max_denominator=100),
    residual=st.integers(0, 1_000_000),
    due=st.sampled_from(LeaseDue),
)
def test_interest_and_principal_add_up_to_each_instalment_and_to_the_investment(
    amount: int, months: int, rate: Fraction, residual: int, due: LeaseDue
) -> None:
    price = LeasePrice(
        instalment=Decimal(amount).scaleb(-2),
        months=months,
        due=due,
        residual=Decimal(residual).scaleb(-2),
        classification=LeaseClass.FINANCE,
        annual_rate=rate,
    )
    found = split_instalments(price, price.instalment, 2)
    assert {each.interest + each.principal for each in found} == {price.instalment}
    monthly = rate / 1200
    value = (
        sum(
            Fraction(price.instalment) / (1 + monthly) ** (k if due is LeaseDue.ARREARS else k - 1)
            for k in range(1, months + 1)
        )
        + Fraction(residual, 100) / (1 + monthly) ** months
    )
    left = found[-1].balance
    assert sum(each.principal for each in found) + left == round_half_away(value, 2)
    behind = Fraction(residual, 100) / (1 + monthly if due is LeaseDue.ADVANCE else 1)
    assert left == round_half_away(behind, 2)
    # what rounding moves into the last one stays within a cent for each month, with interest
    exact = Fraction(found[-2].balance if months > 1 else round_half_away(value, 2)) * monthly
    if due is LeaseDue.ARREARS or months > 1:
        drift = abs(Fraction(found[-1].interest) - exact)
        assert drift <= Fraction(1, 100) * sum((1 + monthly) ** k for k in range(months + 1))


def test_an_option_that_is_exercised_is_charged_once_with_the_period_that_ends_then() -> None:
    bought = [{"machine": "m2", "at": STARTS[3]}]
    of = sold({"purchase_option": "6000.00", "purchases": bought})
    documents = [rated(of, month) for month in MONTHS]
    assert [[line.id for line in each.lines] for each in documents] == [
        ["lease"],
        ["lease"],
        ["lease", "lease.purchase"],
        [],
        [],
    ]
    line = documents[2].lines[1]
    assert (str(line.amount), line.steps[0]["machine"]) == ("6000.00 EUR", "m2")
    content = document_content(documents[2], "X-1", documents[2].period.end)
    for language, words in (
        (Language.ENGLISH, "m2: bought by its option on 1 April 2027, 00:00"),
        (Language.CHINESE, "m2：于 2027年4月1日 00:00 行使购买选择权"),
    ):
        shown = view_of(content, language)["lines"][1]["steps"]
        assert [step["text"] for step in shown] == [words]


@pytest.mark.parametrize(
    "changes",
    [
        {"classification": "finance"},
        {"annual_rate": "5"},
        {"classification": "operating", "annual_rate": "5"},
        {"classification": "finance", "annual_rate": "101"},
        {"classification": "finance", "annual_rate": "-1"},
        {"purchases": [{"machine": "m1", "at": STARTS[3]}]},
        {"purchases": [{"machine": "m1", "at": STARTS[3]}] * 2, "purchase_option": "1"},
        {"purchases": [{"machine": "m1", "at": "soon"}], "purchase_option": "1"},
    ],
)
def test_a_class_or_a_purchase_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=r"lease|expected"):
        sold(changes)


def test_the_customer_buys_at_the_end_of_the_lease_and_not_before() -> None:
    of = sold({"purchase_option": "6000.00"})
    now = purchased(of, "m2", parse_instant(STARTS[3]))
    assert rated(now, MONTHS[2]).lines[1].id == "lease.purchase"
    for refused, machine, at in (
        (of, "m2", STARTS[2]),
        (of, "m3", STARTS[3]),
        (now, "m2", STARTS[4]),
        (sold(), "m2", STARTS[3]),
    ):
        with pytest.raises(ActRefused, match="expected a machine that serves then"):
            purchased(refused, machine, parse_instant(at))


def test_a_machine_that_goes_back_owes_no_instalment_more() -> None:
    now = returned(sold(), "m2", parse_instant("2027-02-10T00:00:00Z"))
    nets = [str(rated(now, month).totals.net) for month in MONTHS[:3]]
    assert nets == ["1800.00 EUR", "1800.00 EUR", "900.00 EUR"]
    for refused, machine in ((now, "m2"), (sold(machines=["m1"]), "m1")):
        with pytest.raises(ActRefused, match="another one that goes on"):
            returned(refused, machine, parse_instant("2027-03-10T00:00:00Z"))


def test_a_purchase_is_an_act_and_corrects_what_was_billed(hub: Hub) -> None:
    """The last month is billed without it; then the customer says that it keeps the machine."""
    price = {"purchase_option": "6000.00", "months": 1, "due": "arrears"}
    of = hub.activated(sold(price, start="2017-05-24T00:00:00Z", anchor_day=24))
    month = Period.parse("2017-05-24T00:00:00Z", "2017-06-24T00:00:00Z")
    assert str(hub.billing.issue(FINANCE, of.id, month).gross) == "2142.00 EUR"
    bought = Parting(machine="m2", at=month.end, reason="letter of 23 June")
    act = hub.contracts.agreements.purchase(FINANCE, of.id, bought)
    assert (act.kind, act.detail["machine"]) == (ActKind.PURCHASE, "m2")
    hub.clock.advance(1)
    corrected = hub.billing.correct(FINANCE, of.id, month).document
    assert (corrected.type, str(corrected.gross)) == ("384", "7140.00 EUR")
    with pytest.raises(ActRefused):
        hub.contracts.agreements.purchase(FINANCE, of.id, bought)


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
