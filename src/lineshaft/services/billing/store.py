"""Documents, their numbers and the ledger in SQL."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lineshaft.core.money import Money, currency_exponent
from lineshaft.core.period import Instant, Period
from lineshaft.services.billing.errors import AmountTooLarge, SeriesTaken
from lineshaft.services.billing.model import (
    OF_DOCUMENT,
    Account,
    AccountBalance,
    AccountKind,
    DocumentHead,
    DocumentQuery,
    Entry,
    IssuedDocument,
    Rerating,
    Transaction,
)
from lineshaft.services.billing.recognition import Slice
from lineshaft.services.billing.tables import (
    BILLING_DOCUMENT,
    BILLING_RERATING,
    BILLING_SERIES,
    LEDGER_ENTRY,
    LEDGER_SLICE,
    LEDGER_TRANSACTION,
)

MINOR_UNITS_MAX = 2**63 - 1
_HEAD = [column for column in BILLING_DOCUMENT.c if column is not BILLING_DOCUMENT.c.file]
# Made once: to make a statement takes longer than to execute it.
_SERIES = sa.select(BILLING_SERIES).where(BILLING_SERIES.c.series == sa.bindparam("of"))
_DRAW = (
    sa.update(BILLING_SERIES)
    .where(BILLING_SERIES.c.series == sa.bindparam("of"))
    .values(last_position=sa.bindparam("at"))
)
_INSERT_DOCUMENT = sa.insert(BILLING_DOCUMENT)
_INSERT_TRANSACTION = sa.insert(LEDGER_TRANSACTION)
_INSERT_ENTRY = sa.insert(LEDGER_ENTRY)
_INSERT_SLICE = sa.insert(LEDGER_SLICE)
_OVERLAPPING = (
    sa.select(BILLING_DOCUMENT)
    .where(BILLING_DOCUMENT.c.contract == sa.bindparam("of"))
    .where(BILLING_DOCUMENT.c.period_start < sa.bindparam("end"))
    .where(BILLING_DOCUMENT.c.period_end > sa.bindparam("start"))
    .order_by(BILLING_DOCUMENT.c.period_start, BILLING_DOCUMENT.c.correction)
    .limit(1)
)


class SqlDocumentStore:
    """Implements `DocumentStore`."""

    def draw_positions(
        self, connection: sa.Connection, series: str, supplier: str, count: int
    ) -> range:
        """Return the next positions of a series; the caller holds the lock of the series.

        The last of them is a row of this transaction: a crash before the commit takes all back.

        Raises:
            SeriesTaken: when the series belongs to another supplier.
        """
        table = BILLING_SERIES
        row = connection.execute(_SERIES, {"of": series}).one_or_none()
        if row is None:
            first = {"series": series, "supplier": supplier, "last_position": count}
            connection.execute(sa.insert(table).values(first))
            return range(1, count + 1)
        if row.supplier != supplier:
            msg = f"{supplier} cannot number documents {series}-…: that is {row.supplier}'s series"
            raise SeriesTaken(msg)
        drawn = range(int(row.last_position) + 1, int(row.last_position) + count + 1)
        connection.execute(_DRAW, {"of": series, "at": drawn[-1]})
        return drawn

    def skip_numbers(self, connection: sa.Connection, count: int) -> dict[str, int]:
        """Pass over the next numbers of every series; return the last one that is left out.

        After a restore: documents that were issued after the backup bear the next numbers.
        """
        table = BILLING_SERIES
        position = table.c.last_position
        connection.execute(sa.update(table).values(last_position=position + count))
        rows = connection.execute(sa.select(table.c.series, position).order_by(table.c.series))
        return {row.series: int(row.last_position) for row in rows}

    def add_documents(
        self, connection: sa.Connection, documents: Sequence[tuple[IssuedDocument, tuple[str, int]]]
    ) -> None:
        """Keep documents, each under its series and position."""
        connection.execute(_INSERT_DOCUMENT, [_document_row(*each) for each in documents])

    def overlapping(
        self, connection: sa.Connection, contract: str, period: Period
    ) -> IssuedDocument | None:
        """Return a document of the contract that covers a part of the period, if there is one."""
        values = {"of": contract, "start": period.start, "end": period.end}
        return _issued(connection.execute(_OVERLAPPING, values).one_or_none())

    def within(
        self, connection: sa.Connection, contracts: Sequence[str], period: Period
    ) -> list[DocumentHead]:
        """Return the first documents of contracts that cover a part of a period."""
        table = BILLING_DOCUMENT.c
        query = sa.select(*_HEAD).where(
            table.contract.in_(contracts),
            table.correction == 0,
            table.period_start < period.end,
            table.period_end > period.start,
        )
        return [_head(row) for row in connection.execute(query)]

    def of_period(
        self, connection: sa.Connection, contract: str, period: Period
    ) -> list[IssuedDocument]:
        """Return all documents of exactly this period, in the order in which they were issued."""
        table = BILLING_DOCUMENT
        query = (
            sa.select(table)
            .where(table.c.contract == contract)
            .where(table.c.period_start == period.start, table.c.period_end == period.end)
            .order_by(table.c.correction)
        )
        return [_issued_row(row) for row in connection.execute(query)]

    def add_rerating(self, connection: sa.Connection, rerating: Rerating) -> None:
        """Keep that a period was rated again."""
        connection.execute(
            sa.insert(BILLING_RERATING).values(
                contract=rerating.contract,
                period_start=rerating.period.start,
                period_end=rerating.period.end,
                known_at=rerating.known_at,
                usage_sha256=rerating.usage_sha256,
                document=rerating.document,
            )
        )

    def last_rerating(
        self, connection: sa.Connection, contract: str, period: Period
    ) -> Rerating | None:
        """Return when a period was last rated again; None for never."""
        table = BILLING_RERATING
        query = (
            sa.select(table)
            .where(table.c.contract == contract, table.c.period_start == period.start)
            .order_by(table.c.known_at.desc())
            .limit(1)
        )
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return Rerating(
            contract=row.contract,
            period=Period(Instant(row.period_start), Instant(row.period_end)),
            known_at=Instant(row.known_at),
            usage_sha256=row.usage_sha256,
            document=row.document,
        )

    def document(self, connection: sa.Connection, number: str) -> IssuedDocument | None:
        """Return a document by its number."""
        query = sa.select(BILLING_DOCUMENT).where(BILLING_DOCUMENT.c.number == number)
        return _issued(connection.execute(query).one_or_none())

    def documents(
        self,
        connection: sa.Connection,
        organisations: frozenset[str] | None,
        query: DocumentQuery,
    ) -> list[DocumentHead]:
        """Return a page of documents, the newest first; of these organisations, or of all."""
        table = BILLING_DOCUMENT
        order = (table.c.issued_at, table.c.number)
        statement = sa.select(*_HEAD).order_by(*(column.desc() for column in order))
        if organisations is not None:
            statement = statement.where(table.c.organisation.in_(sorted(organisations)))
        if query.contract is not None:
            statement = statement.where(table.c.contract == query.contract)
        if query.type is not None:
            statement = statement.where(table.c.type == query.type)
        if query.is_first:
            statement = statement.where(table.c.correction == 0)
        if query.within is not None:
            start, end = query.within.start, query.within.end
            statement = statement.where(table.c.period_start >= start, table.c.period_start < end)
        if query.before is not None:
            last = sa.select(*order).where(table.c.number == query.before).subquery()
            statement = statement.where(sa.tuple_(*order) < sa.select(*last.c).scalar_subquery())
        return [_head(row) for row in connection.execute(statement.limit(query.limit))]

    def add_transactions(
        self, connection: sa.Connection, transactions: Sequence[Transaction]
    ) -> None:
        """Keep transactions of the ledger.

        Raises:
            AmountTooLarge: beyond 64 bits of minor units.
        """
        values = [
            {
                "id": transaction.id,
                "document": transaction.document,
                "effective_at": transaction.effective_at,
                "posted_at": transaction.posted_at,
                "reason": transaction.reason,
                "reference": transaction.reference,
            }
            for transaction in transactions
        ]
        rows = [
            {
                "transaction": transaction.id,
                "position": position,
                "account": str(entry.account),
                "currency": entry.amount.currency,
                "amount_minor": _to_minor(entry.amount),
            }
            for transaction in transactions
            for position, entry in enumerate(transaction.entries)
        ]
        if rows:
            connection.execute(_INSERT_TRANSACTION, values)
            connection.execute(_INSERT_ENTRY, rows)

    def add_slices(
        self,
        connection: sa.Connection,
        schedules: Sequence[tuple[DocumentHead, Sequence[Slice]]],
    ) -> None:
        """Keep the schedules of the revenue of documents."""
        rows = [
            {
                "document": issued.number,
                "position": position,
                "line": each.line,
                "month": each.month,
                "starts_at": each.span.start,
                "ends_at": each.span.end,
                "contract": issued.contract,
                "offering": each.offering,
                "machine": each.machine,
                "account": str(each.account),
                "vat": each.vat,
                "currency": each.amount.currency,
                "amount_minor": _to_minor(each.amount),
                "is_deferred": each.is_deferred,
            }
            for issued, slices in schedules
            for position, each in enumerate(slices)
        ]
        if rows:
            connection.execute(_INSERT_SLICE, rows)

    def transaction(self, connection: sa.Connection, document: str) -> Transaction | None:
        """Return what a document posted."""
        table = LEDGER_TRANSACTION
        query = sa.select(table).where(table.c.document == document, table.c.reason == OF_DOCUMENT)
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return _transactions(connection, [row])[0]

    def transactions(
        self, connection: sa.Connection, after: str | None, limit: int
    ) -> list[Transaction]:
        """Return a page of all transactions, the oldest first, behind the one with an id."""
        table = LEDGER_TRANSACTION
        order = (table.c.posted_at, table.c.id)
        query = sa.select(table).order_by(*order).limit(limit)
        if after is not None:
            last = sa.select(*order).where(table.c.id == after).subquery()
            query = query.where(sa.tuple_(*order) > sa.select(*last.c).scalar_subquery())
        return _transactions(connection, connection.execute(query).all())

    def balances(
        self, connection: sa.Connection, before: Instant | None, known_at: Instant | None
    ) -> list[AccountBalance]:
        """Return the sums of every account in each currency, by account.

        Of all that belongs to a time before an instant and was posted by another; None: of all.
        """
        table = LEDGER_ENTRY
        amount = table.c.amount_minor
        debit = sa.func.sum(sa.case((amount > 0, amount), else_=0))
        credit = sa.func.sum(sa.case((amount < 0, -amount), else_=0))
        query = (
            sa.select(
                table.c.account, table.c.currency, debit.label("debit"), credit.label("credit")
            )
            .group_by(table.c.account, table.c.currency)
            .order_by(table.c.account, table.c.currency)
        )
        of = LEDGER_TRANSACTION.c
        wanted = [] if before is None else [of.effective_at < before]
        wanted += [] if known_at is None else [of.posted_at <= known_at]
        if wanted:
            # As a set it is read once: a join looks each entry up, three times as slow in SQLite.
            query = query.where(table.c.transaction.in_(sa.select(of.id).where(*wanted)))
        return [
            AccountBalance(
                account=row.account,
                debit=_from_minor(int(row.debit), row.currency),
                credit=_from_minor(int(row.credit), row.currency),
            )
            for row in connection.execute(query)
        ]


def _document_row(issued: IssuedDocument, place: tuple[str, int]) -> dict[str, Any]:
    series, position = place
    return {
        "number": issued.number,
        "series": series,
        "position": position,
        "contract": issued.contract,
        "contract_version": issued.contract_version,
        "organisation": issued.organisation,
        "period_start": issued.period.start,
        "period_end": issued.period.end,
        "known_at": issued.known_at,
        "issued_at": issued.issued_at,
        "currency": issued.gross.currency,
        "gross": f"{issued.gross.amount:f}",
        "sha256": issued.sha256,
        "type": issued.type,
        "correction": issued.correction,
        "file": issued.file,
    }


def _transactions(connection: sa.Connection, rows: Sequence[Any]) -> list[Transaction]:
    entries: dict[str, list[Entry]] = {row.id: [] for row in rows}
    query = (
        sa.select(LEDGER_ENTRY)
        .where(LEDGER_ENTRY.c.transaction.in_(list(entries)))
        .order_by(LEDGER_ENTRY.c.transaction, LEDGER_ENTRY.c.position)
    )
    for entry in connection.execute(query):
        amount = _from_minor(entry.amount_minor, entry.currency)
        entries[entry.transaction].append(Entry(_account(entry.account), amount))
    return [
        Transaction(
            id=row.id,
            document=row.document,
            effective_at=Instant(row.effective_at),
            posted_at=Instant(row.posted_at),
            entries=tuple(entries[row.id]),
            reason=row.reason,
            reference=row.reference,
        )
        for row in rows
    ]


def _to_minor(money: Money) -> int:
    minor = int(money.amount.scaleb(currency_exponent(money.currency)))
    if abs(minor) > MINOR_UNITS_MAX:
        msg = f"cannot post {money}: beyond 64 bits of minor units"
        raise AmountTooLarge(msg)
    return minor


def _from_minor(minor: int, currency: str) -> Money:
    return Money(Decimal(minor).scaleb(-currency_exponent(currency)), currency)


def _account(text: str) -> Account:
    kind, _, detail = text.partition(":")
    return Account(AccountKind(kind), detail)


def _head_fields(row: Any) -> dict[str, Any]:
    return {
        "number": row.number,
        "contract": row.contract,
        "contract_version": row.contract_version,
        "organisation": row.organisation,
        "period": Period(Instant(row.period_start), Instant(row.period_end)),
        "known_at": Instant(row.known_at),
        "issued_at": Instant(row.issued_at),
        "gross": Money(Decimal(row.gross), row.currency),
        "sha256": row.sha256,
        "type": row.type,
        "correction": row.correction,
    }


def _head(row: Any) -> DocumentHead:
    return DocumentHead(**_head_fields(row))


def _issued(row: Any) -> IssuedDocument | None:
    return None if row is None else _issued_row(row)


def _issued_row(row: Any) -> IssuedDocument:
    return IssuedDocument(**_head_fields(row), file=row.file)
