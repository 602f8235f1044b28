"""Payments, what is open, reminders and disputes: the use cases of receivables."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec.structs import replace

from lineshaft.core.clock import Clock, IdSource
from lineshaft.core.errors import Invalid
from lineshaft.core.events import Event
from lineshaft.core.money import Money
from lineshaft.core.period import US_PER_DAY, to_datetime, zone_named
from lineshaft.infrastructure.database import Database, OutboxMessage, UnitOfWork
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.services.billing.document import contract_of, decode_file
from lineshaft.services.billing.model import (
    OF_PAYMENT,
    Account,
    AccountKind,
    DocumentQuery,
    Entry,
    IssuedDocument,
    Transaction,
)
from lineshaft.services.billing.receivables.errors import (
    DisputeOpen,
    DisputeTooLate,
    NoDispute,
    PaymentInvalid,
    PaymentNotFound,
    PaymentTaken,
    TooManyPayments,
)
from lineshaft.services.billing.receivables.events import (
    dispute_opened,
    dispute_resolved,
    payment_received,
)
from lineshaft.services.billing.receivables.model import (
    DISPUTE_DAYS,
    DISPUTES_MAX,
    PAYMENTS_MAX,
    PERIODS_PAGE_MAX,
    REASON_CHARACTERS_MAX,
    REFERENCE_CHARACTERS_MAX,
    TAKEN_BACK,
    Claim,
    ClaimPage,
    Dispute,
    DisputeInvalid,
    DisputeOutcome,
    Payment,
    claims,
    disputed_lines,
    due_on,
)
from lineshaft.services.billing.receivables.ports import Postings, ReceivablesStore
from lineshaft.services.billing.service import EVENT_SUBJECT, Billing


class ReceivablesParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the use cases of receivables take."""

    database: Database
    store: ReceivablesStore
    postings: Postings
    billing: Billing
    authorizer: Authorizer
    audit: AuditChain
    clock: Clock
    ids: IdSource


