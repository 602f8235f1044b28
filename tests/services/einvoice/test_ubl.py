"""Documents of every kind are invoices of EN 16931 in UBL; wrong ones are named by their rule."""

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from lineshaft.services.billing.einvoice.cii import to_cii
from lineshaft.services.billing.einvoice.cii_reader import from_cii
from lineshaft.services.billing.einvoice.errors import Finding, RulesBroken, XmlUnreadable
from lineshaft.services.billing.einvoice.model import (
    EInvoice,
    NotExpressible,
    VatCategory,
    from_document,
)
from lineshaft.services.billing.einvoice.official import schema_findings, ubl_rules
from lineshaft.services.billing.einvoice.rules import exact_findings
from lineshaft.services.billing.einvoice.ubl import to_ubl
from lineshaft.services.billing.einvoice.ubl_checks import check_ubl, ubl_findings
from lineshaft.services.billing.einvoice.ubl_reader import from_ubl
from lineshaft.services.billing.einvoice.xml_reading import XML_BYTES_MAX
from tests.services.billing.examples import plain_contract, rate_amount
from tests.services.contracts.examples import CUSTOMER
from tests.services.einvoice.documents import (
    CATEGORIES,
    PRICES,
    content_of,
    example,
    priced,
    random_documents,
    taxed,
    with_lines,
)


def passed(document: dict[str, Any], language: str = "en") -> EInvoice:
    """Return the invoice of a document that passes every check, and is read back the same."""
    invoice = from_document(document, language)
    data = to_ubl(invoice)
    check_ubl(data, document["number"])
    assert from_ubl(data) == invoice
    assert to_ubl(from_document(document, language)) == data
    return invoice


def rules_of(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.rule for finding in findings}


def test_the_example_day_is_an_invoice() -> None:
    invoice = passed(example())
    assert (invoice.number, invoice.type_code, invoice.currency) == ("NM-2017-000001", "380", "EUR")
    assert invoice.issued_on == dt.date(2017, 6, 24)
    assert (invoice.period_first, invoice.period_last) == (dt.date(2017, 6, 22),) * 2
    assert (invoice.totals.lines, invoice.totals.vat) == (Decimal("224.82"), Decimal("42.72"))
    assert invoice.totals.due == Decimal("267.54")


def test_a_credit_is_a_line_with_a_negative_quantity() -> None:
    """BR-27 wants no price below zero; the line keeps its number and its proof."""
    credit = passed(example()).lines[2]
    assert (credit.quantity, credit.price, credit.net) == (-1, Decimal("10.00"), Decimal("-10.00"))


def test_a_graduated_line_has_one_price_for_its_quantity_and_says_how_it_came_about() -> None:
    line = passed(example()).lines[1]
    assert (line.quantity, line.unit) == (Decimal("3.493889"), "HUR")
    assert (line.price, line.price_quantity) == (Decimal("134.82"), Decimal("3.493889"))
    assert line.description == "2 h × 45.00 + 1.493889 h × 30.00"


def test_a_line_whose_sum_was_changed_says_the_amount_too() -> None:
    """Such as by a minimum: the priced parts alone would not give it."""
    document = example()
    document["lines"][1] |= {"amount": "500.00", "amount_exact": "500"}
    line = from_document(document).lines[1]
    assert line.description == "2 h × 45.00 + 1.493889 h × 30.00 → 500.00"
    assert (line.price, line.net) == (Decimal("500.00"), Decimal("500.00"))


@pytest.mark.parametrize(
    ("kind", "quantity", "price", "per"),
    [
        ("flat", "1", "50.00", "1"),
        ("per unit", "2.5", "12.50", "1"),
        ("per unit, periodic", "3.493889", "0.07", "1"),
        ("free", "1", "0", "1"),
    ],
)
def test_a_line_has_its_unit_price_where_that_gives_the_amount(
    kind: str, quantity: str, price: str, per: str
) -> None:
    line = passed(priced(kind)).lines[0]
    said = (line.quantity, line.price, line.price_quantity)
    assert said == (Decimal(quantity), Decimal(price), Decimal(per))


