"""Preview, issue, correct, read: the use cases of billing."""

from lineshaft.core import canonical
from lineshaft.core.errors import InvariantError
from lineshaft.core.period import Instant, Period
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.services.billing.completeness import shortfalls
from lineshaft.services.billing.corrections import Corrections
from lineshaft.services.billing.document import rerated
from lineshaft.services.billing.errors import DocumentNotFound, PeriodOverlaps
from lineshaft.services.billing.exports import ledger_beancount, ledger_csv
from lineshaft.services.billing.gate import Gate
from lineshaft.services.billing.issuing import EVENT_SUBJECT, Issuer, first_draft
from lineshaft.services.billing.model import (
    LATE_PAGE_MAX,
    TRANSACTIONS_PAGE_MAX,
    AccountBalance,
    Correction,
    Difference,
    DocumentHead,
    DocumentQuery,
    IssuedDocument,
    LatePage,
    RatedDocument,
    Transaction,
)
from lineshaft.services.billing.parts import BillingParts
from lineshaft.services.billing.release import RELEASE_CHARACTERS_MAX
from lineshaft.services.billing.reordering import StockProposal, proposals
from lineshaft.services.billing.spans import billed_span
from lineshaft.services.contracts.model import Contract

__all__ = [
    "EVENT_SUBJECT",
    "RELEASE_CHARACTERS_MAX",
    "Billing",
    "BillingParts",
    "StockProposal",
    "billed_span",
    "ledger_beancount",
    "ledger_csv",
    "rerated",
    "shortfalls",
]

_LEDGER = Resource("ledger", "*")


