"""Preview, issue, read: the use cases of billing."""

from dataclasses import dataclass

from lineshaft.core import canonical
from lineshaft.core.clock import Clock, IdSource
from lineshaft.core.errors import InvariantError
from lineshaft.core.period import Instant, Period, format_instant
from lineshaft.infrastructure.database import Database, OutboxMessage, UnitOfWork
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.keys.service import DocumentKeys
from lineshaft.services.billing.document import check_totals, document_content, encode_file
from lineshaft.services.billing.errors import DocumentNotFound, PeriodNotOver, PeriodOverlaps
from lineshaft.services.billing.events import invoice_issued
from lineshaft.services.billing.ledger import postings
from lineshaft.services.billing.model import (
    AccountBalance,
    DocumentHead,
    DocumentQuery,
    Engine,
    IssuedDocument,
    RatedDocument,
    Transaction,
)
from lineshaft.services.billing.ports import DocumentStore, EvidenceHolds, UsageSource
from lineshaft.services.billing.rating import rate
from lineshaft.services.contracts.model import Contract
from lineshaft.services.contracts.service import Contracts

EVENT_SUBJECT = "event.billing"
_LEDGER = Resource("ledger", "*")


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingParts:
    """Everything that the use cases of billing take.

    Attributes:
        engine: the versions that compute; written into every document.
        holds: holds the readings that documents rest on; None: nobody deletes any.
    """

    database: Database
    store: DocumentStore
    contracts: Contracts
    metering: UsageSource
    keys: DocumentKeys
    authorizer: Authorizer
    audit: AuditChain
    clock: Clock
    ids: IdSource
    engine: Engine
    holds: EvidenceHolds | None = None


