"""The semantic model of EN 16931-1, as far as our documents have it; pure.

Fields carry the numbers of the norm (BT: business term, BG: group of terms). The writers (UBL,
CII) put this model into XML and nothing else, so that both say the same. Amounts are decimals with
the decimals of the currency; nothing here rounds but the one price that says so.
"""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.money import currency_exponent, round_half_away
from lineshaft.core.period import Instant, parse_instant, to_datetime, zone_named
from lineshaft.services.billing.spans import billed_span

SPECIFICATION = "urn:cen.eu:en16931:2017"
"""BT-24: the core norm, without a national extension."""
INVOICE, CREDIT_NOTE, CORRECTED_INVOICE = "380", "381", "384"
"""BT-3, code list UNTDID 1001."""
AMOUNT_DECIMALS_MAX = 2
"""Of every amount but a unit price (EN 16931-1, BR-DEC-01 and its sisters)."""
ADDRESS_LINES_MAX = 3
"""BT-35, BT-36 and BT-162; longer addresses go on in the third."""
REVERSE_CHARGE, INTRA_COMMUNITY, EXPORT, OUTSIDE_SCOPE = "AE", "K", "G", "O"
_RATE_DECIMALS_MAX = 9
_ONE = "C62"
_ENGLISH = "en"

_EXEMPTIONS: dict[str, tuple[str, dict[str, str]]] = {
    "E": ("", {"en": "Exempt from VAT", "zh-Hans": "免征增值税 (Exempt from VAT)"}),
    "AE": ("VATEX-EU-AE", {"en": "Reverse charge", "zh-Hans": "反向征收 (Reverse charge)"}),
    "K": (
        "VATEX-EU-IC",
        {"en": "Intra-community supply", "zh-Hans": "欧盟内部供应 (Intra-community supply)"},
    ),
    "G": ("VATEX-EU-G", {"en": "Export outside the EU", "zh-Hans": "出口 (Export outside the EU)"}),
    "O": ("VATEX-EU-O", {"en": "Not subject to VAT", "zh-Hans": "不征增值税 (Not subject to VAT)"}),
}
"""Code (BT-121, code list VATEX) and words (BT-120) of the categories that must say a reason.

The words of Directive 2006/112/EC, article 226 (11a) are "Reverse charge" in an English document;
a Chinese one keeps them in brackets, since the law does not know the translation.
"""
_TEXTS: dict[str, dict[str, str]] = {
    "terms": {
        "en": "As agreed in contract {contract}, version {version}",
        "zh-Hans": "按合同 {contract} 第 {version} 版约定",
    },
    "days": {
        "en": "Payable within {days} days of the date of this document, as agreed in contract "
        "{contract}, version {version}",
        "zh-Hans": "按合同 {contract} 第 {version} 版约定，自开具之日起 {days} 日内付款",
    },
    "evidence": {
        "en": "Evidence root of {meter} on {machine}: {root}",
        "zh-Hans": "{machine} 的 {meter} 的证据根：{root}",
    },
    "no_fapiao": {
        "en": "This document is not a Chinese tax invoice (fapiao, 全电发票).",
        "zh-Hans": "本文件不是中国税务发票（全电发票）。",
    },
}


class NotExpressible(Invalid):
    """A document that EN 16931 has no words for, such as amounts with three decimals."""


class Party(msgspec.Struct, frozen=True):
    """Seller (BG-4) or buyer (BG-7).

    Attributes:
        identifier: BT-29, BT-46.
        name: BT-27, BT-44.
        legal_id: number in the register of companies, or empty: BT-30, BT-47.
        vat_id: with its country prefix, or empty: BT-31, BT-48.
        address_lines: 1 to `ADDRESS_LINES_MAX`: BT-35, -36, -162 and BT-50, -51, -163.
        country: ISO 3166-1: BT-40, BT-55.
    """

    identifier: str
    name: str
    legal_id: str
    vat_id: str
    address_lines: tuple[str, ...]
    country: str


class VatCategory(msgspec.Struct, frozen=True):
    """Category and rate of value-added tax.

    Attributes:
        code: UNTDID 5305: BT-151, BT-118.
        rate: in percent: BT-152, BT-119; 0 for category O, where writers leave it out.
    """

    code: str
    rate: Decimal


class VatBreakdown(msgspec.Struct, frozen=True):
    """The tax on all lines of one category and rate (BG-23).

    Attributes:
        vat: BT-118, BT-119.
        base: BT-116.
        amount: BT-117.
        reason: why there is no tax, or empty: BT-120.
        reason_code: code list VATEX, or empty: BT-121.
    """

    vat: VatCategory
    base: Decimal
    amount: Decimal
    reason: str = ""
    reason_code: str = ""


