"""What a document posts: double entry, summing to zero; pure."""

from collections.abc import Sequence

from lineshaft.core.money import Money, total
from lineshaft.services.billing.model import (
    CREDIT_NOTE,
    Account,
    AccountKind,
    Difference,
    Entry,
    LineKind,
    RatedDocument,
    RatedLine,
    Totals,
)

_CONTRA = {LineKind.SERVICE_CREDIT: AccountKind.SERVICE_CREDITS}


def postings(rated: RatedDocument) -> tuple[Entry, ...]:
    """Return the entries of a document: debits positive, credits negative; nothing for nothing.

    Debit receivables with the gross; credit revenue with the lines, tax payable with each group;
    service credits stand on the other side, as contra-revenue.

    Example: 267.54 = 234.82 (revenue) - 10.00 (service credits) + 42.72 (19 % tax).
    """
    return _entries(rated, rated.lines, rated.totals)


def correction_postings(rated: RatedDocument, found: Difference) -> tuple[Entry, ...]:
    """Return the entries of a correction: on the accounts of what it corrects.

    A credit note takes back from revenue and tax what it credits, and a service credit that is
    withdrawn is taken back from the service credits; all its entries are the other way round.

    Example: a credit note of 70.00 with 13.30 tax debits revenue and tax, and credits receivables.
    """
    entries = _entries(rated, found.lines, found.totals)
    if found.type != CREDIT_NOTE:
        return entries
    return tuple(Entry(entry.account, -entry.amount) for entry in entries)


def _entries(rated: RatedDocument, lines: Sequence[RatedLine], totals: Totals) -> tuple[Entry, ...]:
    currency = rated.contract.currency
    sides = [Entry(Account(AccountKind.RECEIVABLES, rated.contract.customer.id), totals.gross)]
    for kind in (AccountKind.REVENUE, AccountKind.SERVICE_CREDITS):
        of_kind = (line for line in lines if _CONTRA.get(line.kind, AccountKind.REVENUE) is kind)
        sides.append(Entry(Account(kind), -total([line.amount for line in of_kind], currency)))
    for group in totals.vat:
        detail = f"{group.vat.category}-{group.vat.rate}"
        sides.append(Entry(Account(AccountKind.VAT_PAYABLE, detail), -group.amount))
    return tuple(entry for entry in sides if entry.amount != Money.zero(entry.amount.currency))
