"""Read back what `cii.py` writes, so that the exact check is of the bytes and not of the model.

Bytes that the writer would not give for what was read are refused: nothing that stands in a
document escapes the check.
"""

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from lineshaft.services.billing.einvoice.cii import AGGREGATES, DOCUMENT, to_cii
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
from lineshaft.services.billing.einvoice.ubl_reader import parse

if TYPE_CHECKING:
    from lxml.etree import _Element

_NAMES = {"rsm": DOCUMENT, "ram": AGGREGATES}
_TRANSACTION = "rsm:SupplyChainTradeTransaction"
_SUMMATION = "ram:SpecifiedTradeSettlementHeaderMonetarySummation"


def from_cii(data: bytes) -> EInvoice:
    """Read an invoice or credit note that this product wrote.

    Raises:
        XmlUnreadable: for anything that `to_cii` does not write.
    """
    try:
        invoice = _invoice(parse(data))
    except (ValueError, InvalidOperation) as error:
        msg = f"these bytes are no invoice in CII: {error}"
        raise XmlUnreadable(msg) from error
    if to_cii(invoice) != data:
        msg = (
            f"the CII of document {invoice.number} has something that its terms do not account "
            "for: expected exactly what the writer makes of them"
        )
        raise XmlUnreadable(msg)
    return invoice


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
    text = _text(element, f"{path}/*")
    return dt.date.fromisoformat(text) if text else None


def _day(element: "_Element", path: str) -> dt.date:
    return dt.date.fromisoformat(_text(element, f"{path}/*"))


def _invoice(root: "_Element") -> EInvoice:
    head = _one(root, "rsm:ExchangedDocument")
    agreement = _one(root, f"{_TRANSACTION}/ram:ApplicableHeaderTradeAgreement")
    settlement = _one(root, f"{_TRANSACTION}/ram:ApplicableHeaderTradeSettlement")
    terms = "ram:SpecifiedTradePaymentTerms"
    return EInvoice(
        number=_text(head, "ram:ID"),
        issued_on=_day(head, "ram:IssueDateTime"),
        type_code=_text(head, "ram:TypeCode"),
        currency=_text(settlement, "ram:InvoiceCurrencyCode"),
        due_on=_date(settlement, f"{terms}/ram:DueDateDateTime"),
        contract=_text(agreement, "ram:ContractReferencedDocument/ram:IssuerAssignedID"),
        payment_terms=_text(settlement, f"{terms}/ram:Description"),
        notes=tuple(note.text or "" for note in _all(head, "ram:IncludedNote/ram:Content")),
        preceding=tuple(
            PrecedingInvoice(_text(each, "ram:IssuerAssignedID"))
            for each in _all(settlement, "ram:InvoiceReferencedDocument")
        ),
        seller=_party(_one(agreement, "ram:SellerTradeParty")),
        buyer=_party(_one(agreement, "ram:BuyerTradeParty")),
        period_first=_day(settlement, "ram:BillingSpecifiedPeriod/ram:StartDateTime"),
        period_last=_day(settlement, "ram:BillingSpecifiedPeriod/ram:EndDateTime"),
        deliver_to=_text(
            root,
            f"{_TRANSACTION}/ram:ApplicableHeaderTradeDelivery/ram:ShipToTradeParty"
            "/ram:PostalTradeAddress/ram:CountryID",
        ),
        totals=_totals(_one(settlement, _SUMMATION)),
        vat=tuple(_breakdown(each) for each in _all(settlement, "ram:ApplicableTradeTax")),
        lines=tuple(
            _line(each)
            for each in _all(root, f"{_TRANSACTION}/ram:IncludedSupplyChainTradeLineItem")
        ),
    )


def _party(party: "_Element") -> Party:
    lines = ("LineOne", "LineTwo", "LineThree")
    return Party(
        identifier=_text(party, "ram:ID"),
        name=_text(party, "ram:Name"),
        legal_id=_text(party, "ram:SpecifiedLegalOrganization/ram:ID"),
        vat_id=_text(party, "ram:SpecifiedTaxRegistration/ram:ID"),
        address_lines=tuple(
            text for name in lines if (text := _text(party, f"ram:PostalTradeAddress/ram:{name}"))
        ),
        country=_text(party, "ram:PostalTradeAddress/ram:CountryID"),
    )


def _vat(tax: "_Element") -> VatCategory:
    rate = _text(tax, "ram:RateApplicablePercent")
    return VatCategory(_text(tax, "ram:CategoryCode"), Decimal(rate or "0"))


def _breakdown(tax: "_Element") -> VatBreakdown:
    return VatBreakdown(
        vat=_vat(tax),
        base=_decimal(tax, "ram:BasisAmount"),
        amount=_decimal(tax, "ram:CalculatedAmount"),
        reason=_text(tax, "ram:ExemptionReason"),
        reason_code=_text(tax, "ram:ExemptionReasonCode"),
    )


def _totals(totals: "_Element") -> Totals:
    return Totals(
        lines=_decimal(totals, "ram:LineTotalAmount"),
        net=_decimal(totals, "ram:TaxBasisTotalAmount"),
        vat=_decimal(totals, "ram:TaxTotalAmount"),
        gross=_decimal(totals, "ram:GrandTotalAmount"),
        due=_decimal(totals, "ram:DuePayableAmount"),
    )


def _line(line: "_Element") -> Line:
    quantity = _one(line, "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity")
    price = _one(line, "ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice")
    settlement = _one(line, "ram:SpecifiedLineTradeSettlement")
    return Line(
        id=_text(line, "ram:AssociatedDocumentLineDocument/ram:LineID"),
        name=_text(line, "ram:SpecifiedTradeProduct/ram:Name"),
        description=_text(line, "ram:SpecifiedTradeProduct/ram:Description"),
        quantity=Decimal(quantity.text or "none"),
        unit=quantity.get("unitCode", ""),
        net=_decimal(
            settlement, "ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount"
        ),
        price=_decimal(price, "ram:ChargeAmount"),
        price_quantity=_decimal(price, "ram:BasisQuantity"),
        vat=_vat(_one(settlement, "ram:ApplicableTradeTax")),
    )
