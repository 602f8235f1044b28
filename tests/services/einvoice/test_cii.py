"""Documents of every kind are Factur-X invoices of profile EN 16931; wrong ones are refused."""

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from msgspec.structs import replace

from lineshaft.services.billing.einvoice.cii import to_cii
from lineshaft.services.billing.einvoice.cii_checks import checked_cii, cii_findings
from lineshaft.services.billing.einvoice.cii_reader import from_cii
from lineshaft.services.billing.einvoice.errors import Finding, RulesBroken, XmlUnreadable
from lineshaft.services.billing.einvoice.model import (
    EInvoice,
    NotExpressible,
    VatCategory,
    from_document,
)
from lineshaft.services.billing.einvoice.official import cii_rules
from lineshaft.services.billing.einvoice.ubl import to_ubl
from lineshaft.services.billing.einvoice.ubl_checks import ubl_findings
from tests.services.einvoice.documents import (
    CATEGORIES,
    PRICES,
    example,
    priced,
    taxed,
    with_lines,
)


def passed(document: dict[str, Any], language: str = "en") -> EInvoice:
    """Return the invoice of a document that passes every check, and is read back the same."""
    invoice = from_document(document, language)
    data = checked_cii(document, language)
    assert from_cii(data) == invoice
    assert checked_cii(document, language) == data
    return invoice


def rules_of(findings: tuple[Finding, ...]) -> set[str]:
    """Return the rules that are broken; a warning is none."""
    return {finding.rule for finding in findings if not finding.is_warning}


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
@pytest.mark.parametrize(("category", "rate_percent"), CATEGORIES)
def test_every_category_of_tax_passes(category: str, rate_percent: str, language: str) -> None:
    passed(taxed(category, rate_percent), language)


@pytest.mark.parametrize("kind", PRICES)
def test_every_price_passes(kind: str) -> None:
    passed(priced(kind))


def test_the_example_day_passes_with_its_golden_sums() -> None:
    invoice = passed(example())
    assert (invoice.totals.lines, invoice.totals.vat) == (Decimal("224.82"), Decimal("42.72"))
    root = etree.fromstring(checked_cii(example(), "en"))
    assert root.xpath("string(//*[local-name()='GrandTotalAmount'])") == "267.54"
    assert root.xpath("string(//*[local-name()='TaxTotalAmount']/@currencyID)") == "EUR"


def test_several_categories_in_one_document() -> None:
    lines = [("100", "S", "19"), ("20.005", "S", "7"), ("5", "Z", "0"), ("7", "AE", "0")]
    assert len(passed(with_lines(*lines, ("-3", "S", "19"), ("1", "E", "0"))).vat) == 5


@pytest.mark.parametrize("type_code", ["381", "384"])
def test_what_corrects_names_what_it_corrects(type_code: str) -> None:
    document = with_lines(("7612.50", "S", "19"), type_code=type_code)
    document["corrects"] = [{"number": "NM-2017-000000"}]
    assert [each.number for each in passed(document).preceding] == ["NM-2017-000000"]


def test_markup_and_characters_of_any_script_are_text() -> None:
    name = "<b>&amp; 机器 ]]> „Ü“"
    assert passed(example(customer=example()["customer"] | {"name": name})).buyer.name == name


def test_a_character_that_xml_lacks_cannot_be_said() -> None:
    with pytest.raises(NotExpressible, match="XML"):
        to_cii(replace(from_document(example()), contract="\x01"))


def test_both_syntaxes_say_the_same() -> None:
    for category, rate_percent in CATEGORIES:
        invoice = from_document(taxed(category, rate_percent))
        assert from_cii(to_cii(invoice)) == invoice
        assert ubl_findings(to_ubl(invoice)) == cii_findings(to_cii(invoice)) == ()


def _total(**changes: str) -> Callable[[EInvoice], EInvoice]:
    new = {name: Decimal(value) for name, value in changes.items()}
    return lambda invoice: replace(invoice, totals=replace(invoice.totals, **new))


def _group(**changes: Any) -> Callable[[EInvoice], EInvoice]:
    return lambda invoice: replace(
        invoice, vat=(replace(invoice.vat[0], **changes), *invoice.vat[1:])
    )


def _line(**changes: Any) -> Callable[[EInvoice], EInvoice]:
    return lambda invoice: replace(
        invoice, lines=(replace(invoice.lines[0], **changes), *invoice.lines[1:])
    )


def _seller(**changes: Any) -> Callable[[EInvoice], EInvoice]:
    return lambda invoice: replace(invoice, seller=replace(invoice.seller, **changes))