def test_a_unit_price_that_does_not_give_the_amount_from_what_is_shown_is_not_said() -> None:
    """6289/1800 h are shown as 3.493889 h: at 100,000 per hour that is cents away."""
    price = {"model": "per_unit", "unit": "HUR", "unit_price": "100000"}
    line = passed(content_of(rate_amount(plain_contract(price), 12_578))).lines[0]
    assert line.net == line.price == Decimal("349388.89")
    assert line.price_quantity == line.quantity == Decimal("3.493889")


@pytest.mark.parametrize(("category", "rate_percent"), CATEGORIES)
@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_every_category_of_tax_passes(category: str, rate_percent: str, language: str) -> None:
    (group,) = passed(taxed(category, rate_percent), language).vat
    assert bool(group.reason) == (category not in {"S", "Z"})


def test_reverse_charge_says_so() -> None:
    """Directive 2006/112/EC, article 226 (11a): the words, in a Chinese document too."""
    document = taxed("AE", "0")
    for language in ("en", "zh-Hans"):
        (group,) = passed(document, language).vat
        assert "Reverse charge" in group.reason
        assert group.reason_code == "VATEX-EU-AE"


def test_several_categories_in_one_document() -> None:
    lines = [("100", "S", "19"), ("20.005", "S", "7"), ("5", "Z", "0"), ("7", "AE", "0")]
    invoice = passed(with_lines(*lines, ("-3", "S", "19"), ("1", "E", "0")))
    assert [(group.vat.code, str(group.base), str(group.amount)) for group in invoice.vat] == [
        ("S", "97.00", "18.43"),
        ("S", "20.01", "1.40"),
        ("Z", "5.00", "0.00"),
        ("AE", "7.00", "0.00"),
        ("E", "1.00", "0.00"),
    ]


def test_the_sum_of_the_lines_is_of_rounded_lines() -> None:
    """Case 25: three lines of 0.335 are 1.02 (BT-106)."""
    invoice = passed(with_lines(*[("0.335", "S", "19")] * 3))
    assert invoice.totals.lines == Decimal("1.02")


def test_a_credit_note_has_positive_amounts() -> None:
    """Case 26: a credit of 7612.50 at 19 % is a 381 with +1446.38."""
    document = with_lines(("7612.50", "S", "19"), type_code="381")
    document["corrects"] = [{"number": "NM-2017-000000"}]
    invoice = passed(document)
    assert invoice.totals.vat == Decimal("1446.38")
    data = to_ubl(invoice)
    assert b"<cbc:CreditedQuantity" in data
    assert b"NM-2017-000000" in data


def test_a_corrected_invoice_names_what_it_corrects() -> None:
    document = with_lines(("18", "S", "19"), ("-2", "S", "19"), type_code="384")
    document["corrects"] = [{"number": "NM-2017-000000"}, {"number": "NM-2017-000007"}]
    invoice = passed(document)
    assert [one.number for one in invoice.preceding] == ["NM-2017-000000", "NM-2017-000007"]


def test_tax_below_zero_is_rounded_half_away() -> None:
    """Case 26: -6491.34 at 25 % is -1622.84."""
    assert passed(with_lines(("-6491.34", "S", "25"))).totals.vat == Decimal("-1622.84")


def test_a_due_date_is_said_but_not_of_a_credit_note() -> None:
    """The schema of credit notes has no place for it."""
    due = dt.date(2017, 7, 24)
    invoice = replace(from_document(example()), due_on=due)
    check_ubl(to_ubl(invoice), invoice.number)
    assert from_ubl(to_ubl(invoice)) == invoice
    credit_note = replace(invoice, type_code="381")
    assert from_ubl(to_ubl(credit_note)) == replace(credit_note, due_on=None)


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_the_term_of_payment_of_the_contract_is_said(language: str) -> None:
    """BT-9 and BT-20; issued on 24 June with 14 days: due on 8 July. A credit note owes nothing."""
    document = example()
    document["contract"]["payment_days"] = 14
    invoice = from_document(document, language)
    assert invoice.due_on == dt.date(2017, 7, 8)
    assert "14" in invoice.payment_terms
    check_ubl(to_ubl(invoice), invoice.number)
    assert from_ubl(to_ubl(invoice)) == invoice
    assert from_cii(to_cii(invoice)) == invoice
    credit_note = from_document(document | {"type": "381"}, language)
    assert (credit_note.due_on, "14" in credit_note.payment_terms) == (None, False)