class Line(msgspec.Struct, frozen=True):
    """One line (BG-25): `net` is exactly `quantity` × `price` / `price_quantity`, rounded once.

    A credit has a negative quantity, as a price is never below zero (BR-27).

    Attributes:
        id: BT-126.
        name: BT-153.
        description: how the price came about, or empty: BT-154.
        quantity: BT-129.
        unit: UN/ECE Recommendation 20: BT-130, BT-150.
        net: BT-131.
        price: BT-146.
        price_quantity: how much the price is for: BT-149.
        vat: BT-151, BT-152.
        period_first, period_last: both days are in the period: BT-134, BT-135; None where it is
            that of the document.
    """

    id: str
    name: str
    description: str
    quantity: Decimal
    unit: str
    net: Decimal
    price: Decimal
    price_quantity: Decimal
    vat: VatCategory
    period_first: dt.date | None = None
    period_last: dt.date | None = None


class Totals(msgspec.Struct, frozen=True):
    """Totals (BG-22): there are no allowances and charges beside the lines.

    Attributes:
        lines: BT-106.
        net: BT-109.
        vat: BT-110.
        gross: BT-112.
        due: BT-115.
    """

    lines: Decimal
    net: Decimal
    vat: Decimal
    gross: Decimal
    due: Decimal


class PrecedingInvoice(msgspec.Struct, frozen=True):
    """The document that this one corrects (BG-3).

    Attributes:
        number: BT-25. Its date (BT-26) may be left out where the number is unique, as ours are.
    """

    number: str


class EInvoice(msgspec.Struct, frozen=True):
    """One invoice or credit note of EN 16931-1.

    Attributes:
        number: BT-1.
        issued_on: in the contract's time zone: BT-2.
        type_code: BT-3.
        currency: BT-5.
        due_on: BT-9; None for a credit note, and where the contract names no term of payment.
        contract: BT-12.
        payment_terms: BT-20.
        notes: BT-22: the evidence roots, and what must be said beside the amounts.
        preceding: BG-3.
        seller: BG-4.
        buyer: BG-7.
        period_first, period_last: both days are in the period: BT-73, BT-74.
        deliver_to: country, for supplies within the EU (BR-IC-12), or empty: BT-80.
        totals: BG-22.
        vat: BG-23.
        lines: BG-25.
    """

    number: str
    issued_on: dt.date
    type_code: str
    currency: str
    due_on: dt.date | None
    contract: str
    payment_terms: str
    notes: tuple[str, ...]
    preceding: tuple[PrecedingInvoice, ...]
    seller: Party
    buyer: Party
    period_first: dt.date
    period_last: dt.date
    deliver_to: str
    totals: Totals
    vat: tuple[VatBreakdown, ...]
    lines: tuple[Line, ...]


def from_document(document: Mapping[str, Any], language: str = _ENGLISH) -> EInvoice:
    """Say a document (`docs/formats/invoice.md`) in the terms of EN 16931.

    Args:
        document: content of an issued document.
        language: of the words, `en` or `zh-Hans`.

    Raises:
        NotExpressible: for a document without lines, a currency with more than two decimals, or a
            tax rate that is no decimal number.
    """
    currency = document["currency"]
    if not document["lines"]:
        msg = f"document {document['number']} has no line: EN 16931 wants one at least (BR-16)"
        raise NotExpressible(msg)
    if currency_exponent(currency) > AMOUNT_DECIMALS_MAX:
        msg = (
            f"document {document['number']} in {currency}: EN 16931 has amounts of at most "
            f"{AMOUNT_DECIMALS_MAX} decimals (BR-DEC)"
        )
        raise NotExpressible(msg)
    span, contract = document["service_period"], document["contract"]
    billed = billed_span(document)
    breakdown = tuple(_breakdown(group, language) for group in document["totals"]["vat"])
    codes = {group.vat.code for group in breakdown}
    zone = span["time_zone"]
    days = None if document["type"] == CREDIT_NOTE else contract.get("payment_days")
    said = {"contract": contract["id"], "version": contract["version"], "days": days}
    issued_on = _day(document["issued_at"], zone)
    return EInvoice(
        number=document["number"],
        issued_on=issued_on,
        type_code=document["type"],
        currency=currency,
        due_on=None if days is None else issued_on + dt.timedelta(days=days),
        contract=contract["id"],
        payment_terms=_TEXTS["terms" if days is None else "days"][language].format(**said),
        notes=_notes(document, language),
        preceding=_preceding(document),
        seller=_party(document["supplier"], codes),
        buyer=_party(document["customer"], codes),
        period_first=_day(billed["start"], zone),
        period_last=_day(billed["end"], zone, before_us=1),
        deliver_to=document["customer"]["country"] if INTRA_COMMUNITY in codes else "",
        totals=_totals(document["totals"], breakdown),
        vat=breakdown,
        lines=tuple(
            _line(str(i), line, language, zone) for i, line in enumerate(document["lines"], start=1)
        ),
    )


def _day(instant: str, zone: str, before_us: int = 0) -> dt.date:
    at = Instant(parse_instant(instant) - before_us)
    return to_datetime(at, zone_named(zone)).date()


def _preceding(document: Mapping[str, Any]) -> tuple[PrecedingInvoice, ...]:
    return tuple(PrecedingInvoice(one["number"]) for one in document.get("corrects", ()))