class Billing:
    """Turns usage into documents: one for each contract and period, numbered without a gap.

    What becomes known later makes a document on the same period (`correct`).
    """

    def __init__(self, parts: BillingParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._database = parts.database
        self._store = parts.store
        self._issuer = Issuer(parts)
        self._gate = Gate(parts.metering)
        self._corrections = Corrections(parts, self._issuer, self._gate)

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
        return self._issuer.rate(actor, contract, period, instant)

    def replenishment(self, actor: Actor, contract_id: str) -> list[StockProposal]:
        """Return the stocks of consumables of a contract now, and which of them to order.

        Raises:
            ContractNotFound: when there is no such contract, or the actor may not see it.
            NotInForce: when no activated version is in force now.
        """
        now = self._parts.clock.now()
        whole = Period(now, Instant(now + 1))
        contract = self._parts.contracts.in_force(actor, contract_id, whole)
        resource = Resource("contract", contract.id, organisation=contract.organisation)
        self._parts.authorizer.authorize(actor, Action.INVOICE_PREVIEW, resource)
        return proposals(self._parts, actor, contract, now)

    def issue(
        self,
        actor: Actor,
        contract_id: str,
        period: Period,
        known_at: Instant | None = None,
        reason: str | None = None,
    ) -> IssuedDocument:
        """Issue the document of a period, once: asked again, the same document is the answer.

        Number, signed bytes, postings, event and audit entry are one transaction. However many ask
        at the same time, and however they are interrupted, there is one document and no gap.

        Args:
            actor: who asks.
            contract_id: of the contract.
            period: within one activated version of it, and over.
            known_at: what was known when; the present instant for None.
            reason: why the period is billed although less is known than the contract asks for; it
                stands on the document where it is needed, and nowhere else.

        Raises:
            ContractNotFound: when there is no such contract, or the actor may not see it.
            NotInForce: when no activated version covers the whole period.
            PeriodIncomplete: when less is known than the contract asks for, and without a reason.
            Invalid: for a reason that is empty or too long.
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
        instant = self._issuer.known_at(period, known_at)
        rated = self._issuer.rate(actor, contract, period, instant)
        rated, refusal = self._gate.judge(actor, rated, reason)
        if refusal is not None:
            raise refusal
        draft = first_draft(rated)
        with self._database.unit_of_work() as unit:
            unit.lock(f"billing:{contract.id}")
            already = self._store.overlapping(unit.connection, contract.id, period)
            issued = _same_period(already, period)
            if issued is None:
                (issued,) = self._issuer.write(unit, actor, [draft])
        return issued

    def correct(
        self, actor: Actor, contract_id: str, period: Period, reason: str | None = None
    ) -> Correction:
        """Rate a documented period again, and document the difference on the same period.

        The rules are those of the release that issued its first document. Nothing is issued where
        all documents together say what is right; what is issued never changes. However many ask at
        the same time, and however they are interrupted, what is known now makes one document.

        Args:
            actor: who asks.
            contract_id: of the contract.
            period: exactly the period of an issued document.
            reason: as for `issue`; without one, that of the last document of the period stands.

        Raises:
            PeriodIncomplete: when there is something to document on too little knowledge, and
                neither this nor the last document says why.
            ContractNotFound: when there is no such contract, or the actor may not see it.
            NotInForce: when no activated version covers the whole period.
            NothingToCorrect: when no document was issued for exactly this period.
            CorrectionRefused: when supplier, customer or currency are others now.
            TooManyCorrections: beyond `CORRECTIONS_MAX` for one period.
            AmountTooLarge: beyond what the ledger can hold.
        """
        contract = self._parts.contracts.in_force(actor, contract_id, period)
        return self._corrections.correct(actor, contract, period, reason)

    def preview_correction(
        self, actor: Actor, contract_id: str, period: Period
    ) -> tuple[RatedDocument, Difference | None]:
        """Rate a documented period as it is known now; nothing is kept.

        Returns:
            The whole new rating, and what a correction would charge or credit; None where all
            documents together say what is right.

        Raises:
            As `correct` does before it documents anything.
        """
        contract = self._parts.contracts.in_force(actor, contract_id, period)
        return self._corrections.preview(actor, contract, period)

    def late(self, actor: Actor, before: str | None = None, limit: int = LATE_PAGE_MAX) -> LatePage:
        """Return issued periods of which something else is known now than what was billed.

        Each period is measured again, so that everything that can change its usage is found: late
        readings, corrections of readings, meters that were exchanged and clocks that were wrong.
        Where a document rests on more, it is rated again: incidents and exclusions to which both
        sides have agreed since, cores, deliveries and counts of stocks.

        Args:
            actor: who asks.
            before: number of a first document, to go on behind it: `next` of the page before.
            limit: how many issued periods are measured, at most `LATE_PAGE_MAX`.

        Raises:
            Invalid: for a page that is empty or too long.
        """
        return self._corrections.late(actor, before, limit)

    def of_period(self, actor: Actor, number: str) -> list[DocumentHead]:
        """Return all documents of the period that a document is of, in order.

        Raises:
            DocumentNotFound: when there is none, or the actor may not see it.
        """
        issued = self.document(actor, number)
        with self._database.read() as connection:
            found = self._store.of_period(connection, issued.contract, issued.period)
        return list(found)

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

    def transactions(self, actor: Actor, after: str | None = None) -> list[Transaction]:
        """Return a page of at most `TRANSACTIONS_PAGE_MAX` transactions, the oldest first.

        Args:
            actor: who asks.
            after: id of the last transaction of the page before.
        """
        self._parts.authorizer.authorize(actor, Action.LEDGER_READ, _LEDGER)
        with self._database.read() as connection:
            return self._store.transactions(connection, after, TRANSACTIONS_PAGE_MAX)

    def trial_balance(
        self, actor: Actor, before: Instant | None = None, known_at: Instant | None = None
    ) -> list[AccountBalance]:
        """Return the debits and credits of every account, by account and currency.

        Args:
            actor: who asks.
            before: only what belongs to a time before this instant; None: whenever.
            known_at: only what was posted by this instant; None: by now.

        Raises:
            InvariantError: when debits and credits differ in a currency.
        """
        self._parts.authorizer.authorize(actor, Action.LEDGER_READ, _LEDGER)
        with self._database.read() as connection:
            balances = self._store.balances(connection, before, known_at)
        for currency in {balance.debit.currency for balance in balances}:
            ours = [balance for balance in balances if balance.debit.currency == currency]
            if sum(each.debit.amount - each.credit.amount for each in ours):
                msg = f"debits and credits differ in {currency}"
                raise InvariantError(msg)
        return balances


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
        raise PeriodOverlaps(msg, contract=issued.contract)
    return issued


def _of_contract(contract: Contract) -> Resource:
    return Resource("contract", contract.id, organisation=contract.organisation)
