"""What a document posts: double entry, summing to zero; pure."""

from lineshaft.core.money import Money, total
from lineshaft.services.billing.model import (
    Account,
    AccountKind,
    Entry,
    LineKind,
    RatedDocument,
)

_ACCOUNT_OF = {
    LineKind.BASE_FEE: AccountKind.REVENUE,
    LineKind.USAGE: AccountKind.REVENUE,
    LineKind.SERVICE_CREDIT: AccountKind.SERVICE_CREDITS,
}


def postings(rated: RatedDocument) -> tuple[Entry, ...]:
    """Return the entries of a document: debits positive, credits negative; nothing for nothing.

    Debit receivables with the gross; credit revenue with the lines, tax payable with each group;
    service credits stand on the other side, as contra-revenue.

    Example: 267.54 = 234.82 (revenue) - 10.00 (service credits) + 42.72 (19 % tax).
    """
    customer = rated.contract.customer.id
    sides = [Entry(Account(AccountKind.RECEIVABLES, customer), rated.totals.gross)]
    for kind in dict.fromkeys(_ACCOUNT_OF.values()):
        amounts = [line.amount for line in rated.lines if _ACCOUNT_OF[line.kind] is kind]
        sides.append(Entry(Account(kind), -total(amounts, rated.contract.currency)))
    for group in rated.totals.vat:
        detail = f"{group.vat.category}-{group.vat.rate}"
        sides.append(Entry(Account(AccountKind.VAT_PAYABLE, detail), -group.amount))
    return tuple(entry for entry in sides if entry.amount != Money.zero(entry.amount.currency))