def test_a_supply_within_the_union_says_where_to() -> None:
    """BR-IC-12."""
    assert passed(taxed("K", "0")).deliver_to == CUSTOMER["country"]
    assert passed(example()).deliver_to == ""


def test_a_long_address_goes_on_in_the_third_line() -> None:
    buyer = CUSTOMER | {"address_lines": ["a", "b", "c", "d", "e"]}
    assert passed(taxed("S", "19", customer=buyer)).buyer.address_lines == ("a", "b", "c, d, e")


def test_notes_carry_the_evidence_roots_and_what_must_be_said() -> None:
    document = example()
    english, chinese = passed(document).notes, passed(document, "zh-Hans").notes
    for record in document["usage"]:
        assert sum(record["evidence_root"] in note for note in english) == 1
    assert english[0] == document["statements"][0]["text"]["en"]
    assert english[-1] == "This document is not a Chinese tax invoice (fapiao, 全电发票)."
    assert chinese[-1] == "本文件不是中国税务发票（全电发票）。"


def test_a_currency_without_decimals() -> None:
    price = {"model": "per_unit", "unit": "HUR", "unit_price": "1234.5"}
    of = plain_contract(price, currency="JPY")
    assert passed(content_of(rate_amount(of, 3_600))).totals.lines == Decimal(1235)


def test_a_currency_with_three_decimals_cannot_be_said() -> None:
    with pytest.raises(NotExpressible, match=r"BHD.*at most 2 decimals"):
        from_document(example(currency="BHD"))


def test_a_rate_that_is_no_decimal_number_cannot_be_said() -> None:
    with pytest.raises(NotExpressible, match="1/3 % is no decimal number"):
        from_document(taxed("S", "1/3"))


def test_a_character_that_xml_lacks_cannot_be_said() -> None:
    with pytest.raises(NotExpressible, match="a character that XML cannot carry"):
        to_ubl(from_document(taxed("S", "19", customer=CUSTOMER | {"name": "a\x00b"})))


def test_markup_in_a_name_is_text() -> None:
    buyer = CUSTOMER | {"name": "A & B <GmbH> ]]> \"'"}
    assert passed(taxed("S", "19", customer=buyer)).buyer.name == buyer["name"]


# --- wrong ones -------------------------------------------------------------------------------


def test_a_tax_that_is_wrong_by_0_99_is_refused_though_the_official_rules_accept_it() -> None:
    """Case 26."""
    invoice = from_document(example())
    tax = invoice.vat[0].amount + Decimal("0.99")
    gross = invoice.totals.net + tax
    wrong = replace(
        invoice,
        vat=(replace(invoice.vat[0], amount=tax),),
        totals=replace(invoice.totals, vat=tax, gross=gross, due=gross),
    )
    data = to_ubl(wrong)
    assert schema_findings(data) == ()
    assert ubl_rules().findings(data) == ()
    assert rules_of(exact_findings(wrong)) == {"LS-CO-17"}
    with pytest.raises(RulesBroken, match=r"LS-CO-17: tax of S 19 % is 43.71, expected .* 42.72"):
        check_ubl(data, invoice.number)


def totals(**amounts: str) -> Callable[[EInvoice], EInvoice]:
    changes = {name: Decimal(amount) for name, amount in amounts.items()}
    return lambda invoice: replace(invoice, totals=replace(invoice.totals, **changes))


def line(**changes: Any) -> Callable[[EInvoice], EInvoice]:
    """Change the first line."""
    return lambda invoice: replace(
        invoice, lines=(replace(invoice.lines[0], **changes), *invoice.lines[1:])
    )


def group(**changes: Any) -> Callable[[EInvoice], EInvoice]:
    return lambda invoice: replace(invoice, vat=(replace(invoice.vat[0], **changes),))


def seller(**changes: Any) -> Callable[[EInvoice], EInvoice]:
    return lambda invoice: replace(invoice, seller=replace(invoice.seller, **changes))


