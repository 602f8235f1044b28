"""UBL 2.1 Invoice and CreditNote of the semantic model, in the syntax binding of CEN/TS 16931-3-2.

The same model gives the same bytes. The element order is that of the schemas; nothing is written
that the model does not have.
"""

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from lineshaft.services.billing.einvoice.model import (
    CREDIT_NOTE,
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

INVOICE_NAMESPACE = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
CREDIT_NOTE_NAMESPACE = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"
AGGREGATES = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
BASICS = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"


def to_ubl(invoice: EInvoice) -> bytes:
    """Write an invoice (380, 384) or a credit note (381).

    Raises:
        NotExpressible: for a text with a character that XML does not have.
    """
    try:
        return _Writer(invoice).write()
    except ValueError as error:
        msg = f"document {invoice.number} has a character that XML cannot carry: {error}"
        raise NotExpressible(msg) from error


class _Writer:
    """The document that is written, and its currency, which each amount names."""

    def __init__(self, invoice: EInvoice) -> None:
        # 12 MB, for the processes that write invoices only
        from lxml import etree  # noqa: PLC0415

        self._etree = etree
        self._invoice = invoice
        self._is_credit = invoice.type_code == CREDIT_NOTE
        self._name = "CreditNote" if self._is_credit else "Invoice"
        namespace = CREDIT_NOTE_NAMESPACE if self._is_credit else INVOICE_NAMESPACE
        names: dict[str | None, str] = {None: namespace, "cac": AGGREGATES, "cbc": BASICS}
        self._root: _Element = etree.Element(f"{{{namespace}}}{self._name}", nsmap=names)

    def write(self) -> bytes:
        self._head()
        self._references()
        self._party("Supplier", self._invoice.seller)
        self._party("Customer", self._invoice.buyer)
        self._delivery()
        if self._invoice.payment_terms:
            terms = self._group(self._root, "PaymentTerms")
            self._leaf(terms, "Note", self._invoice.payment_terms)
        self._tax()
        self._totals()
        for line in self._invoice.lines:
            self._line(line)
        data: bytes = self._etree.tostring(
            self._root, encoding="UTF-8", xml_declaration=True, pretty_print=True
        )
        return data

    def _group(self, parent: "_Element", name: str) -> "_Element":
        return self._etree.SubElement(parent, f"{{{AGGREGATES}}}{name}")

    def _leaf(self, parent: "_Element", name: str, text: str, **attributes: str) -> None:
        """Add a value; an empty one stands for none and is left out."""
        if text:
            element = self._etree.SubElement(parent, f"{{{BASICS}}}{name}", attributes)
            element.text = text

    def _amount(self, parent: "_Element", name: str, amount: Decimal) -> None:
        self._leaf(parent, name, f"{amount:f}", currencyID=self._invoice.currency)

    def _head(self) -> None:
        invoice, root = self._invoice, self._root
        self._leaf(root, "CustomizationID", SPECIFICATION)
        self._leaf(root, "ID", invoice.number)
        self._leaf(root, "IssueDate", invoice.issued_on.isoformat())
        if not self._is_credit:  # the schema of credit notes has no such element
            self._leaf(root, "DueDate", _date(invoice.due_on))
        self._leaf(root, f"{self._name}TypeCode", invoice.type_code)
        for note in invoice.notes:
            self._leaf(root, "Note", note)
        self._leaf(root, "DocumentCurrencyCode", invoice.currency)
        period = self._group(root, "InvoicePeriod")
        self._leaf(period, "StartDate", invoice.period_first.isoformat())
        self._leaf(period, "EndDate", invoice.period_last.isoformat())

    def _references(self) -> None:
        for preceding in self._invoice.preceding:
            billing = self._group(self._root, "BillingReference")
            document = self._group(billing, "InvoiceDocumentReference")
            self._leaf(document, "ID", preceding.number)
        contract = self._group(self._root, "ContractDocumentReference")
        self._leaf(contract, "ID", self._invoice.contract)

    def _party(self, role: str, party: Party) -> None:
        accounting = self._group(self._root, f"Accounting{role}Party")
        element = self._group(accounting, "Party")
        self._leaf(self._group(element, "PartyIdentification"), "ID", party.identifier)
        address = self._group(element, "PostalAddress")
        first, second, third = (*party.address_lines, "", "")[:3]
        self._leaf(address, "StreetName", first)
        self._leaf(address, "AdditionalStreetName", second)
        if third:
            self._leaf(self._group(address, "AddressLine"), "Line", third)
        self._leaf(self._group(address, "Country"), "IdentificationCode", party.country)
        if party.vat_id:
            tax = self._group(element, "PartyTaxScheme")
            self._leaf(tax, "CompanyID", party.vat_id)
            self._scheme(tax)
        legal = self._group(element, "PartyLegalEntity")
        self._leaf(legal, "RegistrationName", party.name)
        self._leaf(legal, "CompanyID", party.legal_id)

    def _scheme(self, parent: "_Element") -> None:
        self._leaf(self._group(parent, "TaxScheme"), "ID", "VAT")

    def _delivery(self) -> None:
        if self._invoice.deliver_to:
            place = self._group(self._group(self._root, "Delivery"), "DeliveryLocation")
            country = self._group(self._group(place, "Address"), "Country")
            self._leaf(country, "IdentificationCode", self._invoice.deliver_to)

    def _tax(self) -> None:
        total = self._group(self._root, "TaxTotal")
        self._amount(total, "TaxAmount", self._invoice.totals.vat)
        for group in self._invoice.vat:
            part = self._group(total, "TaxSubtotal")
            self._amount(part, "TaxableAmount", group.base)
            self._amount(part, "TaxAmount", group.amount)
            self._category(self._group(part, "TaxCategory"), group.vat, group)

    def _category(
        self, element: "_Element", vat: VatCategory, group: VatBreakdown | None = None
    ) -> None:
        self._leaf(element, "ID", vat.code)
        if vat.code != OUTSIDE_SCOPE:  # BR-O-05: outside the scope there is no rate, not even 0
            self._leaf(element, "Percent", f"{vat.rate:f}")
        if group is not None:
            self._leaf(element, "TaxExemptionReasonCode", group.reason_code)
            self._leaf(element, "TaxExemptionReason", group.reason)
        self._scheme(element)

    def _totals(self) -> None:
        totals = self._invoice.totals
        element = self._group(self._root, "LegalMonetaryTotal")
        self._amount(element, "LineExtensionAmount", totals.lines)
        self._amount(element, "TaxExclusiveAmount", totals.net)
        self._amount(element, "TaxInclusiveAmount", totals.gross)
        self._amount(element, "PayableAmount", totals.due)

    def _line(self, line: Line) -> None:
        element = self._group(self._root, f"{self._name}Line")
        self._leaf(element, "ID", line.id)
        quantity = "CreditedQuantity" if self._is_credit else "InvoicedQuantity"
        self._leaf(element, quantity, f"{line.quantity:f}", unitCode=line.unit)
        self._amount(element, "LineExtensionAmount", line.net)
        if line.period_first is not None:
            period = self._group(element, "InvoicePeriod")
            self._leaf(period, "StartDate", _date(line.period_first))
            self._leaf(period, "EndDate", _date(line.period_last))
        item = self._group(element, "Item")
        self._leaf(item, "Description", line.description)
        self._leaf(item, "Name", line.name)
        self._category(self._group(item, "ClassifiedTaxCategory"), line.vat)
        price = self._group(element, "Price")
        self._amount(price, "PriceAmount", line.price)
        self._leaf(price, "BaseQuantity", f"{line.price_quantity:f}", unitCode=line.unit)


def _date(day: dt.date | None) -> str:
    return "" if day is None else day.isoformat()