class Billing:
    """Turns usage into documents: one for each contract and period, numbered without a gap."""

    def __init__(self, parts: BillingParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._database = parts.database
        self._store = parts.store

    def preview(
        self, actor: Actor, contract_id: str, period: Period, known_at: Instant | None = None
    ) -> RatedDocument:
        """Rate a period as it stands, also one that is not over; nothing is kept.

        Args:
            actor: who asks.
            contract_id: of the contract.
            period: within one activated version of it.
            known_at: what was known when; the present instant for None.

        Raises:
            ContractNotFound: when there is no such contract, or the actor may not see it.
            NotInForce: when no activated version covers the whole period.
        """
        contract = self._parts.contracts.in_force(actor, contract_id, period)
        self._parts.authorizer.authorize(actor, Action.INVOICE_PREVIEW, _of_contract(contract))
        instant = self._parts.clock.now() if known_at is None else known_at
        return self._rate(actor, contract, period, instant)

    def issue(
        self, actor: Actor, contract_id: str, period: Period, known_at: Instant | None = None
    ) -> IssuedDocument:
        """Issue the document of a period, once: asked again, the same document is the answer.

        Number, signed bytes, postings, event and audit entry are one transaction. However many ask
        at the same time, and however they are interrupted, there is one document and no gap.

        Args:
            actor: who asks.
            contract_id: of the contract.
            period: within one activated version of it, and over.
            known_at: what was known when; the present instant for None.

        Raises:
            ContractNotFound: when there is no such contract, or the actor may not see it.
            NotInForce: when no activated version covers the whole period.
            PeriodNotOver: when the period is not over, or not known to its end.
            PeriodOverlaps: when a part of the period is in another document.
            SeriesTaken: when the contract's series of numbers belongs to another supplier.
            AmountTooLarge: beyond what the ledger can hold.
        """
        contract = self._parts.contracts.in_force(actor, contract_id, period)
        self._parts.authorizer.authorize(actor, Action.INVOICE_ISSUE, _of_contract(contract))
        with self._database.read() as connection:
            issued = _same_period(self._store.overlapping(connection, contract.id, period), period)
        if issued is not None:
            return issued
        rated = self._rate(actor, contract, period, self._known_at(period, known_at))
        with self._database.unit_of_work() as unit:
            return self._issue(unit, actor, rated)

    def document(self, actor: Actor, number: str) -> IssuedDocument:
        """Return a document with its exact bytes.

        Raises:
            DocumentNotFound: when there is none, or the actor may not see it.
            InvariantError: when its bytes are not the ones that were issued.
        """
        with self._database.read() as connection:
            issued = self._store.document(connection, number)
        if issued is None or not self._parts.authorizer.is_allowed(
            actor,
            Action.INVOICE_READ,
            Resource("document", number, organisation=issued.organisation),
        ):
            msg = f"there is no document {number}"
            raise DocumentNotFound(msg)
        if canonical.sha256_hex(issued.file) != issued.sha256:
            msg = f"the stored bytes of document {number} are not the ones that were issued"
            raise InvariantError(msg)
        return issued

    def documents(self, actor: Actor, query: DocumentQuery) -> list[DocumentHead]:
        """Return a page of the documents that the actor may see, the newest first."""
        organisations = self._parts.authorizer.visible_organisations(actor)
        with self._database.read() as connection:
            heads = self._store.documents(connection, organisations, query)
        resources = [
            Resource("document", head.number, organisation=head.organisation) for head in heads
        ]
        permitted = self._parts.authorizer.permitted(actor, Action.INVOICE_READ, resources)
        numbers = {resource.id for resource in permitted}
        return [head for head in heads if head.number in numbers]

    def transaction(self, actor: Actor, number: str) -> Transaction:
        """Return what a document posted to the ledger.

        Raises:
            DocumentNotFound: when there is no such document, or it is for nothing.
        """
        self._parts.authorizer.authorize(actor, Action.LEDGER_READ, _LEDGER)
        with self._database.read() as connection:
            transaction = self._store.transaction(connection, number)
        if transaction is None:
            msg = f"no document {number} has posted anything"
            raise DocumentNotFound(msg)
        return transaction

    def trial_balance(self, actor: Actor) -> list[AccountBalance]:
        """Return the debits and credits of every account, by account and currency.

        Raises:
            InvariantError: when debits and credits differ in a currency.
        """
        self._parts.authorizer.authorize(actor, Action.LEDGER_READ, _LEDGER)
        with self._database.read() as connection:
            balances = self._store.balances(connection)
        for currency in {balance.debit.currency for balance in balances}:
            ours = [balance for balance in balances if balance.debit.currency == currency]
            if sum(each.debit.amount - each.credit.amount for each in ours):
                msg = f"debits and credits differ in {currency}"
                raise InvariantError(msg)
        return balances

    def _rate(
        self, actor: Actor, contract: Contract, period: Period, known_at: Instant
    ) -> RatedDocument:
        usage = [
            self._parts.metering.usage(actor, meter, period, known_at)
            for meter in contract.meters()
        ]
        return rate(contract, period, known_at, usage, self._parts.engine)

    def _known_at(self, period: Period, known_at: Instant | None) -> Instant:
        now = self._parts.metering.settle(self._parts.clock.now())
        instant = now if known_at is None else known_at
        if not period.end <= instant <= now:
            msg = (
                f"cannot issue a document for {period} on what was known at "
                f"{format_instant(instant)}: expected the end of the period up to now"
            )
            raise PeriodNotOver(msg)
        return instant

    def _issue(self, unit: UnitOfWork, actor: Actor, rated: RatedDocument) -> IssuedDocument:
        contract = rated.contract
        unit.lock(f"billing:{contract.id}")
        issued = _same_period(
            self._store.overlapping(unit.connection, contract.id, rated.period), rated.period
        )
        if issued is not None:
            return issued
        series = contract.invoice_series
        unit.lock(f"billing-series:{series}")
        position = self._store.draw_position(unit.connection, series, contract.supplier.id)
        issued = self._signed(unit, rated, f"{series}-{position:06d}")
        self._store.add_document(unit.connection, issued, (series, position))
        if self._parts.holds is not None:
            self._parts.holds.document_issued(unit, issued.number, rated.usage)
        self._post(unit, rated, issued)
        event = invoice_issued(self._parts.ids.new_id("evt"), issued)
        unit.publish(OutboxMessage(event.id, EVENT_SUBJECT, event.to_json(), event.at))
        detail = {"contract": contract.id, "period": str(rated.period), "sha256": issued.sha256}
        self._parts.audit.append(
            unit.connection, actor, Action.INVOICE_ISSUE, f"document/{issued.number}", detail
        )
        return issued

    def _signed(self, unit: UnitOfWork, rated: RatedDocument, number: str) -> IssuedDocument:
        issued_at = self._parts.clock.now()
        content = document_content(rated, number, issued_at)
        check_totals(content)
        signed_bytes = canonical.encode(content)
        signature = self._parts.keys.sign(unit.connection, signed_bytes)
        file = encode_file(signed_bytes, signature.key_id, signature.signature)
        return IssuedDocument(
            number=number,
            contract=rated.contract.id,
            contract_version=rated.contract.version,
            organisation=rated.contract.organisation,
            period=rated.period,
            known_at=rated.known_at,
            issued_at=issued_at,
            gross=rated.totals.gross,
            sha256=canonical.sha256_hex(file),
            file=file,
        )

    def _post(self, unit: UnitOfWork, rated: RatedDocument, issued: IssuedDocument) -> None:
        entries = postings(rated)
        if not entries:
            return
        transaction = Transaction(
            id=self._parts.ids.new_id("txn"),
            document=issued.number,
            effective_at=rated.period.start,
            posted_at=issued.issued_at,
            entries=entries,
        )
        self._store.add_transaction(unit.connection, transaction)


def _same_period(issued: IssuedDocument | None, period: Period) -> IssuedDocument | None:
    """Pass the document of exactly this period.

    Raises:
        PeriodOverlaps: when it covers another period.
    """
    if issued is not None and issued.period != period:
        msg = (
            f"cannot bill {period} on contract {issued.contract}: document {issued.number} covers "
            f"{issued.period}"
        )
        raise PeriodOverlaps(msg)
    return issued


def _of_contract(contract: Contract) -> Resource:
    return Resource("contract", contract.id, organisation=contract.organisation)