def buyer(**changes: Any) -> Callable[[EInvoice], EInvoice]:
    return lambda invoice: replace(invoice, buyer=replace(invoice.buyer, **changes))


def whole(**changes: Any) -> Callable[[EInvoice], EInvoice]:
    return lambda invoice: replace(invoice, **changes)


@pytest.mark.parametrize(
    ("category", "mutate", "rules"),
    [
        ("S", totals(gross="267.55"), {"BR-CO-15", "LS-CO-15"}),
        ("S", totals(due="267.53"), {"BR-CO-16", "LS-CO-16"}),
        ("S", totals(lines="224.81"), {"BR-CO-10", "LS-CO-10"}),
        ("S", totals(net="224.83"), {"BR-CO-13", "LS-CO-13"}),
        ("S", totals(vat="42.73"), {"BR-CO-14", "LS-CO-14"}),
        ("S", totals(due="267.540"), {"BR-DEC-18", "LS-DEC"}),
        ("S", line(net=Decimal("100.01")), {"LS-LINE", "BR-CO-10", "LS-S-08"}),
        ("S", line(price=Decimal("99.99")), {"LS-LINE"}),
        ("S", line(price=Decimal(-100), quantity=Decimal("-0.033333")), {"BR-27"}),
        ("S", line(price_quantity=Decimal(0)), {"LS-LINE"}),
        ("S", line(unit="hours"), {"BR-CL-23"}),
        ("S", line(name=""), {"BR-25"}),
        ("S", line(vat=VatCategory("S", Decimal(7))), {"BR-S-08", "LS-CO-18"}),
        ("S", group(base=Decimal("224.81")), {"LS-S-08"}),
        ("S", group(amount=Decimal("42.71")), {"LS-CO-17", "LS-CO-14"}),
        ("S", group(reason="none"), {"BR-S-10"}),
        ("S", whole(vat=()), {"BR-CO-18", "LS-CO-18"}),
        ("S", whole(lines=()), {"XSD"}),
        ("S", whole(payment_terms=""), {"LS-CO-25"}),
        ("S", whole(number=""), {"XSD"}),
        ("S", whole(currency="EUX"), {"BR-CL-04", "LS-CL-04"}),
        ("S", whole(type_code="999"), {"BR-CL-01"}),
        ("S", whole(period_last=dt.date(2017, 6, 21)), {"BR-29"}),
        ("S", seller(vat_id=""), {"BR-S-02"}),
        ("S", seller(vat_id="123456789"), {"BR-CO-09"}),
        ("S", seller(name=""), {"BR-06"}),
        ("S", seller(country=""), {"BR-09"}),
        ("S", buyer(name=""), {"BR-07"}),
        ("S", buyer(country="XX"), {"BR-CL-14"}),
        ("AE", group(reason="", reason_code=""), {"BR-AE-10"}),
        ("AE", buyer(vat_id=""), {"BR-AE-02"}),
        ("AE", group(amount=Decimal("1.00")), {"BR-AE-09", "LS-CO-17"}),
        ("K", whole(deliver_to=""), {"BR-IC-12"}),
        ("K", group(reason="", reason_code=""), {"BR-IC-10"}),
        ("G", group(reason="", reason_code=""), {"BR-G-10"}),
        ("E", group(reason=""), {"BR-E-10"}),
        ("Z", group(reason="none"), {"BR-Z-10"}),
        ("O", group(reason="", reason_code=""), {"BR-O-10"}),
        ("O", seller(vat_id="DE123456789"), {"BR-O-02"}),
    ],
)
def test_a_wrong_document_is_refused_by_name(
    category: str, mutate: Callable[[EInvoice], EInvoice], rules: set[str]
) -> None:
    invoice = from_document(taxed(category, "19" if category == "S" else "0"))
    found = rules_of(ubl_findings(to_ubl(mutate(invoice))))
    assert rules <= found