def _party(party: Mapping[str, Any], vat_codes: set[str]) -> Party:
    """Take a party over; outside the scope of the tax nobody has a VAT id (BR-O-02)."""
    lines = party["address_lines"]
    first, rest = lines[: ADDRESS_LINES_MAX - 1], lines[ADDRESS_LINES_MAX - 1 :]
    return Party(
        identifier=party["id"],
        name=party["name"],
        legal_id=party["legal_id"],
        vat_id="" if OUTSIDE_SCOPE in vat_codes else party["vat_id"],
        address_lines=(*first, *([", ".join(rest)] if rest else [])),
        country=party["country"],
    )


def _category(vat: Mapping[str, Any]) -> VatCategory:
    return VatCategory(vat["category"], _exact_decimal(Fraction(vat["rate"])))


def _exact_decimal(value: Fraction) -> Decimal:
    """Write a rational whose denominator has the factors 2 and 5 only."""
    decimals = 0
    while (value * 10**decimals).denominator != 1:
        decimals += 1
        if decimals > _RATE_DECIMALS_MAX:
            msg = f"a VAT rate of {value} % is no decimal number: EN 16931 cannot say it (BT-119)"
            raise NotExpressible(msg)
    return round_half_away(value, decimals)


def _breakdown(group: Mapping[str, Any], language: str) -> VatBreakdown:
    code, reasons = _EXEMPTIONS.get(group["category"], ("", {}))
    return VatBreakdown(
        vat=_category(group),
        base=Decimal(group["base"]),
        amount=Decimal(group["amount"]),
        reason=reasons.get(language, ""),
        reason_code=code,
    )


def _totals(totals: Mapping[str, Any], breakdown: tuple[VatBreakdown, ...]) -> Totals:
    net, gross = Decimal(totals["net"]), Decimal(totals["gross"])
    tax = sum((group.amount for group in breakdown), Decimal(0) * net)
    return Totals(lines=net, net=net, vat=tax, gross=gross, due=gross)


def _notes(document: Mapping[str, Any], language: str) -> tuple[str, ...]:
    roots = tuple(
        _TEXTS["evidence"][language].format(
            meter=record["meter"]["id"],
            machine=record["meter"]["machine"],
            root=record["evidence_root"],
        )
        for record in document["usage"]
        if record["evidence_root"]
    )
    said = tuple(statement["text"][language] for statement in document["statements"])
    return (*said, *roots, _TEXTS["no_fapiao"][language])


def _line(number: str, line: Mapping[str, Any], language: str, zone: str) -> Line:
    """Take a line over: at its unit price where that gives the amount, else at one price in all.

    A graduated line has no single unit price, and a quantity such as 6289/1800 h is shown rounded.
    The price of such a line is that of its whole quantity (BT-149 = BT-129), so that a receiver who
    multiplies gets the amount to the cent.
    """
    net = Decimal(line["amount"])
    quantity, unit = Decimal(line["quantity"]["shown"]), line["quantity"]["unit"]
    if quantity == 0:
        quantity, unit = Decimal(1), _ONE
    price, price_quantity = abs(net), abs(quantity)
    unit_price = _unit_price(line)
    if unit_price is not None:
        decimals = -int(net.as_tuple().exponent)
        exact = Fraction(quantity) * Fraction(unit_price)
        if round_half_away(exact, decimals) == net:
            price, price_quantity = unit_price, Decimal(1)
    return Line(
        id=number,
        name=line["description"][language],
        description=_how(line),
        quantity=abs(quantity).copy_sign(net) if net else quantity,
        unit=unit,
        net=net,
        price=price,
        price_quantity=price_quantity,
        vat=_category(line["vat"]),
        period_first=_day(line["period"]["start"], zone) if "period" in line else None,
        period_last=_day(line["period"]["end"], zone, before_us=1) if "period" in line else None,
    )


def _unit_price(line: Mapping[str, Any]) -> Decimal | None:
    """Return the price per unit where the whole quantity has one, not below zero (BR-27)."""
    priced = [step for step in line["steps"] if "unit_price" in step]
    if len(priced) != 1 or priced[0].get("quantity") != line["quantity"]:
        return None
    price = Decimal(priced[0]["unit_price"])
    return None if price < 0 else price


def _how(line: Mapping[str, Any]) -> str:
    """Write the priced parts, such as `2 h × 45.00 + 1.493889 h × 30.00`.

    Where a minimum, a discount or the like changed their sum, the amount follows: `… → 500.00`.
    """
    parts, exact = [], Fraction(0)
    for step in line["steps"]:
        if "unit_price" not in step:
            continue
        quantity = step.get("quantity")
        before = f"{quantity['shown']} {quantity['symbol']} × " if quantity else ""
        parts.append(f"{before}{step['unit_price']}")
        exact += Fraction(step["amount_exact"])
    changed = f" → {line['amount']}" if exact != Fraction(line["amount_exact"]) else ""
    return " + ".join(parts) + changed if parts else ""
