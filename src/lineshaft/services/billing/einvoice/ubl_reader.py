"""Read back what `ubl.py` writes, so that the exact check is of the bytes and not of the model.

It shares no code with the writer but the names of the namespaces. Bytes that the writer would not
give for what was read (an unknown element, another order, an allowance) are refused: nothing that
stands in a document escapes the check.
"""

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from lineshaft.services.billing.einvoice.errors import XmlUnreadable
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

if TYPE_CHECKING:
    from lxml.etree import _Element

XML_BYTES_MAX = 16 * 1024 * 1024
_NAMES = {"cac": AGGREGATES, "cbc": BASICS}


def from_ubl(data: bytes) -> EInvoice:
    """Read an invoice or credit note that this product wrote.

    Raises:
        XmlUnreadable: for anything that `to_ubl` does not write.
    """
    try:
        invoice = _invoice(parse(data))
    except (ValueError, InvalidOperation) as error:
        msg = f"these bytes are no invoice in UBL: {error}"
        raise XmlUnreadable(msg) from error
    if to_ubl(invoice) != data:
        msg = (
            f"the UBL of document {invoice.number} has something that its terms do not account "
            "for: expected exactly what the writer makes of them"
        )
        raise XmlUnreadable(msg)
    return invoice


def parse(data: bytes) -> "_Element":
    """Parse XML without entities, DTD or network.

    Raises:
        XmlUnreadable: for more than `XML_BYTES_MAX` bytes, a DTD, or no well-formed XML.
    """
    from lxml import etree  # noqa: PLC0415 - 12 MB, for the processes that read invoices only

    if len(data) > XML_BYTES_MAX:
        msg = f"XML of {len(data)} bytes: at most {XML_BYTES_MAX}"
        raise XmlUnreadable(msg)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root: _Element = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        msg = f"these bytes are no XML: {error}"
        raise XmlUnreadable(msg) from error
    if root.getroottree().docinfo.doctype:
        msg = "an invoice with a document type definition: expected none"
        raise XmlUnreadable(msg)
    return root


def _text(element: "_Element", path: str) -> str:
    found: str | None = element.findtext(path, namespaces=_NAMES)
    return found or ""


def _all(element: "_Element", path: str) -> list["_Element"]:
    return list(element.findall(path, _NAMES))


def _one(element: "_Element", path: str) -> "_Element":
    found = _all(element, path)
    if len(found) != 1:
        msg = f"{len(found)} of {path}, expected 1"
        raise ValueError(msg)
    return found[0]


def _decimal(element: "_Element", path: str) -> Decimal:
    return Decimal(_text(element, path) or "none")


def _date(element: "_Element", path: str) -> dt.date | None:
    text = _text(element, path)
    return dt.date.fromisoformat(text) if text else None


def _day(element: "_Element", path: str) -> dt.date:
    return dt.date.fromisoformat(_text(element, path))


def _invoice(root: "_Element") -> EInvoice:
    name = root.tag.rpartition("}")[2]
    return EInvoice(
        number=_text(root, "cbc:ID"),
        issued_on=_day(root, "cbc:IssueDate"),
        type_code=_text(root, f"cbc:{name}TypeCode"),
        currency=_text(root, "cbc:DocumentCurrencyCode"),
        due_on=_date(root, "cbc:DueDate"),
        contract=_text(root, "cac:ContractDocumentReference/cbc:ID"),
        payment_terms=_text(root, "cac:PaymentTerms/cbc:Note"),
        notes=tuple(note.text or "" for note in _all(root, "cbc:Note")),
        preceding=tuple(
            PrecedingInvoice(_text(each, "cbc:ID"))
            for each in _all(root, "cac:BillingReference/cac:InvoiceDocumentReference")
        ),
        seller=_party(_one(root, "cac:AccountingSupplierParty/cac:Party")),
        buyer=_party(_one(root, "cac:AccountingCustomerParty/cac:Party")),
        period_first=_day(root, "cac:InvoicePeriod/cbc:StartDate"),
        period_last=_day(root, "cac:InvoicePeriod/cbc:EndDate"),
        deliver_to=_text(
            root,
            "cac:Delivery/cac:DeliveryLocation/cac:Address/cac:Country/cbc:IdentificationCode",
        ),
        totals=_totals(root),
        vat=tuple(_breakdown(each) for each in _all(root, "cac:TaxTotal/cac:TaxSubtotal")),
        lines=tuple(_line(each) for each in _all(root, f"cac:{name}Line")),
    )


def _party(party: "_Element") -> Party:
    address = _one(party, "cac:PostalAddress")
    paths = ("cbc:StreetName", "cbc:AdditionalStreetName", "cac:AddressLine/cbc:Line")
    return Party(
        identifier=_text(party, "cac:PartyIdentification/cbc:ID"),
        name=_text(party, "cac:PartyLegalEntity/cbc:RegistrationName"),
        legal_id=_text(party, "cac:PartyLegalEntity/cbc:CompanyID"),
        vat_id=_text(party, "cac:PartyTaxScheme/cbc:CompanyID"),
        address_lines=tuple(text for path in paths if (text := _text(address, path))),
        country=_text(address, "cac:Country/cbc:IdentificationCode"),
    )


def _vat(category: "_Element") -> VatCategory:
    return VatCategory(_text(category, "cbc:ID"), Decimal(_text(category, "cbc:Percent") or "0"))


def _breakdown(part: "_Element") -> VatBreakdown:
    category = _one(part, "cac:TaxCategory")
    return VatBreakdown(
        vat=_vat(category),
        base=_decimal(part, "cbc:TaxableAmount"),
        amount=_decimal(part, "cbc:TaxAmount"),
        reason=_text(category, "cbc:TaxExemptionReason"),
        reason_code=_text(category, "cbc:TaxExemptionReasonCode"),
    )


def _totals(root: "_Element") -> Totals:
    totals = _one(root, "cac:LegalMonetaryTotal")
    return Totals(
        lines=_decimal(totals, "cbc:LineExtensionAmount"),
        net=_decimal(totals, "cbc:TaxExclusiveAmount"),
        vat=_decimal(root, "cac:TaxTotal/cbc:TaxAmount"),
        gross=_decimal(totals, "cbc:TaxInclusiveAmount"),
        due=_decimal(totals, "cbc:PayableAmount"),
    )


def _line(line: "_Element") -> Line:
    quantity = [*_all(line, "cbc:InvoicedQuantity"), *_all(line, "cbc:CreditedQuantity")]
    if len(quantity) != 1:
        msg = f"a line with {len(quantity)} quantities, expected 1"
        raise ValueError(msg)
    return Line(
        id=_text(line, "cbc:ID"),
        name=_text(line, "cac:Item/cbc:Name"),
        description=_text(line, "cac:Item/cbc:Description"),
        quantity=Decimal(quantity[0].text or "none"),
        unit=quantity[0].get("unitCode", ""),
        net=_decimal(line, "cbc:LineExtensionAmount"),
        price=_decimal(line, "cac:Price/cbc:PriceAmount"),
        price_quantity=_decimal(line, "cac:Price/cbc:BaseQuantity"),
        vat=_vat(_one(line, "cac:Item/cac:ClassifiedTaxCategory")),
    )
