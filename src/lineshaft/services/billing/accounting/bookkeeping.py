"""What the ledger says, and the recognition of a month: the use cases of accounting."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from lineshaft.core.clock import Clock, IdSource
from lineshaft.core.month import Month
from lineshaft.core.pages import FIRST_PAGE, Page, PageRequest, cursor_at, place_of
from lineshaft.core.period import Instant, Period, month_period, zone_named
from lineshaft.infrastructure.database import Database, UnitOfWork
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.services.billing.accounting.errors import MonthNotOver
from lineshaft.services.billing.accounting.model import (
    AgedReceivable,
    Grouping,
    Recognition,
    RevenueLine,
    RevenueQuery,
    RevenueRow,
    StatementRow,
    VatRow,
)
from lineshaft.services.billing.accounting.ports import Behind, LedgerPostings, LedgerStore
from lineshaft.services.billing.ledger import releases
from lineshaft.services.billing.model import OF_RECOGNITION, Transaction
from lineshaft.services.billing.recognition import Slice

_LEDGER = Resource("ledger", "*")
_EVERYTHING = RevenueQuery()

Row = TypeVar("Row")
Report = Callable[[str, int, int], None]
"""Is told what is done, how much of it, and of how much."""


class LedgerParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the use cases of accounting take."""

    database: Database
    store: LedgerStore
    postings: LedgerPostings
    authorizer: Authorizer
    audit: AuditChain
    clock: Clock
    ids: IdSource


class Ledger:
    """Reads the ledger and recognises revenue; `Billing` posts documents."""

    def __init__(self, parts: LedgerParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts, self._store, self._database = parts, parts.store, parts.database

    def statement(
        self, actor: Actor, account: str, currency: str, page: PageRequest = FIRST_PAGE
    ) -> Page[StatementRow]:
        """Return a page of the entries of an account with its balance after each.

        Args:
            actor: who asks.
            account: such as `receivables:acme`.
            currency: code of ISO 4217.
            page: which part.
        """
        self._parts.authorizer.authorize(actor, Action.LEDGER_READ, _LEDGER)
        with self._database.read() as connection:
            behind = _behind("statement", page, ("",))
            rows = self._store.statement(connection, account, currency, behind)
        return _page("statement", rows, page, lambda row: (row.transaction,))

    def receivables(self, actor: Actor, page: PageRequest = FIRST_PAGE) -> Page[AgedReceivable]:
        """Return a page of what customers owe, by the age of the documents in days since issue."""
        self._parts.authorizer.authorize(actor, Action.LEDGER_READ, _LEDGER)
        with self._database.read() as connection:
            behind = _behind("receivables", page, ("", ""))
            rows = self._store.receivables(connection, self._parts.clock.now(), behind)
        return _page("receivables", rows, page, lambda row: (row.customer, row.open[0].currency))

    def revenue(
        self,
        actor: Actor,
        by: Grouping,
        query: RevenueQuery = _EVERYTHING,
        page: PageRequest = FIRST_PAGE,
    ) -> Page[RevenueRow]:
        """Return a page of revenue less service credits, by offering, contract, machine or month.

        Documents from before there were schedules are not in it.
        """
        self._parts.authorizer.authorize(actor, Action.LEDGER_READ, _LEDGER)
        with self._database.read() as connection:
            behind = _behind(f"revenue by {by}", page, ("", ""))
            rows = self._store.revenue(connection, by, query, behind)
        return _page(f"revenue by {by}", rows, page, lambda row: (row.key, row.recognised.currency))

    def lines(
        self, actor: Actor, query: RevenueQuery = _EVERYTHING, page: PageRequest = FIRST_PAGE
    ) -> Page[RevenueLine]:
        """Return a page of the slices of document lines that revenue consists of."""
        self._parts.authorizer.authorize(actor, Action.LEDGER_READ, _LEDGER)
        with self._database.read() as connection:
            behind = _behind("revenue lines", page, ("", -1))
            rows = self._store.lines(connection, query, behind)
        return _page("revenue lines", rows, page, lambda row: (row.document, row.position))

    def vat(self, actor: Actor, span: Period) -> list[VatRow]:
        """Return turnover and tax of documents whose service period begins in a span.

        Turnover of documents from before there were schedules is not in it; their tax is.
        """
        self._parts.authorizer.authorize(actor, Action.LEDGER_READ, _LEDGER)
        with self._database.read() as connection:
            return self._store.vat(connection, span)

    def recognise(self, actor: Actor, month: str, report: Report | None = None) -> Recognition:
        """Take a month out of the contract liabilities and into revenue; again changes nothing.

        Each document and month is one transaction, whoever asks and however often they are
        interrupted. A document in a zone where the month is not over yet waits for the next time.

        Args:
            actor: who asks.
            month: such as `2026-03`.
            report: is told of the progress.

        Raises:
            Invalid: for what is no month.
            MonthNotOver: when the month is not over in UTC.
        """
        self._parts.authorizer.authorize(actor, Action.LEDGER_RECOGNISE, _LEDGER)
        Month.parse(month)
        now = self._parts.clock.now()
        year, _, number = month.partition("-")
        if now < month_period(int(year), int(number), zone_named("UTC")).end:
            msg = f"cannot recognise the revenue of {month}: expected a month that is over"
            raise MonthNotOver(msg)
        with self._database.read() as connection:
            total = self._store.waiting(connection, month, now)
        done, last = 0, ""
        while True:
            with self._database.unit_of_work() as unit:
                unit.lock("ledger-recognition")
                due = self._store.due(unit.connection, month, now, last)
                if not due:
                    return Recognition(month, done)
                posted = sum(self._release(unit, each, now) for each in due)
                detail = {"documents": str(posted)}
                self._parts.audit.append(
                    unit.connection, actor, Action.LEDGER_RECOGNISE, f"ledger/{month}", detail
                )
            done, last = done + posted, due[-1][0]
            if report is not None:
                report(f"recognising {month}", done, max(total, done))

    def _release(
        self, unit: UnitOfWork, due: tuple[str, str, Sequence[Slice]], now: Instant
    ) -> int:
        """Post a month of a document; nothing where its slices cancel each other."""
        number, contract, slices = due
        found = [
            Transaction(
                id=self._parts.ids.new_id("txn"),
                document=number,
                effective_at=release.effective_at,
                posted_at=now,
                entries=release.entries,
                reason=OF_RECOGNITION,
                reference=release.month,
            )
            for release in releases(contract, slices)
        ]
        self._parts.postings.add_transactions(unit.connection, found)
        return len(found)


def _behind(listed: str, page: PageRequest, first: tuple[str | int, ...]) -> Behind:
    """Ask for one row more than the page has: whether there is a following one."""
    return place_of(listed, page.after, first), page.size + 1


def _page(
    listed: str, rows: list[Row], page: PageRequest, place: Callable[[Row], tuple[str | int, ...]]
) -> Page[Row]:
    shown = rows[: page.size]
    is_more = len(rows) > page.size
    return Page(shown, cursor_at(listed, *place(shown[-1])) if is_more else None)
