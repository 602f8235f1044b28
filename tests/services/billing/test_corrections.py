"""Documents after the first one of a period: cases 21 to 30, and the properties behind them."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from lineshaft.core import canonical
from lineshaft.core.errors import Forbidden, Invalid
from lineshaft.core.money import Money, currency_exponent
from lineshaft.core.period import US_PER_DAY, Instant, Period
from lineshaft.infrastructure.database.tables import OUTBOX
from lineshaft.security.audit.model import AuditQuery
from lineshaft.security.authorisation.model import LOCAL_OPERATOR
from lineshaft.services.billing import corrections
from lineshaft.services.billing.difference import difference, signed
from lineshaft.services.billing.document import (
    check_totals,
    corrected_by,
    correction_content,
    decode_file,
    document_content,
    documented,
    recompute,
)
from lineshaft.services.billing.errors import (
    CorrectionRefused,
    DocumentUnreadable,
    NothingToCorrect,
    TooManyCorrections,
)
from lineshaft.services.billing.ledger import book
from lineshaft.services.billing.model import (
    CORRECTIONS_MAX,
    LATE_PAGE_MAX,
    Correction,
    Documented,
    DocumentQuery,
    Engine,
    IssuedDocument,
    RatedDocument,
)
from lineshaft.services.billing.rating import rate, sum_up
from lineshaft.services.billing.tables import BILLING_RERATING
from lineshaft.services.contracts.model import Contract
from tests.services.billing.examples import (
    ENGINE,
    KNOWN_AT,
    PERIOD,
    plain_contract,
    rate_amount,
    record,
)
from tests.services.billing.late import STEP_US, TIERS, late_hub
from tests.services.billing.test_service import days_after
from tests.services.contracts.examples import CUSTOMER as BUYER
from tests.services.contracts.examples import GUARANTEE, contract, terms
from tests.services.hub import CUSTOMER, ENGINEER, FINANCE, Hub

PLACE = ("NM-2017-000009", KNOWN_AT)


def content_of(issued: IssuedDocument) -> dict[str, Any]:
    """Return the content of a file, after everything in it was computed again."""
    document = decode_file(issued.file).document
    check_totals(document)
    assert recompute(document) == document
    return document


def amounts(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(line["id"], line["amount"]) for line in document["lines"]]


def test_case_21_late_usage_is_charged_on_the_period_that_it_belongs_to(hub: Hub) -> None:
    late = late_hub(hub)
    late.learn(900)
    first = late.billing.issue(FINANCE, "c-1001", PERIOD)
    hub.clock.advance(2 * US_PER_DAY)
    late.learn(50, days_after(1))
    second = late.billing.issue(FINANCE, "c-1001", days_after(1))
    late.learn(1100)
    found = late.billing.correct(FINANCE, "c-1001", PERIOD)
    document = content_of(found.document)
    assert (found.is_new, document["type"], document["totals"]["net"]) == (True, "384", "18.00")
    assert found.document.period == PERIOD
    assert (found.document.correction, found.document.number) == (1, "NM-2017-000003")
    assert document["rating"]["totals"]["net"] == "108.00"
    (earlier,) = document["corrects"]
    assert (earlier["number"], earlier["sha256"]) == (first.number, first.sha256)
    assert [line["amount"] for line in earlier["lines"]] == ["90.00"]
    for issued in (first, second):
        assert late.billing.document(FINANCE, issued.number) == issued


def test_case_22_a_cliff_of_volume_prices_is_credited_on_its_period(hub: Hub) -> None:
    tiers = [{"up_to": "15", "unit_price": "10"}, {"up_to": None, "unit_price": "5"}]
    price = {"model": "volume", "unit": "SEC", "tiers": tiers}
    late = late_hub(hub, plain_contract(price))
    late.learn(15)
    first = content_of(late.billing.issue(FINANCE, "c-1001", PERIOD))
    late.learn(16)
    issued = late.billing.correct(FINANCE, "c-1001", PERIOD).document
    document = content_of(issued)
    assert first["totals"]["net"] == "150.00"
    assert (document["type"], document["totals"]["net"]) == ("381", "70.00")
    assert issued.period == PERIOD


def test_case_23_late_usage_below_the_minimum_owes_nothing(hub: Hub) -> None:
    """The next reason for a document restates what moved between amounts: here there is none."""
    price = {"model": "per_unit", "unit": "SEC", "unit_price": "1"}
    least = {"amount_per_month": "500.00", "proration": "ACT_DAYS"}
    of = plain_contract(price, billing_period="month", start="2017-05-01T00:00:00Z")
    content = of.to_content()
    content["terms"]["usage_prices"][0]["modifiers"] = {"minimum": least}
    late = late_hub(hub, Contract.from_content(content))
    may = Period.parse("2017-05-01T00:00:00Z", "2017-06-01T00:00:00Z")
    late.learn(450, may)
    first = late.billing.issue(FINANCE, "c-1001", may)
    assert content_of(first)["totals"]["net"] == "500.00"
    late.learn(480, may)
    assert late.billing.correct(FINANCE, "c-1001", may) == Correction(document=first, is_new=False)
    late.learn(530, may)
    document = content_of(late.billing.correct(FINANCE, "c-1001", may).document)
    assert (document["type"], document["totals"]["net"]) == ("384", "30.00")


def test_case_26_the_tax_of_a_credit_note_is_positive_and_rounded_by_itself() -> None:
    of = plain_contract({"model": "flat", "amount": "7612.50"})
    first = rate_amount(of, 0)
    free = plain_contract({"model": "flat", "amount": "0.00"})
    found = difference(rate_amount(free, 0), [as_documented(first)])
    assert found is not None
    assert (found.type, str(found.totals.net)) == ("381", "7612.50 EUR")
    assert str(found.totals.vat[0].amount) == "1446.38 EUR"


def test_case_29_a_credit_whose_outage_was_the_customers_is_taken_back(hub: Hub) -> None:
    hub.activated(contract())
    first = hub.billing.issue(FINANCE, "c-1001", PERIOD)
    assert amounts(content_of(first))[-1] == ("guarantee", "-10.00")
    classes = GUARANTEE["classes"] | {"INTERRUPTED": "down_customer"}
    agreed = terms(guarantee=GUARANTEE | {"classes": classes})
    hub.activated(contract(version=2, terms=agreed))
    hub.clock.advance(STEP_US)
    second = hub.billing.correct(FINANCE, "c-1001", PERIOD).document
    document = content_of(second)
    assert (document["type"], amounts(document)) == ("384", [("guarantee", "10.00")])
    assert document["lines"][0]["kind"] == "service_credit"
    credited = [
        each for each in hub.billing.trial_balance(FINANCE) if each.account == "service_credits"
    ]
    assert [(str(each.debit), str(each.credit)) for each in credited] == [
        ("10.00 EUR", "10.00 EUR")
    ]


def test_less_usage_is_credited_with_positive_amounts(hub: Hub) -> None:
    late = late_hub(hub)
    late.learn(1100)
    late.billing.issue(FINANCE, "c-1001", PERIOD)
    late.learn(900)
    issued = late.billing.correct(FINANCE, "c-1001", PERIOD).document
    document = content_of(issued)
    assert (issued.type, str(issued.gross), str(issued.owed)) == ("381", "21.42 EUR", "-21.42 EUR")
    assert document["totals"] == {
        "net": "18.00",
        "vat": [{"category": "S", "rate": "19", "base": "18.00", "amount": "3.42"}],
        "gross": "21.42",
    }
    transaction = late.billing.transaction(FINANCE, issued.number)
    assert [(str(each.account), str(each.amount)) for each in transaction.entries] == [
        ("receivables:riverside-parts", "-21.42 EUR"),
        ("revenue:machining-as-a-service", "18.00 EUR"),
        ("vat_payable:S-19", "3.42 EUR"),
    ]
    assert transaction.effective_at == PERIOD.start


def test_corrections_of_corrections_name_all_documents_before_them(hub: Hub) -> None:
    late = late_hub(hub)
    late.learn(900)
    late.billing.issue(FINANCE, "c-1001", PERIOD)
    nets = []
    for amount in (1100, 900, 6000, 0):
        late.learn(amount)
        document = content_of(late.billing.correct(FINANCE, "c-1001", PERIOD).document)
        nets.append((document["type"], document["totals"]["net"]))
    assert nets == [("384", "18.00"), ("381", "18.00"), ("384", "380.00"), ("381", "470.00")]
    assert [each["type"] for each in document["corrects"]] == ["380", "384", "381", "384"]
    assert [step["kind"] for step in document["lines"][0]["steps"]] == [
        "rated",
        *["documented"] * 4,
        "credited",
    ]
    (receivables, *_) = late.billing.trial_balance(FINANCE)
    assert receivables.debit == receivables.credit


def test_nothing_new_is_no_document_and_asking_again_gives_the_same(hub: Hub) -> None:
    late = late_hub(hub)
    late.learn(900)
    first = late.billing.issue(FINANCE, "c-1001", PERIOD)
    hub.clock.advance(STEP_US)
    unchanged = late.billing.correct(FINANCE, "c-1001", PERIOD)
    assert (unchanged.is_new, unchanged.document) == (False, first)
    late.learn(1100)
    corrected = late.billing.correct(FINANCE, "c-1001", PERIOD)
    for _ in range(2):
        again = late.billing.correct(FINANCE, "c-1001", PERIOD)
        assert (again.is_new, again.document) == (False, corrected.document)
        hub.clock.advance(STEP_US)
    assert late.billing.issue(FINANCE, "c-1001", PERIOD) == first
    assert len(late.billing.documents(FINANCE, DocumentQuery())) == 2


def test_a_correction_tells_and_is_noted_in_its_transaction(hub: Hub) -> None:
    late = late_hub(hub)
    late.learn(900)
    first = late.billing.issue(FINANCE, "c-1001", PERIOD)
    late.learn(1100)
    issued = late.billing.correct(FINANCE, "c-1001", PERIOD).document
    with hub.database.read() as connection:
        event = canonical.decode(connection.scalars(sa.select(OUTBOX.c.payload)).all()[-1])
    assert (event["type"], event["subject"]) == ("InvoiceCorrected", issued.number)
    assert event["data"]["corrects"] == [first.number]
    (entry,) = hub.audit.entries(LOCAL_OPERATOR, AuditQuery(action="invoice:correct"))
    assert (entry.subject, entry.detail["sha256"]) == (f"document/{issued.number}", issued.sha256)


def test_what_was_looked_at_is_kept_for_ever(hub: Hub) -> None:
    late = late_hub(hub)
    late.learn(900)
    late.billing.issue(FINANCE, "c-1001", PERIOD)
    late.learn(1100)
    late.billing.correct(FINANCE, "c-1001", PERIOD)
    for change in (sa.update(BILLING_RERATING).values(document=None), sa.delete(BILLING_RERATING)):
        with (
            pytest.raises(sa.exc.IntegrityError, match="never changed"),
            hub.database.unit_of_work() as unit,
        ):
            unit.connection.execute(change)


def test_only_a_documented_period_is_corrected(hub: Hub) -> None:
    late = late_hub(hub)
    late.learn(900)
    with pytest.raises(NothingToCorrect, match="no document"):
        late.billing.correct(FINANCE, "c-1001", PERIOD)
    late.billing.issue(FINANCE, "c-1001", PERIOD)
    half = Period(PERIOD.start, Instant(PERIOD.end - 1))
    with pytest.raises(NothingToCorrect):
        late.billing.correct(FINANCE, "c-1001", half)


@pytest.mark.parametrize("change", [{"currency": "CHF"}, {"customer": BUYER | {"id": "other"}}])
def test_a_correction_charges_nobody_else(hub: Hub, change: dict[str, Any]) -> None:
    hub.activated(contract())
    hub.billing.issue(FINANCE, "c-1001", PERIOD)
    hub.activated(contract(version=2, **change))
    hub.clock.advance(STEP_US)
    with pytest.raises(CorrectionRefused, match="NM-2017-000001"):
        hub.billing.correct(FINANCE, "c-1001", PERIOD)


def test_corrections_of_one_period_have_an_end(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corrections, "CORRECTIONS_MAX", 2)
    late = late_hub(hub)
    late.learn(1)
    late.billing.issue(FINANCE, "c-1001", PERIOD)
    late.learn(100)
    late.billing.correct(FINANCE, "c-1001", PERIOD)
    late.learn(200)
    with pytest.raises(TooManyCorrections, match="2 documents"):
        late.billing.correct(FINANCE, "c-1001", PERIOD)
    assert len(late.billing.documents(FINANCE, DocumentQuery())) == 2


def test_a_document_that_names_too_many_others_is_refused() -> None:
    document = correction(rate_amount(OF, 1), rate_amount(OF, 100))
    corrected_by(document | {"corrects": document["corrects"] * CORRECTIONS_MAX})
    with pytest.raises(DocumentUnreadable, match="at most 100"):
        corrected_by(document | {"corrects": document["corrects"] * (CORRECTIONS_MAX + 1)})


def test_only_finance_and_the_worker_correct(hub: Hub) -> None:
    late = late_hub(hub)
    for actor in (CUSTOMER, ENGINEER):
        with pytest.raises(Forbidden):
            late.billing.correct(actor, "c-1001", PERIOD)
        with pytest.raises(Forbidden):
            late.billing.late(actor)


def test_an_old_period_is_corrected_by_its_own_rules(hub: Hub) -> None:
    """Two engines side by side: the new one charges double from release 2 on."""

    def doubled(of: Contract, *rest: Any) -> RatedDocument:
        rated = rate(of, *rest)
        lines = [
            replace(line, exact=2 * line.exact, amount=line.amount + line.amount)
            for line in rated.lines
        ]
        return replace(rated, lines=tuple(lines), totals=sum_up(lines, of.currency))

    per_second = plain_contract({"model": "per_unit", "unit": "SEC", "unit_price": "1.00"})
    rules = (((0,), rate), ((2,), doubled))
    old = late_hub(hub, per_second, rules=rules)
    old.learn(100)
    first = old.billing.issue(FINANCE, "c-1001", PERIOD)
    new = late_hub(hub, per_second, rules=rules, engine=Engine("2.0.1", "2030a"))
    new.usage.known = old.usage.known
    new.learn(130)
    corrected = new.billing.correct(FINANCE, "c-1001", PERIOD).document
    hub.clock.advance(US_PER_DAY)
    new.learn(10, days_after(1))
    second = new.billing.issue(FINANCE, "c-1001", days_after(1))
    contents = [decode_file(each.file).document for each in (first, corrected, second)]
    assert [each["totals"]["net"] for each in contents] == ["100.00", "30.00", "20.00"]
    assert [each["engine"]["lineshaft"] for each in contents] == ["0.1.0", "0.1.0", "2.0.1"]
    assert contents[1]["engine"]["tzdata"] == "2030a"
    for content in contents[:2]:
        assert recompute(content, rules) == content


@pytest.mark.both_engines
def test_late_periods_are_found_by_themselves(hub: Hub) -> None:
    late = late_hub(hub)
    hub.clock.advance(4 * US_PER_DAY)
    for day in range(4):
        late.learn(900, days_after(day))
        late.billing.issue(FINANCE, "c-1001", days_after(day))
    assert late.billing.late(FINANCE).periods == ()
    late.learn(1100, days_after(1))
    late.learn(901, days_after(2))
    page = late.billing.late(FINANCE)
    assert [one.document.period for one in page.periods] == [days_after(2), days_after(1)]
    assert page.periods[0].meters == ("mazak01/cutting-time",)
    late.billing.correct(FINANCE, "c-1001", days_after(1))
    found, before, pages = [], None, 0
    while pages == 0 or before is not None:
        page = late.billing.late(FINANCE, before, limit=1)
        found += [one.document.period for one in page.periods]
        before, pages = page.next, pages + 1
    assert (found, pages) == ([days_after(2)], 5)


def test_a_late_reading_that_costs_nothing_is_looked_at_once(hub: Hub) -> None:
    flat = plain_contract({"model": "flat", "amount": "10.00"})
    late = late_hub(hub, flat)
    late.learn(900)
    first = late.billing.issue(FINANCE, "c-1001", PERIOD)
    late.learn(901)
    assert len(late.billing.late(FINANCE).periods) == 1
    assert late.billing.correct(FINANCE, "c-1001", PERIOD).document == first
    assert late.billing.late(FINANCE).periods == ()
    (entry,) = hub.audit.entries(LOCAL_OPERATOR, AuditQuery(action="invoice:correct"))
    assert entry.subject == "contract/c-1001"


@pytest.mark.parametrize("limit", [0, LATE_PAGE_MAX + 1])
def test_a_page_of_late_periods_has_a_limit(hub: Hub, limit: int) -> None:
    late = late_hub(hub)
    assert late.billing.late(FINANCE, limit=LATE_PAGE_MAX).next is None
    with pytest.raises(Invalid, match="1 to 50"):
        late.billing.late(FINANCE, limit=limit)


# ---- properties of the pure part

OF = plain_contract(TIERS)


def as_documented(rated: RatedDocument, number: str = "NM-2017-000001") -> Documented:
    return documented(document_content(rated, number, KNOWN_AT), "0" * 64)


def correction(before: RatedDocument, now: RatedDocument) -> dict[str, Any]:
    found = difference(now, [as_documented(before)])
    assert found is not None
    return correction_content(now, [as_documented(before)], found, PLACE)


def test_a_changed_word_of_a_correction_is_found() -> None:
    document = correction(rate_amount(OF, 900), rate_amount(OF, 1100))
    assert recompute(document) == document
    earlier = document["corrects"][0]
    line = earlier["lines"][0] | {"amount": "91.00"}
    forged = document | {"corrects": [earlier | {"lines": [line]}]}
    assert recompute(forged) != forged
    line = earlier["lines"][0] | {"amount": "108.00"}
    settled = document | {"corrects": [earlier | {"lines": [line]}]}
    with pytest.raises(DocumentUnreadable, match="by nothing"):
        recompute(settled)


def history() -> st.SearchStrategy[list[tuple[int, int]]]:
    """Draw what became known one after the other: seconds of use, and of being interrupted."""
    seconds = st.integers(min_value=0, max_value=86_400)
    return st.lists(st.tuples(seconds, seconds), min_size=2, max_size=6)


def rated_history(
    steps: Sequence[tuple[int, int]], rate_percent: str, currency: str
) -> list[RatedDocument]:
    of = contract(
        terms=terms(vat={"category": "S", "rate": rate_percent}),
        currency=currency,
    )
    result = []
    for used, down in steps:
        states = {"ACTIVE": (86_400 - down) * 1_000_000, "INTERRUPTED": down * 1_000_000}
        usage = [record(of, 0, used), record(of, 1, 0, states=states)]
        result.append(rate(of, PERIOD, KNOWN_AT, usage, ENGINE))
    return result


@settings(max_examples=50)
@given(
    steps=history(),
    percent=st.fractions(min_value=Fraction(1, 100), max_value=100, max_denominator=100),
    currency=st.sampled_from(["EUR", "JPY", "BHD"]),
)
def test_the_documents_of_a_period_add_up_to_its_last_rating(
    steps: list[tuple[int, int]], percent: Fraction, currency: str
) -> None:
    first, *later = rated_history(steps, str(percent), currency)
    said = [as_documented(first)]
    taxes = [group.amount.as_fraction() for group in first.totals.vat]
    entries = list(book(first.contract, document_content(first, *PLACE)).entries)
    for now in later:
        found = difference(now, said)
        if found is not None:
            document = correction_content(now, said, found, PLACE)
            check_totals(document)
            assert recompute(document) == document
            assert found.totals.gross.as_fraction() > 0
            said = [*said, documented(document, "1" * 64)]
            assert sums(said) == {line.id: line.amount for line in now.lines if line.amount.amount}
            sign = -1 if found.type == "381" else 1
            taxes += [sign * group.amount.as_fraction() for group in found.totals.vat]
            entries += book(now.contract, document).entries
        net = sum((amount.as_fraction() for amount in sums(said).values()), Fraction(0))
        assert net == now.totals.net.as_fraction()
        assert difference(now, said) is None
    assert sum(entry.amount.as_fraction() for entry in entries) == 0
    owed = [each.amount for each in entries if str(each.account).startswith("receivables")]
    assert sum(each.as_fraction() for each in owed) == net + sum(taxes)
    exact = sum((group.amount.as_fraction() for group in now.totals.vat), Fraction(0))
    unit = Fraction(1, 10 ** currency_exponent(currency))
    assert abs(sum(taxes) - exact) <= unit * (len(said) + 1) / 2


def sums(said: Sequence[Documented]) -> dict[str, Money]:
    """Add the lines of documents by their id; what adds up to nothing is left out."""
    result: dict[str, Money] = {}
    for document in said:
        for line in document.lines:
            amount = signed(document, line)
            result[line.id] = result[line.id] + amount if line.id in result else amount
    return {id_: amount for id_, amount in result.items() if amount.as_fraction()}


@settings(max_examples=50)
@given(steps=history())
def test_the_way_to_what_is_known_makes_no_difference_to_the_net(
    steps: list[tuple[int, int]],
) -> None:
    ratings = rated_history(steps, "19", "EUR")
    said = [as_documented(ratings[0])]
    for now in ratings[1:]:
        found = difference(now, said)
        if found is not None:
            said.append(documented(correction_content(now, said, found, PLACE), "1" * 64))
    direct = [as_documented(ratings[0])]
    found = difference(ratings[-1], direct)
    if found is not None:
        last = correction_content(ratings[-1], direct, found, PLACE)
        direct.append(documented(last, "1" * 64))
    nets = [sum(each.as_fraction() for each in sums(way).values()) for way in (said, direct)]
    assert nets[0] == nets[1]
