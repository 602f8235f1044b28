"""The ledger added up in SQL: exact integers of minor units, never binary fractions."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Any

import sqlalchemy as sa

from lineshaft.core.money import Money, currency_exponent
from lineshaft.core.period import US_PER_DAY, Instant, Period
from lineshaft.services.billing.accounting.model import (
    AGES_DAYS,
    RECOGNISED_PAGE_MAX,
    AgedReceivable,
    Grouping,
    RevenueLine,
    RevenueQuery,
    RevenueRow,
    StatementRow,
    VatRow,
)
from lineshaft.services.billing.accounting.ports import Behind
from lineshaft.services.billing.model import OF_RECOGNITION, Account, AccountKind
from lineshaft.services.billing.recognition import Slice
from lineshaft.services.billing.tables import (
    BILLING_DOCUMENT,
    LEDGER_ENTRY,
    LEDGER_SLICE,
    LEDGER_TRANSACTION,
)

_DOCUMENT, _ENTRY, _SLICE = BILLING_DOCUMENT.c, LEDGER_ENTRY.c, LEDGER_SLICE.c
_TRANSACTION = LEDGER_TRANSACTION.c
_RELEASED = (
    sa.exists()
    .where(_TRANSACTION.document == _SLICE.document)
    .where(_TRANSACTION.reason == OF_RECOGNITION, _TRANSACTION.reference == _SLICE.month)
)
_RECOGNISED = sa.or_(sa.not_(_SLICE.is_deferred), _RELEASED)
# For sums over many slices: the releases are read once.
_ALL_RECOGNISED = sa.or_(
    sa.not_(_SLICE.is_deferred),
    sa.tuple_(_SLICE.document, _SLICE.month).in_(
        sa.select(_TRANSACTION.document, _TRANSACTION.reference).where(
            _TRANSACTION.reason == OF_RECOGNITION
        )
    ),
)


class SqlLedgerStore:
    """Implements `LedgerStore`."""

    def statement(
        self, connection: sa.Connection, account: str, currency: str, behind: Behind
    ) -> list[StatementRow]:
        """Return a page of the entries of an account, the oldest first, with running balance."""
        joined = LEDGER_ENTRY.join(LEDGER_TRANSACTION, _ENTRY.transaction == _TRANSACTION.id)
        of_account = (_ENTRY.account == account, _ENTRY.currency == currency)
        order = (_TRANSACTION.posted_at, _TRANSACTION.id)
        query = sa.select(LEDGER_TRANSACTION, _ENTRY.amount_minor).select_from(joined)
        query = query.where(*of_account).order_by(*order, _ENTRY.position).limit(behind[1])
        balance = 0
        [transaction] = behind[0]
        if transaction:
            at = sa.select(*order).where(_TRANSACTION.id == transaction).subquery()
            last = sa.select(*at.c).scalar_subquery()
            query = query.where(sa.tuple_(*order) > last)
            before = sa.select(sa.func.sum(_ENTRY.amount_minor)).select_from(joined)
            before = before.where(*of_account, sa.tuple_(*order) <= last)
            balance = int(connection.execute(before).scalar() or 0)
        rows = []
        for row in connection.execute(query):
            balance += row.amount_minor
            rows.append(
                StatementRow(
                    transaction=row.id,
                    document=row.document,
                    reason=row.reason,
                    reference=row.reference,
                    effective_at=Instant(row.effective_at),
                    posted_at=Instant(row.posted_at),
                    amount=_money(row.amount_minor, currency),
                    balance=_money(balance, currency),
                )
            )
        return rows

    def receivables(
        self, connection: sa.Connection, now: Instant, behind: Behind
    ) -> list[AgedReceivable]:
        """Return a page of what is open of each customer, by the age of the documents."""
        edges = [Instant(now - days * US_PER_DAY) for days in AGES_DAYS]
        issued = _DOCUMENT.issued_at
        ages = [issued >= edges[0]]
        ages += [sa.and_(issued < later, issued >= older) for later, older in pairwise(edges)]
        ages.append(issued < edges[-1])
        sums = [sa.func.sum(sa.case((age, _ENTRY.amount_minor), else_=0)) for age in ages]
        prefix = f"{AccountKind.RECEIVABLES}:"
        query = (
            sa.select(_ENTRY.account, _ENTRY.currency, *_labelled(sums))
            .select_from(
                LEDGER_ENTRY.join(LEDGER_TRANSACTION, _ENTRY.transaction == _TRANSACTION.id).join(
                    BILLING_DOCUMENT, _TRANSACTION.document == _DOCUMENT.number
                )
            )
            .where(_ENTRY.account >= prefix, _ENTRY.account < _after(prefix))
            .group_by(_ENTRY.account, _ENTRY.currency)
            .having(sa.or_(*(each != 0 for each in sums)))
            .order_by(_ENTRY.account, _ENTRY.currency)
            .limit(behind[1])
        )
        customer, currency = behind[0]
        place = sa.tuple_(f"{prefix}{customer}", currency)
        query = query.where(sa.tuple_(_ENTRY.account, _ENTRY.currency) > place)
        return [
            AgedReceivable(
                row.account.removeprefix(prefix),
                (
                    _money(row.a0, row.currency),
                    _money(row.a1, row.currency),
                    _money(row.a2, row.currency),
                    _money(row.a3, row.currency),
                ),
            )
            for row in connection.execute(query)
        ]

    def revenue(
        self, connection: sa.Connection, by: Grouping, query: RevenueQuery, behind: Behind
    ) -> list[RevenueRow]:
        """Return a page of the sums of revenue by offering, contract, machine or month."""
        key = _SLICE[by.value]
        amount = _SLICE.amount_minor
        recognised = sa.func.sum(sa.case((_ALL_RECOGNISED, amount), else_=0)).label("recognised")
        statement = (
            sa.select(
                key.label("key"), _SLICE.currency, recognised, sa.func.sum(amount).label("all")
            )
            .where(*_wanted(query))
            .group_by(key, _SLICE.currency)
            .order_by(key, _SLICE.currency)
            .limit(behind[1])
        )
        statement = statement.where(sa.tuple_(key, _SLICE.currency) > sa.tuple_(*behind[0]))
        return [
            RevenueRow(
                row.key,
                _money(row.recognised, row.currency),
                _money(int(row.all) - int(row.recognised), row.currency),
            )
            for row in connection.execute(statement)
        ]

    def lines(
        self, connection: sa.Connection, query: RevenueQuery, behind: Behind
    ) -> list[RevenueLine]:
        """Return a page of the slices behind revenue, by document."""
        order = (_SLICE.document, _SLICE.position)
        statement = sa.select(LEDGER_SLICE, _RECOGNISED.label("is_recognised"))
        statement = statement.where(*_wanted(query)).order_by(*order).limit(behind[1])
        statement = statement.where(sa.tuple_(*order) > sa.tuple_(*behind[0]))
        return [
            RevenueLine(
                document=row.document,
                position=row.position,
                line=row.line,
                month=row.month,
                contract=row.contract,
                offering=row.offering,
                machine=row.machine,
                account=row.account,
                amount=_money(row.amount_minor, row.currency),
                is_recognised=bool(row.is_recognised),
            )
            for row in connection.execute(statement)
        ]

    def vat(self, connection: sa.Connection, span: Period) -> list[VatRow]:
        """Return turnover and tax of the documents whose service period begins in a span."""
        prefix = f"{AccountKind.VAT_PAYABLE}:"
        taxes = (
            sa.select(_ENTRY.account, _ENTRY.currency, sa.func.sum(-_ENTRY.amount_minor).label("s"))
            .select_from(
                LEDGER_ENTRY.join(LEDGER_TRANSACTION, _ENTRY.transaction == _TRANSACTION.id)
            )
            .where(_ENTRY.account >= prefix, _ENTRY.account < _after(prefix))
            .where(_TRANSACTION.effective_at >= span.start, _TRANSACTION.effective_at < span.end)
            .group_by(_ENTRY.account, _ENTRY.currency)
        )
        bases = (
            sa.select(_SLICE.vat, _SLICE.currency, sa.func.sum(_SLICE.amount_minor).label("s"))
            .select_from(LEDGER_SLICE.join(BILLING_DOCUMENT, _SLICE.document == _DOCUMENT.number))
            .where(_DOCUMENT.period_start >= span.start, _DOCUMENT.period_start < span.end)
            .group_by(_SLICE.vat, _SLICE.currency)
        )
        sums: dict[tuple[str, str], list[int]] = {}
        for row in connection.execute(bases):
            sums.setdefault((row.vat, row.currency), [0, 0])[0] = int(row.s)
        for row in connection.execute(taxes):
            key = (row.account.removeprefix(prefix), row.currency)
            sums.setdefault(key, [0, 0])[1] = int(row.s)
        return [
            VatRow(vat, _money(base, currency), _money(tax, currency))
            for (vat, currency), (base, tax) in sorted(sums.items())
        ]

    def waiting(self, connection: sa.Connection, month: str, now: Instant) -> int:
        """Count the documents of which something of a month is still to be recognised."""
        count = sa.func.count(sa.distinct(_SLICE.document))
        return int(connection.execute(sa.select(count).where(*_due(month, now))).scalar() or 0)

    def due(
        self, connection: sa.Connection, month: str, now: Instant, after: str
    ) -> Sequence[tuple[str, str, Sequence[Slice]]]:
        """Return the next of them behind a number: number, contract, and slices of the month."""
        documents = (
            sa.select(_SLICE.document)
            .where(*_due(month, now), _SLICE.document > after)
            .distinct()
            .order_by(_SLICE.document)
            .limit(RECOGNISED_PAGE_MAX)
        )
        query = (
            sa.select(LEDGER_SLICE)
            .where(_SLICE.document.in_(documents))
            .where(_SLICE.month == month, _SLICE.is_deferred)
            .order_by(_SLICE.document, _SLICE.position)
        )
        found = groupby(connection.execute(query), lambda row: (row.document, row.contract))
        return [(*key, [_slice(row) for row in rows]) for key, rows in found]


def _due(month: str, now: Instant) -> Iterable[sa.ColumnElement[bool]]:
    return (
        _SLICE.month == month,
        _SLICE.is_deferred,
        _SLICE.ends_at <= now,
        sa.not_(_RELEASED),
    )


def _wanted(query: RevenueQuery) -> list[sa.ColumnElement[bool]]:
    named = {"offering": query.offering, "contract": query.contract, "machine": query.machine}
    found = [_SLICE[name] == value for name, value in named.items() if value is not None]
    deposits = f"{AccountKind.REFUND_LIABILITY}:"
    found.append(sa.or_(_SLICE.account < deposits, _SLICE.account >= _after(deposits)))
    if query.first_month is not None:
        found.append(_SLICE.month >= query.first_month)
    if query.last_month is not None:
        found.append(_SLICE.month <= query.last_month)
    return found


def _slice(row: Any) -> Slice:
    kind, _, detail = row.account.partition(":")
    return Slice(
        line=row.line,
        month=row.month,
        span=Period(Instant(row.starts_at), Instant(row.ends_at)),
        machine=row.machine,
        account=Account(AccountKind(kind), detail),
        offering=row.offering,
        vat=row.vat,
        amount=_money(row.amount_minor, row.currency),
        is_deferred=row.is_deferred,
    )


def _money(minor: int, currency: str) -> Money:
    return Money(Decimal(int(minor)).scaleb(-currency_exponent(currency)), currency)


def _after(prefix: str) -> str:
    """Return the first text behind all that begin with a prefix."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def _labelled(sums: Sequence[Any]) -> list[Any]:
    return [each.label(f"a{place}") for place, each in enumerate(sums)]