PREPAID = (
    b"  <cac:PrepaidPayment><cbc:PaidAmount currencyID='EUR'>9</cbc:PaidAmount>"
    b"</cac:PrepaidPayment>\n"
)


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (b"<cac:TaxTotal>", b"<cac:AllowanceCharge/><cac:TaxTotal>", "XSD"),
        (b"<cbc:ID>c-1001", b"<cbc:UUID>1</cbc:UUID><cbc:ID>c-1001", "XSD"),
        (b"<Invoice ", b'<!DOCTYPE Invoice [<!ENTITY a "b">]>\n<Invoice ', "LS-XML"),
        (b"</Invoice>", b"", "LS-XML"),
        (b"Invoice", b"Order", "XSD"),
        (b"  <cbc:Note>", b"  <!-- 5 % off --><cbc:Note>", "LS-XML"),
        (
            b"  <cac:PaymentTerms>",
            PREPAID + b"  <cac:PaymentTerms>",
            "XSD",
        ),
        (
            b"  <cac:TaxTotal>",
            PREPAID + b"  <cac:TaxTotal>",
            "LS-XML",
        ),
    ],
)
def test_bytes_that_the_writer_does_not_write_are_refused(
    old: bytes, new: bytes, rule: str
) -> None:
    data = to_ubl(from_document(example()))
    assert old in data
    assert rules_of(ubl_findings(data.replace(old, new))) == {rule}


def test_several_threads_may_ask_at_once() -> None:
    """A Saxon processor belongs to one thread; the rules give each question to that one."""
    right = to_ubl(from_document(example()))
    wrong = to_ubl(seller(vat_id="")(from_document(example())))
    with ThreadPoolExecutor(max_workers=4) as threads:
        found = list(threads.map(ubl_findings, [right, wrong] * 8))
    assert [rules_of(each) for each in found] == [set(), {"BR-S-02"}] * 8


def test_too_many_bytes_are_not_parsed() -> None:
    with pytest.raises(XmlUnreadable, match=f"at most {XML_BYTES_MAX}"):
        from_ubl(b" " * (XML_BYTES_MAX + 1))
    with pytest.raises(XmlUnreadable, match="no XML"):
        from_ubl(b" " * XML_BYTES_MAX)


def test_many_findings_are_counted_in_the_message_and_kept() -> None:
    found = tuple(Finding(f"R{i}", "text") for i in range(7))
    broken = RulesBroken("document 1", found)
    assert broken.findings == found
    assert str(broken).endswith("R4: text; and 2 more")


# --- always -----------------------------------------------------------------------------------

AMOUNTS = st.fractions(-10_000, 10_000, max_denominator=1_000)
TAXES = st.sampled_from([("S", "19"), ("S", "7"), ("S", "5.5"), *CATEGORIES[1:-1]])
LINES = st.tuples(AMOUNTS.map(str), TAXES).map(lambda made: (made[0], *made[1]))


@given(st.lists(LINES, min_size=1, max_size=8), st.sampled_from(["380", "381", "384"]))
@settings(max_examples=20, deadline=None)
def test_documents_of_any_lines_pass(lines: list[tuple[str, str, str]], type_code: str) -> None:
    passed(with_lines(*lines, type_code=type_code))


@given(
    st.sampled_from(sorted(PRICES)),
    st.fractions(0, 1_000_000, max_denominator=3_600),
    st.sampled_from(["EUR", "JPY", "CNY"]),
)
@settings(max_examples=20, deadline=None)
def test_documents_of_any_usage_pass(kind: str, amount: Fraction, currency: str) -> None:
    of = plain_contract(PRICES[kind][0], currency=currency)
    document = content_of(rate_amount(of, amount))
    if document["lines"]:
        passed(document)
    else:
        with pytest.raises(NotExpressible, match="no line"):
            from_document(document)


@given(st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_random_contract_periods_and_their_corrections_pass(seed: int) -> None:
    """All price models and modifiers; every document that EN 16931 has words for."""
    for document in random_documents(Random(seed)):
        expressible = document["currency"] != "BHD" and document["lines"]
        if expressible and all(group["rate"] != "1/3" for group in document["totals"]["vat"]):
            passed(document)
        else:
            with pytest.raises(NotExpressible):
                from_document(document)


def test_the_random_documents_are_of_every_kind() -> None:
    every = [each for seed in range(40) for each in random_documents(Random(seed))]
    assert {document["type"] for document in every} == {"380", "381", "384"}
    mixed = [{line["amount"][0] == "-" for line in document["lines"]} for document in every]
    assert {True, False} in mixed
