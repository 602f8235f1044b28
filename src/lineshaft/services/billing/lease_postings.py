"""What a document posts of finance leases: interest, and what lowers the net investment; pure.

A lessor has a receivable at the amount of the net investment (IFRS 16, paragraph 67), finance
income at a constant rate on it (75), and applies the payments against it (76). Leases are no
contracts of IFRS 15 (its paragraph 5(a)): none of it is revenue of a month.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from lineshaft.core.money import currency_exponent
from lineshaft.services.billing.model import CREDIT_NOTE, Account, AccountKind, Entry
from lineshaft.services.billing.pricing.lease_interest import split_instalments
from lineshaft.services.contracts.model import Contract, LeaseClass, LeasePrice

_KINDS = frozenset({AccountKind.NET_INVESTMENT, AccountKind.LEASED_OUT, AccountKind.LEASE_INTEREST})
Lines = Sequence[Mapping[str, Any]]


class _Standing(msgspec.Struct, frozen=True):
    """What the lines of finance leases come to.

    Attributes:
        invested: net investment in machines whose first instalment it is.
        interest: of the instalments.
        repaid: what lowers the net investment: principal, and what is left of a machine when it
            is bought.
    """

    invested: Decimal
    interest: Decimal
    repaid: Decimal


def finance_leases(contract: Contract) -> dict[str, LeasePrice]:
    """Return the prices of a contract that are finance leases, by the ids of their lines."""
    found: dict[str, LeasePrice] = {}
    for sold in contract.terms.usage_prices:
        price = sold.price
        if isinstance(price, LeasePrice) and price.classification is LeaseClass.FINANCE:
            found |= {sold.id: price, sold.purchase_id: price}
    return found


def lease_sides(
    contract: Contract, document: Mapping[str, Any], posted: Sequence[Entry]
) -> tuple[frozenset[str], list[tuple[Account, Decimal]]]:
    """Return the lines of finance leases, and what is posted for them in place of revenue.

    What stands after the document, less what the documents that it corrects have posted. Where
    those were issued before there were such postings they stand as revenue, and so does what
    corrects them.

    Example: the first of 3 instalments of 340.02 in arrears at 12 % debits the net investment with
    999.99 - 330.02 and credits interest with 10.00; 999.99 were handed over.

    Args:
        contract: the version that the document was made under.
        document: its content.
        posted: by the documents that it corrects.
    """
    leases = finance_leases(contract)
    lines = [line for line in document["lines"] if line["id"] in leases]
    if not lines:
        return frozenset(), []
    sign = -1 if document["type"] == CREDIT_NOTE else 1
    added = sign * _sum(lines)
    rated = [line for line in document.get("rating", document)["lines"] if line["id"] in leases]
    before = [each for each in posted if each.account.kind in _KINDS]
    if not before and added != _sum(rated):
        return frozenset(), []
    standing = _standing(contract, leases, rated)
    invested = standing.invested + _of(before, AccountKind.LEASED_OUT)
    interest = standing.interest + _of(before, AccountKind.LEASE_INTEREST)
    held = standing.invested - standing.repaid - _of(before, AccountKind.NET_INVESTMENT)
    of = {kind: Account(kind, contract.id) for kind in _KINDS}
    sides = [
        (of[AccountKind.NET_INVESTMENT], held),
        (of[AccountKind.LEASED_OUT], -invested),
        (of[AccountKind.LEASE_INTEREST], -interest),
        (Account(AccountKind.REVENUE, contract.offering.id), invested + interest - held - added),
    ]
    return frozenset(leases), sides


def _standing(contract: Contract, leases: Mapping[str, LeasePrice], rated: Lines) -> _Standing:
    invested = interest = repaid = Decimal(0)
    for line in rated:
        for step in _of_machines(line):
            if step["kind"] == "purchase":
                repaid += _left(contract, leases[line["id"]], step["machine"])
                continue
            principal = Decimal(step["principal"])
            interest += Decimal(step["interest"])
            repaid += principal
            if step["number"] == 1:
                invested += Decimal(step["balance"]) + principal
    return _Standing(invested, interest, repaid)


def _of_machines(line: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (step for step in line["steps"] if step["kind"] in {"instalment", "purchase"})


def _left(contract: Contract, price: LeasePrice, machine: str) -> Decimal:
    """Return what the lessor still has in a lease after its last instalment."""
    decimals = currency_exponent(contract.currency)
    return split_instalments(price, price.instalment_of(machine), decimals)[-1].balance


def _sum(lines: Lines) -> Decimal:
    return sum((Decimal(line["amount"]) for line in lines), Decimal(0))


def _of(entries: Iterable[Entry], kind: AccountKind) -> Decimal:
    """Return the balance of an account: debits less credits."""
    return sum((each.amount.amount for each in entries if each.account.kind is kind), Decimal(0))
