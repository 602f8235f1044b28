"""Read back what `ubl.py` writes, so that the exact check is of the bytes and not of the model.

It shares no code with the writer but the names of the namespaces. Bytes that the writer would not
give for what was read (an unknown element, another order, an allowance) are refused: nothing that
stands in a document escapes the check.
"""

from decimal import Decimal

from lineshaft.services.billing.einvoice.model import (
    EInvoice,
    Line,
    Party,
    PrecedingInvoice,
    Totals,
    VatBreakdown,
    VatCategory,
)
from lineshaft.services.billing.einvoice.ubl import AGGREGATES, BASICS, to_ubl
from lineshaft.services.billing.einvoice.xml_reading import Syntax, XmlPart


def from_ubl(data: bytes) -> EInvoice:
    """Read an invoice or credit note that this product wrote.

    Raises:
        XmlUnreadable: for anything that `to_ubl` does not write.
    """
    return _SYNTAX.invoice(data)


def _invoice(root: XmlPart) -> EInvoice:
    name = root.name
    return EInvoice(
        number=root.text("cbc:ID"),
        issued_on=root.day("cbc:IssueDate"),
        type_code=root.text(f"cbc:{name}TypeCode"),
        currency=root.text("cbc:DocumentCurrencyCode"),
        due_on=root.day_or_none("cbc:DueDate"),
        contract=root.text("cac:ContractDocumentReference/cbc:ID"),
        payment_terms=root.text("cac:PaymentTerms/cbc:Note"),
        notes=tuple(note.value for note in root.all("cbc:Note")),
        preceding=tuple(
            PrecedingInvoice(each.text("cbc:ID"))
            for each in root.all("cac:BillingReference/cac:InvoiceDocumentReference")
        ),
        seller=_party(root.one("cac:AccountingSupplierParty/cac:Party")),
        buyer=_party(root.one("cac:AccountingCustomerParty/cac:Party")),
        period_first=root.day("cac:InvoicePeriod/cbc:StartDate"),
        period_last=root.day("cac:InvoicePeriod/cbc:EndDate"),
        deliver_to=root.text(
            "cac:Delivery/cac:DeliveryLocation/cac:Address/cac:Country/cbc:IdentificationCode",
        ),
        totals=_totals(root),
        vat=tuple(_breakdown(each) for each in root.all("cac:TaxTotal/cac:TaxSubtotal")),
        lines=tuple(_line(each) for each in root.all(f"cac:{name}Line")),
    )


def _party(party: XmlPart) -> Party:
    address = party.one("cac:PostalAddress")
    paths = ("cbc:StreetName", "cbc:AdditionalStreetName", "cac:AddressLine/cbc:Line")
    return Party(
        identifier=party.text("cac:PartyIdentification/cbc:ID"),
        name=party.text("cac:PartyLegalEntity/cbc:RegistrationName"),
        legal_id=party.text("cac:PartyLegalEntity/cbc:CompanyID"),
        vat_id=party.text("cac:PartyTaxScheme/cbc:CompanyID"),
        address_lines=tuple(text for path in paths if (text := address.text(path))),
        country=address.text("cac:Country/cbc:IdentificationCode"),
    )


def _vat(category: XmlPart) -> VatCategory:
    return VatCategory(category.text("cbc:ID"), Decimal(category.text("cbc:Percent") or "0"))


def _breakdown(part: XmlPart) -> VatBreakdown:
    category = part.one("cac:TaxCategory")
    return VatBreakdown(
        vat=_vat(category),
        base=part.decimal("cbc:TaxableAmount"),
        amount=part.decimal("cbc:TaxAmount"),
        reason=category.text("cbc:TaxExemptionReason"),
        reason_code=category.text("cbc:TaxExemptionReasonCode"),
    )


def _totals(root: XmlPart) -> Totals:
    totals = root.one("cac:LegalMonetaryTotal")
    return Totals(
        lines=totals.decimal("cbc:LineExtensionAmount"),
        net=totals.decimal("cbc:TaxExclusiveAmount"),
        vat=root.decimal("cac:TaxTotal/cbc:TaxAmount"),
        gross=totals.decimal("cbc:TaxInclusiveAmount"),
        due=totals.decimal("cbc:PayableAmount"),
    )


def _line(line: XmlPart) -> Line:
    quantity = [*line.all("cbc:InvoicedQuantity"), *line.all("cbc:CreditedQuantity")]
    if len(quantity) != 1:
        msg = f"a line with {len(quantity)} quantities, expected 1"
        raise ValueError(msg)
    return Line(
        id=line.text("cbc:ID"),
        name=line.text("cac:Item/cbc:Name"),
        description=line.text("cac:Item/cbc:Description"),
        quantity=Decimal(quantity[0].value or "none"),
        unit=quantity[0].attribute("unitCode"),
        net=line.decimal("cbc:LineExtensionAmount"),
        price=line.decimal("cac:Price/cbc:PriceAmount"),
        price_quantity=line.decimal("cac:Price/cbc:BaseQuantity"),
        vat=_vat(line.one("cac:Item/cac:ClassifiedTaxCategory")),
        period_first=line.day_or_none("cac:InvoicePeriod/cbc:StartDate"),
        period_last=line.day_or_none("cac:InvoicePeriod/cbc:EndDate"),
    )


_SYNTAX = Syntax("UBL", (("cac", AGGREGATES), ("cbc", BASICS)), _invoice, to_ubl)
