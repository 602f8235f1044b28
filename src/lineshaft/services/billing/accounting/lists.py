"""Every list of the ledger in one shape: columns and cells, for JSON, sheets and tables."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from lineshaft.core.money import Money
from lineshaft.core.pages import PAGE_SIZE_MAX, Page, PageRequest, page_of
from lineshaft.core.period import Instant, Period, format_instant
from lineshaft.infrastructure.sheets import Cell, Sheet
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.billing.accounting.bookkeeping import Ledger
from lineshaft.services.billing.accounting.model import (
    AGES_DAYS,
    AgedReceivable,
    Grouping,
    RevenueLine,
    RevenueQuery,
    RevenueRow,
    StatementRow,
)
from lineshaft.services.billing.model import AccountBalance
from lineshaft.services.billing.service import Billing

Cells = tuple[Cell, ...]
Row = TypeVar("Row")


class Listing(msgspec.Struct, frozen=True):
    """A list of the ledger.

    Attributes:
        name: of the list, such as `trial-balance`.
        columns: their names.
        pages: the cells of the rows of a page.
    """

    name: str
    columns: tuple[str, ...]
    pages: Callable[[PageRequest], Page[Cells]]

    def content(self, cells: Cells) -> dict[str, Any]:
        """Return a row as JSON content: amounts as text, exact."""
        return {name: _json(cell) for name, cell in zip(self.columns, cells, strict=True)}

    def cells(self) -> Iterator[Cells]:
        """Return the rows of all pages."""
        after: str | None = ""
        while after is not None:
            page = self.pages(PageRequest(PAGE_SIZE_MAX, after))
            yield from page.items
            after = page.next

    def sheet(self) -> Sheet:
        """Return the whole list as a sheet."""
        return Sheet(self.name, self.columns, self.cells())


def trial_balance(
    billing: Billing, actor: Actor, before: Instant | None, known_at: Instant | None
) -> Listing:
    """Return the list of all accounts with their debits, credits and balances."""

    def pages(page: PageRequest) -> Page[Cells]:
        found = billing.trial_balance(actor, before, known_at)
        shown = page_of(
            "trial-balance", found, lambda each: (each.account, each.debit.currency), page
        )
        return Page([_balance(each) for each in shown.items], shown.next)

    return Listing("trial-balance", ("account", "currency", "debit", "credit", "balance"), pages)


def statement(ledger: Ledger, actor: Actor, account: str, currency: str) -> Listing:
    """Return the list of the entries of an account."""
    columns = ("posted_at", "effective_at", "document", "reason", "reference")

    def cells(row: StatementRow) -> Cells:
        return (
            format_instant(row.posted_at),
            format_instant(row.effective_at),
            row.document,
            row.reason,
            row.reference,
            currency,
            row.amount.amount,
            row.balance.amount,
        )

    def pages(page: PageRequest) -> Page[Cells]:
        return _page(ledger.statement(actor, account, currency, page), cells)

    return Listing("statement", (*columns, "currency", "amount", "balance"), pages)


def receivables(ledger: Ledger, actor: Actor) -> Listing:
    """Return the list of what customers owe, by age."""
    ages = [f"to_{days}_days" for days in AGES_DAYS]
    columns = ("customer", "currency", *ages, f"over_{AGES_DAYS[-1]}_days", "open")

    def cells(row: AgedReceivable) -> Cells:
        amounts = [each.amount for each in row.open]
        return (row.customer, row.open[0].currency, *amounts, sum(amounts))

    def pages(page: PageRequest) -> Page[Cells]:
        return _page(ledger.receivables(actor, page), cells)

    return Listing("receivables", columns, pages)


def revenue(ledger: Ledger, actor: Actor, by: Grouping, query: RevenueQuery) -> Listing:
    """Return the list of revenue by offering, contract, machine or month."""

    def cells(row: RevenueRow) -> Cells:
        return (row.key, *_amounts(row.recognised, row.deferred))

    def pages(page: PageRequest) -> Page[Cells]:
        return _page(ledger.revenue(actor, by, query, page), cells)

    return Listing("revenue", (by.value, "currency", "recognised", "deferred"), pages)


def revenue_lines(ledger: Ledger, actor: Actor, query: RevenueQuery) -> Listing:
    """Return the list of the document lines behind revenue."""
    columns = ("document", "line", "month", "contract", "offering", "machine", "account")

    def cells(row: RevenueLine) -> Cells:
        return (
            row.document,
            row.line,
            row.month,
            row.contract,
            row.offering,
            row.machine,
            row.account,
            *_amounts(row.amount),
            row.is_recognised,
        )

    def pages(page: PageRequest) -> Page[Cells]:
        return _page(ledger.lines(actor, query, page), cells)

    return Listing("lines", (*columns, "currency", "amount", "is_recognised"), pages)


def vat(ledger: Ledger, actor: Actor, span: Period) -> Listing:
    """Return the list of turnover and tax; a row for each category and rate."""

    def pages(_page: PageRequest) -> Page[Cells]:
        found = ledger.vat(actor, span)
        return Page([(*_category(row.vat), *_amounts(row.base, row.tax)) for row in found], None)

    return Listing("vat", ("category", "rate", "currency", "base", "tax"), pages)


def _page(found: Page[Row], cells: Callable[[Row], Cells]) -> Page[Cells]:
    return Page([cells(row) for row in found.items], found.next)


def _category(vat: str) -> Sequence[str]:
    category, _, rate = vat.partition("-")
    return category, rate


def _amounts(*amounts: Money) -> Sequence[Cell]:
    return (amounts[0].currency, *(each.amount for each in amounts))


def _balance(of: AccountBalance) -> tuple[Cell, ...]:
    balance = of.debit + -of.credit
    return (of.account, *_amounts(of.debit, of.credit, balance))


def _json(cell: Cell) -> Any:
    return cell if cell is None or isinstance(cell, str | bool) else str(cell)
