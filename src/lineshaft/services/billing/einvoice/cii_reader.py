"""Read back what `cii.py` writes, so that the exact check is of the bytes and not of the model.

Bytes that the writer would not give for what was read are refused: nothing that stands in a
document escapes the check.
"""

from decimal import Decimal

from lineshaft.services.billing.einvoice.cii import AGGREGATES, DOCUMENT, to_cii
from lineshaft.services.billing.einvoice.model import (
    EInvoice,
    Line,
    Party,
    PrecedingInvoice,
    Totals,
    VatBreakdown,
    VatCategory,
)
from lineshaft.services.billing.einvoice.xml_reading import Syntax, XmlPart

_TRANSACTION = "rsm:SupplyChainTradeTransaction"
_SUMMATION = "ram:SpecifiedTradeSettlementHeaderMonetarySummation"


def from_cii(data: bytes) -> EInvoice:
    """Read an invoice or credit note that this product wrote.

    Raises:
        XmlUnreadable: for anything that `to_cii` does not write.
    """
    return _SYNTAX.invoice(data)


def _invoice(root: XmlPart) -> EInvoice:
    head = root.one("rsm:ExchangedDocument")
    agreement = root.one(f"{_TRANSACTION}/ram:ApplicableHeaderTradeAgreement")
    settlement = root.one(f"{_TRANSACTION}/ram:ApplicableHeaderTradeSettlement")
    terms = "ram:SpecifiedTradePaymentTerms"
    return EInvoice(
        number=head.text("ram:ID"),
        issued_on=head.day("ram:IssueDateTime/*"),
        type_code=head.text("ram:TypeCode"),
        currency=settlement.text("ram:InvoiceCurrencyCode"),
        due_on=settlement.day_or_none(f"{terms}/ram:DueDateDateTime/*"),
        contract=agreement.text("ram:ContractReferencedDocument/ram:IssuerAssignedID"),
        payment_terms=settlement.text(f"{terms}/ram:Description"),
        notes=tuple(note.value for note in head.all("ram:IncludedNote/ram:Content")),
        preceding=tuple(
            PrecedingInvoice(each.text("ram:IssuerAssignedID"))
            for each in settlement.all("ram:InvoiceReferencedDocument")
        ),
        seller=_party(agreement.one("ram:SellerTradeParty")),
        buyer=_party(agreement.one("ram:BuyerTradeParty")),
        period_first=settlement.day("ram:BillingSpecifiedPeriod/ram:StartDateTime/*"),
        period_last=settlement.day("ram:BillingSpecifiedPeriod/ram:EndDateTime/*"),
        deliver_to=root.text(
            f"{_TRANSACTION}/ram:ApplicableHeaderTradeDelivery/ram:ShipToTradeParty"
            "/ram:PostalTradeAddress/ram:CountryID",
        ),
        totals=_totals(settlement.one(_SUMMATION)),
        vat=tuple(_breakdown(each) for each in settlement.all("ram:ApplicableTradeTax")),
        lines=tuple(
            _line(each) for each in root.all(f"{_TRANSACTION}/ram:IncludedSupplyChainTradeLineItem")
        ),
    )


def _party(party: XmlPart) -> Party:
    lines = ("LineOne", "LineTwo", "LineThree")
    return Party(
        identifier=party.text("ram:ID"),
        name=party.text("ram:Name"),
        legal_id=party.text("ram:SpecifiedLegalOrganization/ram:ID"),
        vat_id=party.text("ram:SpecifiedTaxRegistration/ram:ID"),
        address_lines=tuple(
            text for name in lines if (text := party.text(f"ram:PostalTradeAddress/ram:{name}"))
        ),
        country=party.text("ram:PostalTradeAddress/ram:CountryID"),
    )


def _vat(tax: XmlPart) -> VatCategory:
    rate = tax.text("ram:RateApplicablePercent")
    return VatCategory(tax.text("ram:CategoryCode"), Decimal(rate or "0"))


def _breakdown(tax: XmlPart) -> VatBreakdown:
    return VatBreakdown(
        vat=_vat(tax),
        base=tax.decimal("ram:BasisAmount"),
        amount=tax.decimal("ram:CalculatedAmount"),
        reason=tax.text("ram:ExemptionReason"),
        reason_code=tax.text("ram:ExemptionReasonCode"),
    )


def _totals(totals: XmlPart) -> Totals:
    return Totals(
        lines=totals.decimal("ram:LineTotalAmount"),
        net=totals.decimal("ram:TaxBasisTotalAmount"),
        vat=totals.decimal("ram:TaxTotalAmount"),
        gross=totals.decimal("ram:GrandTotalAmount"),
        due=totals.decimal("ram:DuePayableAmount"),
    )


def _line(line: XmlPart) -> Line:
    quantity = line.one("ram:SpecifiedLineTradeDelivery/ram:BilledQuantity")
    price = line.one("ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice")
    settlement = line.one("ram:SpecifiedLineTradeSettlement")
    return Line(
        id=line.text("ram:AssociatedDocumentLineDocument/ram:LineID"),
        name=line.text("ram:SpecifiedTradeProduct/ram:Name"),
        description=line.text("ram:SpecifiedTradeProduct/ram:Description"),
        quantity=Decimal(quantity.value or "none"),
        unit=quantity.attribute("unitCode"),
        net=settlement.decimal(
            "ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount"
        ),
        price=price.decimal("ram:ChargeAmount"),
        price_quantity=price.decimal("ram:BasisQuantity"),
        vat=_vat(settlement.one("ram:ApplicableTradeTax")),
        period_first=settlement.day_or_none("ram:BillingSpecifiedPeriod/ram:StartDateTime/*"),
        period_last=settlement.day_or_none("ram:BillingSpecifiedPeriod/ram:EndDateTime/*"),
    )


_SYNTAX = Syntax("CII", (("rsm", DOCUMENT), ("ram", AGGREGATES)), _invoice, to_cii)
