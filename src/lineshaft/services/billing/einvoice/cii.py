"""Cross Industry Invoice (UN/CEFACT) of the semantic model, as the EN 16931 profile of Factur-X.

Syntax binding of CEN/TS 16931-3-3. The same model gives the same bytes; the element order is that
of the schema; nothing is written that the model does not have.
"""

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from lineshaft.services.billing.einvoice.model import (
    OUTSIDE_SCOPE,
    SPECIFICATION,
    EInvoice,
    Line,
    NotExpressible,
    Party,
    VatBreakdown,
    VatCategory,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

DOCUMENT = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
AGGREGATES = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
QUALIFIED = "urn:un:unece:uncefact:data:standard:QualifiedDataType:100"
UNQUALIFIED = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"
_PREFIXES = {"rsm": DOCUMENT, "ram": AGGREGATES, "qdt": QUALIFIED, "udt": UNQUALIFIED}
_ADDRESS = ("LineOne", "LineTwo", "LineThree")
DAY_FORMAT = "102"
"""Code list UNTDID 2379: CCYYMMDD."""


def to_cii(invoice: EInvoice) -> bytes:
    """Write an invoice (380, 384) or a credit note (381); all are of one kind of document.

    Raises:
        NotExpressible: for a text with a character that XML does not have.
    """
    try:
        return _Writer(invoice).write()
    except ValueError as error:
        msg = f"document {invoice.number} has a character that XML cannot carry: {error}"
        raise NotExpressible(msg) from error


class _Writer:
    """The document that is written."""

    def __init__(self, invoice: EInvoice) -> None:
        # 12 MB, for the processes that write invoices only
        from lxml import etree  # noqa: PLC0415

        self._etree = etree
        self._invoice = invoice
        self._root: _Element = etree.Element(
            f"{{{DOCUMENT}}}CrossIndustryInvoice", nsmap=dict(_PREFIXES)
        )

    def write(self) -> bytes:
        context = self._top("ExchangedDocumentContext")
        guideline = self._group(context, "GuidelineSpecifiedDocumentContextParameter")
        self._leaf(guideline, "ID", SPECIFICATION)
        self._document(self._top("ExchangedDocument"))
        transaction = self._top("SupplyChainTradeTransaction")
        for line in self._invoice.lines:
            self._line(self._group(transaction, "IncludedSupplyChainTradeLineItem"), line)
        self._agreement(self._group(transaction, "ApplicableHeaderTradeAgreement"))
        self._delivery(self._group(transaction, "ApplicableHeaderTradeDelivery"))
        self._settlement(self._group(transaction, "ApplicableHeaderTradeSettlement"))
        data: bytes = self._etree.tostring(
            self._root, encoding="UTF-8", xml_declaration=True, pretty_print=True
        )
        return data

    def _top(self, name: str) -> "_Element":
        return self._etree.SubElement(self._root, f"{{{DOCUMENT}}}{name}")

    def _group(self, parent: "_Element", name: str) -> "_Element":
        return self._etree.SubElement(parent, f"{{{AGGREGATES}}}{name}")

    def _leaf(self, parent: "_Element", name: str, text: str, **attributes: str) -> None:
        """Add a value; an empty one stands for none and is left out."""
        if text:
            element = self._etree.SubElement(parent, f"{{{AGGREGATES}}}{name}", attributes)
            element.text = text

    def _amount(self, parent: "_Element", name: str, amount: Decimal, **attributes: str) -> None:
        self._leaf(parent, name, f"{amount:f}", **attributes)

    def _day(self, parent: "_Element", name: str, day: dt.date | None) -> None:
        if day is not None:
            holder = self._group(parent, name)
            element = self._etree.SubElement(
                holder, f"{{{UNQUALIFIED}}}DateTimeString", format=DAY_FORMAT
            )
            element.text = f"{day:%Y%m%d}"

    def _document(self, element: "_Element") -> None:
        invoice = self._invoice
        self._leaf(element, "ID", invoice.number)
        self._leaf(element, "TypeCode", invoice.type_code)
        self._day(element, "IssueDateTime", invoice.issued_on)
        for note in invoice.notes:
            self._leaf(self._group(element, "IncludedNote"), "Content", note)

    def _line(self, element: "_Element", line: Line) -> None:
        self._leaf(self._group(element, "AssociatedDocumentLineDocument"), "LineID", line.id)
        product = self._group(element, "SpecifiedTradeProduct")
        self._leaf(product, "Name", line.name)
        self._leaf(product, "Description", line.description)
        agreement = self._group(element, "SpecifiedLineTradeAgreement")
        price = self._group(agreement, "NetPriceProductTradePrice")
        self._amount(price, "ChargeAmount", line.price)
        self._amount(price, "BasisQuantity", line.price_quantity, unitCode=line.unit)
        delivery = self._group(element, "SpecifiedLineTradeDelivery")
        self._amount(delivery, "BilledQuantity", line.quantity, unitCode=line.unit)
        settlement = self._group(element, "SpecifiedLineTradeSettlement")
        tax = self._group(settlement, "ApplicableTradeTax")
        self._leaf(tax, "TypeCode", "VAT")
        self._leaf(tax, "CategoryCode", line.vat.code)
        self._rate(tax, line.vat)
        if line.period_first is not None:
            period = self._group(settlement, "BillingSpecifiedPeriod")
            self._day(period, "StartDateTime", line.period_first)
            self._day(period, "EndDateTime", line.period_last)
        total = self._group(settlement, "SpecifiedTradeSettlementLineMonetarySummation")
        self._amount(total, "LineTotalAmount", line.net)

    def _rate(self, tax: "_Element", vat: VatCategory) -> None:
        if vat.code != OUTSIDE_SCOPE:  # BR-O-05: outside the scope there is no rate, not even 0
            self._leaf(tax, "RateApplicablePercent", f"{vat.rate:f}")

    def _agreement(self, element: "_Element") -> None:
        self._party(self._group(element, "SellerTradeParty"), self._invoice.seller)
        self._party(self._group(element, "BuyerTradeParty"), self._invoice.buyer)
        contract = self._group(element, "ContractReferencedDocument")
        self._leaf(contract, "IssuerAssignedID", self._invoice.contract)

    def _party(self, element: "_Element", party: Party) -> None:
        self._leaf(element, "ID", party.identifier)
        self._leaf(element, "Name", party.name)
        if party.legal_id:
            legal = self._group(element, "SpecifiedLegalOrganization")
            self._leaf(legal, "ID", party.legal_id)
        address = self._group(element, "PostalTradeAddress")
        for name, line in zip(_ADDRESS, party.address_lines, strict=False):
            self._leaf(address, name, line)
        self._leaf(address, "CountryID", party.country)
        if party.vat_id:
            tax = self._group(element, "SpecifiedTaxRegistration")
            self._leaf(tax, "ID", party.vat_id, schemeID="VA")

    def _delivery(self, element: "_Element") -> None:
        if self._invoice.deliver_to:
            address = self._group(self._group(element, "ShipToTradeParty"), "PostalTradeAddress")
            self._leaf(address, "CountryID", self._invoice.deliver_to)

    def _settlement(self, element: "_Element") -> None:
        invoice = self._invoice
        self._leaf(element, "InvoiceCurrencyCode", invoice.currency)
        for group in invoice.vat:
            self._breakdown(self._group(element, "ApplicableTradeTax"), group)
        period = self._group(element, "BillingSpecifiedPeriod")
        self._day(period, "StartDateTime", invoice.period_first)
        self._day(period, "EndDateTime", invoice.period_last)
        if invoice.payment_terms or invoice.due_on is not None:
            terms = self._group(element, "SpecifiedTradePaymentTerms")
            self._leaf(terms, "Description", invoice.payment_terms)
            self._day(terms, "DueDateDateTime", invoice.due_on)
        self._totals(self._group(element, "SpecifiedTradeSettlementHeaderMonetarySummation"))
        for preceding in invoice.preceding:
            reference = self._group(element, "InvoiceReferencedDocument")
            self._leaf(reference, "IssuerAssignedID", preceding.number)

    def _breakdown(self, element: "_Element", group: VatBreakdown) -> None:
        self._amount(element, "CalculatedAmount", group.amount)
        self._leaf(element, "TypeCode", "VAT")
        self._leaf(element, "ExemptionReason", group.reason)
        self._amount(element, "BasisAmount", group.base)
        self._leaf(element, "CategoryCode", group.vat.code)
        self._leaf(element, "ExemptionReasonCode", group.reason_code)
        self._rate(element, group.vat)

    def _totals(self, element: "_Element") -> None:
        totals = self._invoice.totals
        self._amount(element, "LineTotalAmount", totals.lines)
        self._amount(element, "TaxBasisTotalAmount", totals.net)
        self._amount(element, "TaxTotalAmount", totals.vat, currencyID=self._invoice.currency)
        self._amount(element, "GrandTotalAmount", totals.gross)
        self._amount(element, "DuePayableAmount", totals.due)
