"""What a document posts: double entry, summing to zero; pure."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET

from lineshaft.core.money import Money
from lineshaft.core.period import Instant, parse_instant
from lineshaft.services.billing.lease_postings import lease_sides
from lineshaft.services.billing.model import CREDIT_NOTE, Account, AccountKind, Entry, LineKind
from lineshaft.services.billing.recognition import Slice, schedule
from lineshaft.services.contracts.model import Contract


class Release(msgspec.Struct, frozen=True):
    """What the recognition of one month takes out of the contract liability of a document.

    Attributes:
        effective_at: the first instant of the month that was served.
    """

    month: str
    effective_at: Instant
    entries: tuple[Entry, ...]


class Booking(msgspec.Struct, frozen=True):
    """Everything that the ledger learns of a document when it is issued.

    Attributes:
        entries: of the document itself; none where it is for nothing.
        slices: the schedule of its revenue.
        releases: of the months that are over at its date: nothing of them waits.
        effective_at: the instant whose month it is posted to, its tax too.
    """

    entries: tuple[Entry, ...]
    slices: tuple[Slice, ...]
    releases: tuple[Release, ...]
    effective_at: Instant


def book(contract: Contract, document: Mapping[str, Any], posted: Sequence[Entry] = ()) -> Booking:
    """Return the postings of a document: debits positive, credits negative; nothing for nothing.

    Debit receivables with the gross; credit revenue with what is served, the contract liability
    with what is not, the refund liability with deposits, and tax payable with each group. Service
    credits stand on the other side, as contra-revenue. What other parties get of the net is a cost
    and a debt. A credit note is posted the other way round, on the same accounts. The instalments
    of a finance lease are no revenue: see `lease_postings`.

    Args:
        contract: the version that the document was made under.
        document: its content.
        posted: entries of the documents that it corrects.

    Example: 267.54 = 234.82 (revenue) - 10.00 (service credits) + 42.72 (19 % tax).
    """
    leased, lease_entries = lease_sides(contract, document, posted)
    sold = [line for line in document["lines"] if line["id"] not in leased]
    slices = schedule(contract, {**document, "lines": sold})
    currency, sign = contract.currency, -1 if document["type"] == CREDIT_NOTE else 1
    totals = document["totals"]
    sides = [
        (Account(AccountKind.RECEIVABLES, contract.customer.id), sign * Decimal(totals["gross"]))
    ]
    waiting = Account(AccountKind.CONTRACT_LIABILITY, contract.id)
    for each in slices:
        account = waiting if each.is_deferred else each.account
        sides.append((account, -each.amount.amount))
    sides += lease_entries
    for group in totals["vat"]:
        account = Account(AccountKind.VAT_PAYABLE, f"{group['category']}-{group['rate']}")
        sides.append((account, -sign * Decimal(group["amount"])))
    sides += _partner_sides(contract, document, sign)
    issued_at = parse_instant(document["issued_at"])
    over = [each for each in slices if each.is_deferred and each.span.end <= issued_at]
    released = releases(contract.id, over)
    return Booking(_entries(sides, currency), slices, released, _effective_at(document))


def _effective_at(document: Mapping[str, Any]) -> Instant:
    """Return the start of the service period; of nothing but fees in advance, that of the fees.

    The tax on a service of a span of time is due when that is over, or when it is paid before
    (Directive 2006/112/EC, articles 64 and 65): never in the month before the first fee is for.
    """
    start = parse_instant(document["service_period"]["start"])
    spans = [line.get("period", document["service_period"]) for line in document["lines"]]
    return max(start, min((parse_instant(span["start"]) for span in spans), default=start))


def _partner_sides(
    contract: Contract, document: Mapping[str, Any], sign: int
) -> list[tuple[Account, Decimal]]:
    """Return cost and debt of the shares that other parties have of the net revenue.

    A correction posts what the shares of all that stands are more than they were before, so that
    the cents of many small corrections do not add up to a drift.
    """
    if contract.revenue_split is UNSET:
        return []
    standing = _amounts(contract, document.get("rating", document)["lines"], 1)
    before = []
    if "rating" in document:
        before = [*standing, *_amounts(contract, document["lines"], -sign)]
    sides: list[tuple[Account, Decimal]] = []
    for lines, way in ((standing, 1), (before, -1)):
        for party, share in contract.partner_shares(lines).items():
            sides.append((Account(AccountKind.PARTNER_SHARES), way * share.amount))
            sides.append((Account(AccountKind.PARTNER_PAYABLE, party), -way * share.amount))
    return sides


def _amounts(
    contract: Contract, lines: Sequence[Mapping[str, Any]], sign: int
) -> list[tuple[str, Money]]:
    currency = contract.currency
    return [
        (line["id"], Money(sign * Decimal(line["amount"]), currency))
        for line in lines
        if line["kind"] != LineKind.CORE_DEPOSIT
    ]


def releases(contract: str, slices: Sequence[Slice]) -> tuple[Release, ...]:
    """Return what recognising deferred slices posts: one release for each month.

    Debit the contract liability, credit what the slices stand for.
    """
    found = []
    for month in sorted({each.month for each in slices}):
        ours = [each for each in slices if each.month == month]
        waiting = Account(AccountKind.CONTRACT_LIABILITY, contract)
        sides = [(waiting, each.amount.amount) for each in ours]
        sides += [(each.account, -each.amount.amount) for each in ours]
        entries = _entries(sides, ours[0].amount.currency)
        if entries:
            found.append(Release(month, ours[0].span.start, entries))
    return tuple(found)


def _entries(sides: Iterable[tuple[Account, Decimal]], currency: str) -> tuple[Entry, ...]:
    """Add up each account, in the order in which they come, without those at nothing."""
    sums: dict[Account, Decimal] = {}
    for account, amount in sides:
        sums[account] = sums.get(account, Decimal(0)) + amount
    return tuple(
        Entry(account, Money(amount, currency)) for account, amount in sums.items() if amount
    )
