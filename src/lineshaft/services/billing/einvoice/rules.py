"""The exact check of our own: every sum of an invoice, with no tolerance; pure.

The official rules of EN 16931 let the tax of a group be wrong by 0.99 (BR-CO-17 compares rounded
neighbours) and its base by 1 (BR-S-08), and do not multiply lines at all. A rule of ours is named
after the official one that it is stricter than: `LS-CO-17` for `BR-CO-17`.
"""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from lineshaft.core.money import CURRENCY_EXPONENTS, currency_exponent, round_half_away
from lineshaft.services.billing.einvoice.errors import Finding
from lineshaft.services.billing.einvoice.model import EInvoice, Line, VatCategory

_PERCENT = 100


def exact_findings(invoice: EInvoice) -> tuple[Finding, ...]:
    """Return every amount that is not exactly what it must be; nothing for a right invoice."""
    if invoice.currency not in CURRENCY_EXPONENTS:
        return (Finding("LS-CL-04", f"unknown currency {invoice.currency!r}"),)
    return (
        *_decimals(invoice),
        *_lines(invoice),
        *_groups(invoice),
        *_totals(invoice),
        *_payment(invoice),
    )


def _wrong(rule: str, what: str, said: Decimal, right: Decimal) -> Iterator[Finding]:
    if said != right:
        yield Finding(rule, f"{what} is {said:f}, expected exactly {right:f}")


def _decimals(invoice: EInvoice) -> Iterator[Finding]:
    """`LS-DEC`: each amount has the decimals of the currency, no more and no fewer."""
    decimals, totals = currency_exponent(invoice.currency), invoice.totals
    amounts = [line.net for line in invoice.lines]
    amounts += [amount for group in invoice.vat for amount in (group.base, group.amount)]
    amounts += [totals.lines, totals.net, totals.vat, totals.gross, totals.due]
    for amount in amounts:
        if amount.as_tuple().exponent != -decimals:
            yield Finding("LS-DEC", f"{amount:f} {invoice.currency}: expected {decimals} decimals")


def _lines(invoice: EInvoice) -> Iterator[Finding]:
    """`LS-LINE`: BT-131 = BT-129 × BT-146 / BT-149, rounded once (norm, clause on BT-131)."""
    decimals = currency_exponent(invoice.currency)
    for line in invoice.lines:
        if line.price_quantity <= 0:
            yield Finding("LS-LINE", f"line {line.id} is priced per {line.price_quantity:f}")
            continue
        yield from _wrong("LS-LINE", f"line {line.id}", line.net, _line_net(line, decimals))


def _line_net(line: Line, decimals: int) -> Decimal:
    exact = Fraction(line.quantity) * Fraction(line.price) / Fraction(line.price_quantity)
    return round_half_away(exact, decimals)


def _groups(invoice: EInvoice) -> Iterator[Finding]:
    """`LS-S-08`, `LS-CO-17`: base is the sum of the group's lines, tax is rounded once from it."""
    decimals = currency_exponent(invoice.currency)
    sums: dict[VatCategory, Decimal] = {}
    for line in invoice.lines:
        sums[line.vat] = sums.get(line.vat, Decimal(0)) + line.net
    named = [group.vat for group in invoice.vat]
    if set(named) != set(sums) or len(set(named)) != len(named):
        yield Finding("LS-CO-18", "the groups of tax are not those of the lines, each once")
        return
    for group in invoice.vat:
        what = f"{group.vat.code} {group.vat.rate:f} %"
        yield from _wrong("LS-S-08", f"base of {what}", group.base, sums[group.vat])
        tax = Fraction(group.base) * Fraction(group.vat.rate) / _PERCENT
        right = round_half_away(tax, decimals)
        yield from _wrong("LS-CO-17", f"tax of {what}", group.amount, right)


def _totals(invoice: EInvoice) -> Iterator[Finding]:
    """The sums of BG-22, named after the official rules."""
    totals, zero = invoice.totals, Decimal(0)
    lines = sum((line.net for line in invoice.lines), zero)
    tax = sum((group.amount for group in invoice.vat), zero)
    yield from _wrong("LS-CO-10", "sum of the lines (BT-106)", totals.lines, lines)
    yield from _wrong("LS-CO-13", "total without tax (BT-109)", totals.net, totals.lines)
    yield from _wrong("LS-CO-14", "tax (BT-110)", totals.vat, tax)
    gross = totals.net + totals.vat
    yield from _wrong("LS-CO-15", "total with tax (BT-112)", totals.gross, gross)
    yield from _wrong("LS-CO-16", "amount due (BT-115)", totals.due, totals.gross)


def _payment(invoice: EInvoice) -> Iterator[Finding]:
    """`LS-CO-25`: what is to be paid has a date or terms; the official files leave BR-CO-25 out."""
    if invoice.totals.due > 0 and invoice.due_on is None and not invoice.payment_terms:
        yield Finding("LS-CO-25", "neither a due date (BT-9) nor payment terms (BT-20)")