class Receivables:
    """What customers owe of documents; documents themselves are never touched."""

    def __init__(self, parts: ReceivablesParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._store = parts.store

    def record_payment(
        self, actor: Actor, number: str, amount: Money, received_on: dt.date, reference: str
    ) -> Payment:
        """Record money that came in for a document, once for each reference.

        Payment, posting, event and audit entry are one transaction. The money stands on the account
        `bank` until a real bank account is booked against it.

        Args:
            actor: who asks.
            number: of the document.
            amount: below zero for what was paid back.
            received_on: the day of value.
            reference: of the bank.

        Raises:
            DocumentNotFound: when there is no such document, or the actor may not see it.
            PaymentInvalid: for nothing, another currency, or a reference that is empty or too long.
            PaymentTaken: when the reference is recorded with another amount or day.
            TooManyPayments: beyond `PAYMENTS_MAX` on the document.
        """
        issued = self._parts.billing.document(actor, number)
        self._parts.authorizer.authorize(actor, Action.PAYMENT_RECORD, _resource(issued))
        _check_payment(issued, amount, reference)
        payment = Payment(
            document=number,
            reference=reference,
            amount=amount,
            received_on=received_on,
            recorded_at=self._parts.clock.now(),
            recorded_by=actor.id,
        )
        with self._parts.database.unit_of_work() as unit:
            unit.lock(f"receivables:{number}")
            known = self._store.payments(unit.connection, number)
            same = next((each for each in known if each.reference == reference), None)
            if same is not None:
                return _same(same, payment)
            if len(known) >= PAYMENTS_MAX:
                msg = f"document {number} has {len(known)} payments: at most {PAYMENTS_MAX}"
                raise TooManyPayments(msg)
            self._store.add_payment(unit.connection, payment)
            self._post(unit, issued, payment)
            self._tell(unit, issued, payment_received(self._parts.ids.new_id("evt"), payment))
            detail = {"reference": reference, "amount": str(amount)}
            subject = f"document/{number}"
            self._parts.audit.append(unit.connection, actor, Action.PAYMENT_RECORD, subject, detail)
        return payment

    def take_back(
        self, actor: Actor, number: str, reference: str, taken_back_on: dt.date
    ) -> Payment:
        """Take a payment back that was recorded by mistake or bounced, once.

        Nothing is deleted: a payment of the opposite amount follows it, with its own posting.

        Raises:
            DocumentNotFound: when there is no such document, or the actor may not see it.
            PaymentNotFound: when no payment with this reference is recorded on it.
            PaymentInvalid: for what is the taking back of another payment itself.
            PaymentTaken: when it was taken back on another day.
        """
        known = {each.reference: each for each in self.payments(actor, number)}
        if reference not in known:
            msg = f"document {number} has no payment {reference[:REFERENCE_CHARACTERS_MAX]!r}"
            raise PaymentNotFound(msg)
        back = f"{TAKEN_BACK} {reference}"[:REFERENCE_CHARACTERS_MAX]
        if reference.startswith(TAKEN_BACK):
            msg = f"cannot take back {reference!r}: it takes back another payment"
            raise PaymentInvalid(msg)
        amount = -known[reference].amount
        return self.record_payment(actor, number, amount, taken_back_on, back)

    def payments(self, actor: Actor, number: str) -> list[Payment]:
        """Return the payments of a document, in the order in which they were recorded.

        Raises:
            DocumentNotFound: when there is no such document, or the actor may not see it.
        """
        self._parts.billing.document(actor, number)
        with self._parts.database.read() as connection:
            return self._store.payments(connection, number)

    def claims(self, actor: Actor, number: str) -> list[Claim]:
        """Return what is open of all documents of the period of a document, today.

        Raises:
            DocumentNotFound: when there is no such document, or the actor may not see it.
        """
        documents = self._parts.billing.of_period(actor, number)
        contents = [
            decode_file(self._parts.billing.document(actor, each.number).file).document
            for each in documents
        ]
        contracts = [contract_of(content) for content in contents]
        due = {
            each.number: due_on(each.issued_at, contract.time_zone, contract.payment_term_days)
            for each, contract in zip(documents, contracts, strict=True)
        }
        numbers = [each.number for each in documents]
        with self._parts.database.read() as connection:
            paid = self._store.paid(connection, numbers)
            disputes = self._store.disputes(connection, numbers)
        zone = zone_named(contracts[-1].time_zone)
        today = to_datetime(self._parts.clock.now(), zone).date()
        return claims(documents, paid, due, disputes, today)

    def open_claims(
        self, actor: Actor, before: str | None = None, limit: int = PERIODS_PAGE_MAX
    ) -> ClaimPage:
        """Return what is open or disputed of the next periods that the actor may see.

        Args:
            actor: who asks.
            before: number of a first document, to go on behind it: `next` of the page before.
            limit: how many periods are looked at, at most `PERIODS_PAGE_MAX`.

        Raises:
            Invalid: for a page that is empty or too long.
        """
        if not 0 < limit <= PERIODS_PAGE_MAX:
            msg = f"a page of {limit} periods: expected 1 to {PERIODS_PAGE_MAX}"
            raise Invalid(msg)
        query = DocumentQuery(before=before, limit=limit, is_first=True)
        firsts = self._parts.billing.documents(actor, query)
        found = [claim for first in firsts for claim in self.claims(actor, first.number)]
        return ClaimPage(
            claims=tuple(one for one in found if one.open.as_fraction() or one.dispute),
            next=firsts[-1].number if len(firsts) == limit else None,
        )

    def disputes(self, actor: Actor, number: str) -> list[Dispute]:
        """Return the disputes of a document, in order.

        Raises:
            DocumentNotFound: when there is no such document, or the actor may not see it.
        """
        self._parts.billing.document(actor, number)
        with self._parts.database.read() as connection:
            return self._store.disputes(connection, [number])

    def open_dispute(
        self,
        actor: Actor,
        number: str,
        reason: str,
        lines: Mapping[str, Decimal | None] | None = None,
    ) -> Dispute:
        """Record that the customer does not agree with a document, or with some lines of it.

        Args:
            actor: who asks.
            number: of the document.
            reason: in words.
            lines: by their ids, how much of each with its tax, None for all of it; without any,
                the whole document is disputed.

        Raises:
            DocumentNotFound: when there is no such document, or the actor may not see it.
            DisputeInvalid: without a reason, with more than `REASON_CHARACTERS_MAX` characters, or
                for lines that the document does not have, or more than they charge.
            DisputeTooLate: more than `DISPUTE_DAYS` days after its date, or too often.
            DisputeOpen: when it, or one of the lines, is disputed already.
        """
        issued = self._parts.billing.document(actor, number)
        self._parts.authorizer.authorize(actor, Action.DISPUTE_OPEN, _resource(issued))
        _check_reason(reason)
        named = disputed_lines(decode_file(issued.file).document, lines or {})
        now = self._parts.clock.now()
        if now > issued.issued_at + DISPUTE_DAYS * US_PER_DAY:
            msg = f"cannot dispute document {number}: it was issued more than {DISPUTE_DAYS} d ago"
            raise DisputeTooLate(msg)
        with self._parts.database.unit_of_work() as unit:
            unit.lock(f"receivables:{number}")
            known = self._store.disputes(unit.connection, [number])
            _check_free(number, known, {each.line for each in named})
            dispute = Dispute(
                document=number,
                position=len(known) + 1,
                reason=reason,
                opened_at=now,
                opened_by=actor.id,
                lines=named,
            )
            self._store.add_dispute(unit.connection, dispute)
            self._tell(unit, issued, dispute_opened(self._parts.ids.new_id("evt"), dispute))
            self._audit(unit, actor, Action.DISPUTE_OPEN, dispute)
        return dispute

    def resolve_dispute(
        self,
        actor: Actor,
        number: str,
        outcome: DisputeOutcome,
        answer: str,
        lines: Collection[str] = (),
    ) -> Dispute:
        """Answer an open dispute of a document; what is upheld is made good by a correction.

        Who may open a dispute may withdraw it.

        Args:
            actor: who asks.
            number: of the document.
            outcome: of these lines.
            answer: in words.
            lines: of one dispute; none: all that is open of the first that is.

        Raises:
            DocumentNotFound: when there is no such document, or the actor may not see it.
            DisputeInvalid: without an answer, or with one that is too long.
            NoDispute: when it has no open dispute, or none of all these lines.
        """
        issued = self._parts.billing.document(actor, number)
        self._check_may_answer(actor, issued, outcome)
        _check_reason(answer)
        with self._parts.database.unit_of_work() as unit:
            unit.lock(f"receivables:{number}")
            known = self._store.disputes(unit.connection, [number])
            found = next(
                (one for one in known if one.is_open and set(lines) <= set(one.open_lines)), None
            )
            if found is None:
                what = f" about {', '.join(sorted(lines))[:200]}" if lines else ""
                msg = f"document {number} has no open dispute{what}"
                raise NoDispute(msg)
            now, about = self._parts.clock.now(), lines or found.open_lines
            resolved = found.answered(about, now, outcome, answer)
            self._store.resolve(unit.connection, resolved, about)
            event_id = self._parts.ids.new_id("evt")
            self._tell(unit, issued, dispute_resolved(event_id, resolved, about, now))
            self._audit(unit, actor, Action.DISPUTE_RESOLVE, resolved)
        return resolved

    def _check_may_answer(
        self, actor: Actor, issued: IssuedDocument, outcome: DisputeOutcome
    ) -> None:
        resource, authorizer = _resource(issued), self._parts.authorizer
        is_withdrawn = outcome is DisputeOutcome.WITHDRAWN
        if not (is_withdrawn and authorizer.is_allowed(actor, Action.DISPUTE_OPEN, resource)):
            authorizer.authorize(actor, Action.DISPUTE_RESOLVE, resource)

    def _post(self, unit: UnitOfWork, issued: IssuedDocument, payment: Payment) -> None:
        customer = decode_file(issued.file).document["customer"]["id"]
        transaction = Transaction(
            id=self._parts.ids.new_id("txn"),
            document=issued.number,
            effective_at=payment.recorded_at,
            posted_at=payment.recorded_at,
            entries=(
                Entry(Account(AccountKind.BANK), payment.amount),
                Entry(Account(AccountKind.RECEIVABLES, customer), -payment.amount),
            ),
            reason=OF_PAYMENT,
            reference=payment.reference,
        )
        self._parts.postings.add_transactions(unit.connection, [transaction])

    def _tell(self, unit: UnitOfWork, issued: IssuedDocument, event: Event) -> None:
        # Whose it is: with it, the people of the customer may have their programs told.
        owned = replace(event, data=event.data | {"organisation": issued.organisation})
        unit.publish(OutboxMessage(owned.id, EVENT_SUBJECT, owned.to_json(), owned.at))

    def _audit(self, unit: UnitOfWork, actor: Actor, action: Action, dispute: Dispute) -> None:
        detail: dict[str, Any] = {
            "position": dispute.position,
            "outcome": dispute.outcome or "open",
        }
        if dispute.lines:
            said = {each.line: str(each.outcome or "open") for each in dispute.lines}
            detail["lines"] = said
        subject = f"document/{dispute.document}"
        self._parts.audit.append(unit.connection, actor, action, subject, detail)


def _check_payment(issued: IssuedDocument, amount: Money, reference: str) -> None:
    if amount.currency != issued.gross.currency or not amount.as_fraction():
        msg = f"a payment of {amount} for document {issued.number}: expected an amount in " + (
            issued.gross.currency
        )
        raise PaymentInvalid(msg)
    if not 0 < len(reference.strip()) <= len(reference) <= REFERENCE_CHARACTERS_MAX:
        msg = f"the reference of a payment: expected 1 to {REFERENCE_CHARACTERS_MAX} characters"
        raise PaymentInvalid(msg)


def _same(known: Payment, payment: Payment) -> Payment:
    """Pass a payment that was recorded before, as it was recorded."""
    if (known.amount, known.received_on) != (payment.amount, payment.received_on):
        msg = (
            f"payment {known.reference} of document {known.document} is recorded as {known.amount} "
            f"of {known.received_on}"
        )
        raise PaymentTaken(msg)
    return known


def _check_free(number: str, known: Sequence[Dispute], lines: Collection[str]) -> None:
    """Pass a dispute of lines, or of the whole for none, that does not meet an open one.

    Raises:
        DisputeOpen: when it does.
        DisputeTooLate: when there were too many.
    """
    for each in known:
        if each.is_open and (not lines or not each.lines or set(lines) & set(each.open_lines)):
            msg = f"document {number} is disputed already"
            raise DisputeOpen(msg)
    if len(known) >= DISPUTES_MAX:
        msg = f"document {number} was disputed {len(known)} times: at most {DISPUTES_MAX}"
        raise DisputeTooLate(msg)


def _check_reason(text: str) -> None:
    if not 0 < len(text.strip()) <= len(text) <= REASON_CHARACTERS_MAX:
        msg = f"the words of a dispute: expected 1 to {REASON_CHARACTERS_MAX} characters"
        raise DisputeInvalid(msg)


def _resource(issued: IssuedDocument) -> Resource:
    return Resource("document", issued.number, organisation=issued.organisation)