WRONG: list[tuple[str, Callable[[EInvoice], EInvoice], set[str]]] = [
    ("sum of the lines", _total(lines="224.83"), {"BR-CO-10", "BR-CO-13"}),
    ("net", _total(net="224.83"), {"BR-CO-13"}),
    ("tax", _total(vat="42.73"), {"BR-CO-14", "BR-CO-15"}),
    ("gross", _total(gross="267.55"), {"BR-CO-15"}),
    ("due", _total(due="267.55"), {"BR-CO-16"}),
    ("tax by 1.01", _group(amount=Decimal("43.73")), {"BR-CO-17", "BR-S-09"}),
    ("base by 1.01", _group(base=Decimal("225.83")), {"BR-S-08"}),
    ("no seller", _seller(name=""), {"BR-06"}),
    ("no VAT id", _seller(vat_id=""), {"BR-S-02"}),
    ("VAT id of no country", _seller(vat_id="123"), {"BR-CO-09"}),
    ("no country", _seller(country=""), {"BR-09"}),
    ("no line", lambda invoice: replace(invoice, lines=()), {"BR-16"}),
    ("no item name", _line(name=""), {"BR-25"}),
    ("price below zero", _line(price=Decimal(-1)), {"BR-27"}),
    ("unit of nobody", _line(unit="hours"), {"FX-SCH-A-000613"}),
    ("rate of zero", _line(vat=VatCategory("S", Decimal(0))), {"BR-S-05"}),
    (
        "days in order",
        lambda i: replace(i, period_last=i.period_first.replace(year=2016)),
        {"BR-29"},
    ),
    ("three decimals", _group(amount=Decimal("42.716")), {"BR-DEC-20"}),
]


@pytest.mark.parametrize(
    ("change", "rules"), [case[1:] for case in WRONG], ids=[w[0] for w in WRONG]
)
def test_the_official_rules_name_what_is_wrong(
    change: Callable[[EInvoice], EInvoice], rules: set[str]
) -> None:
    wrong = change(from_document(example()))
    found = rules_of(cii_rules().findings(to_cii(wrong)))
    assert rules <= found


def test_a_tax_that_is_wrong_by_0_99_is_refused_though_the_official_rules_accept_it() -> None:
    right = from_document(example())
    tax = right.vat[0].amount + Decimal("0.99")
    totals = replace(
        right.totals,
        vat=tax,
        gross=right.totals.gross + Decimal("0.99"),
        due=right.totals.due + Decimal("0.99"),
    )
    wrong = to_cii(replace(right, vat=(replace(right.vat[0], amount=tax),), totals=totals))
    assert rules_of(cii_rules().findings(wrong)) == set()
    assert rules_of(cii_findings(wrong)) == {"LS-CO-17"}


def test_a_document_that_breaks_rules_is_not_written() -> None:
    supplier = example()["supplier"] | {"vat_id": ""}
    with pytest.raises(RulesBroken, match=r"NM-2017-000001 is no Factur-X invoice.*BR-"):
        checked_cii(example(supplier=supplier), "en")


def test_the_schema_refuses_another_order() -> None:
    data = to_cii(from_document(example()))
    head = re.search(rb" *<ram:TypeCode>380</ram:TypeCode>\n", data)
    assert head is not None
    moved = data.replace(head[0], b"", 1).replace(
        b"    <ram:ID>NM-2017-000001", head[0] + b"    <ram:ID>NM-2017-000001", 1
    )
    assert rules_of(cii_findings(moved)) == {"XSD"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"</ram:SellerTradeParty>", b"<!-- more --></ram:SellerTradeParty>"),
        (b"<ram:TypeCode>VAT</ram:TypeCode>", b"<ram:TypeCode> VAT</ram:TypeCode>"),
        (b"UTF-8'?>", b"UTF-8'?>\n"),
    ],
)
def test_bytes_that_the_writer_does_not_write_are_refused(old: bytes, new: bytes) -> None:
    data = to_cii(from_document(example()))
    assert data.count(old) >= 1
    with pytest.raises(XmlUnreadable):
        from_cii(data.replace(old, new, 1))
    assert cii_findings(data.replace(old, new, 1))


@pytest.mark.parametrize("data", [b"", b"<a/>", b"no", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"])
def test_other_bytes_are_refused(data: bytes) -> None:
    assert cii_findings(data)
    with pytest.raises(XmlUnreadable):
        from_cii(data)


def test_the_official_cases_in_cii_are_judged_as_they_say(shared_data: Path) -> None:
    """Nine fragments for BR-CO-15 and BR-CO-17; the other official cases are in UBL."""
    name, count = "{http://difi.no/xsd/vefa/validator/1.0}%s", 0
    for path in sorted((shared_data / "en16931" / "cii").glob("*.xml")):
        for test in etree.parse(path).getroot().iter(name % "test"):
            document = next(each for each in test if str(each.tag).endswith("CrossIndustryInvoice"))
            found = rules_of(cii_rules().findings(etree.tostring(document)))
            assert {each.text for each in test.iter(name % "error")} <= found
            assert not {each.text for each in test.iter(name % "success")} & found
            count += 1
    assert count == 9
