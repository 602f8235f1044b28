"""From rated periods to numbered, signed and posted documents, in one unit of work."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from lineshaft.core import canonical
from lineshaft.core.events import Event
from lineshaft.core.money import Money
from lineshaft.core.period import Instant, Period, format_instant
from lineshaft.infrastructure.database import OutboxMessage, UnitOfWork
from lineshaft.security.authorisation.model import SYSTEM_WORKER, Action, Actor
from lineshaft.security.keys.model import Signature
from lineshaft.services.billing.document import (
    check_totals,
    encode_file,
    numbered,
    rated_content,
)
from lineshaft.services.billing.engines import rules_of
from lineshaft.services.billing.errors import PeriodNotOver
from lineshaft.services.billing.events import invoice_issued
from lineshaft.services.billing.lease_postings import finance_leases
from lineshaft.services.billing.ledger import Booking, book
from lineshaft.services.billing.model import (
    INVOICE,
    NO_FACTS,
    OF_RECOGNITION,
    Engine,
    Entry,
    Facts,
    FeesAhead,
    IssuedDocument,
    RatedDocument,
    Transaction,
)
from lineshaft.services.billing.parts import BillingParts
from lineshaft.services.billing.stocks import counted_stocks, replenished, stock_measurements
from lineshaft.services.contracts.model import Contract
from lineshaft.services.facts.model import Core, StockRecord
from lineshaft.services.incidents.model import AgreedExclusion, ServiceIncident

EVENT_SUBJECT = "event.billing"

Announcement = Callable[[str, IssuedDocument], Event]


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A document but for its number, date and signature; its sums are checked.

    Attributes:
        correction: its place among the documents of the period, from 0.
        content: all of it but number and date.
    """

    rated: RatedDocument
    type: str
    correction: int
    gross: Money
    content: Mapping[str, Any]
    action: Action
    announce: Announcement

    def __post_init__(self) -> None:
        """Check every sum: what is wrong is never numbered."""
        check_totals(self.content)


def first_draft(rated: RatedDocument) -> Draft:
    """Return what a rated period is documented by for the first time."""
    return Draft(
        rated=rated,
        type=INVOICE,
        correction=0,
        gross=rated.totals.gross,
        content=rated_content(rated),
        action=Action.INVOICE_ISSUE,
        announce=invoice_issued,
    )


class Issuer:
    """Rates periods and writes documents; whether the actor may is asked by the use cases."""

    def __init__(self, parts: BillingParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts

    def rate(
        self,
        actor: Actor,
        contract: Contract,
        period: Period,
        known_at: Instant,
        engine: Engine | None = None,
    ) -> RatedDocument:
        """Measure and rate a period, by the rules of an engine: the present one for None."""
        by = self._parts.engine if engine is None else engine
        facts = self._facts(actor, contract, period, known_at)
        counted = counted_stocks(contract, period, [each for one in facts for each in one.stock])
        usage = [
            self._parts.metering.usage(actor, meter, span, known_at)
            for meter, span in (*contract.measurements(period), *stock_measurements(counted))
        ]
        given = (contract, period, known_at, usage, by)
        return rules_of(by, self._parts.rules)(*given, *facts)

    def _facts(
        self, actor: Actor, contract: Contract, period: Period, known_at: Instant
    ) -> tuple[Facts, ...]:
        """Return what guarantees, deposits, stocks and fees rest on beside the readings, if any.

        It is read as the system: who may see a document may not always see every incident.
        """
        fees = None
        if contract.terms.are_fees_ahead:
            fees = FeesAhead(self._parts.contracts.fees_of(actor, contract, period))
        agreed = self._parts.facts if contract.terms.promised else None
        recorded = self._parts.cores if contract.terms.deposits else None
        counted = self._parts.stocks if any(replenished(contract)) else None
        incidents: list[ServiceIncident] = []
        exclusions: list[AgreedExclusion] = []
        cores: list[Core] = []
        stock: list[StockRecord] = []
        for machine in contract.machines:
            if agreed is not None:
                incidents += agreed.agreed_incidents(SYSTEM_WORKER, machine, known_at)
                exclusions += agreed.agreed_exclusions(SYSTEM_WORKER, machine, known_at)
            if recorded is not None:
                cores += recorded.known(SYSTEM_WORKER, machine, known_at)
            if counted is not None:
                stock += counted.known(SYSTEM_WORKER, machine, known_at)
        facts = Facts(tuple(incidents), tuple(exclusions), tuple(cores), tuple(stock), fees)
        return () if facts == NO_FACTS else (facts,)

    def known_at(self, period: Period, known_at: Instant | None) -> Instant:
        """Return the instant of knowledge for a document: settled, and the period is over by then.

        Raises:
            PeriodNotOver: when the period is not over, or not known to its end.
        """
        now = self._parts.metering.settle(self._parts.clock.now())
        instant = now if known_at is None else known_at
        if not period.end <= instant <= now:
            msg = (
                f"cannot issue a document for {period} on what was known at "
                f"{format_instant(instant)}: expected the end of the period up to now"
            )
            raise PeriodNotOver(msg)
        return instant

    def write(
        self, unit: UnitOfWork, actor: Actor, drafts: Sequence[Draft]
    ) -> list[IssuedDocument]:
        """Number, sign, keep, post, announce and note documents; the caller holds their locks."""
        if not drafts:
            return []
        parts, connection = self._parts, unit.connection
        places = self._places(unit, drafts)
        sign = parts.keys.signer(connection)
        written = [self._signed(*each, sign) for each in zip(drafts, places, strict=True)]
        issued = [document for document, _ in written]
        parts.store.add_documents(connection, list(zip(issued, places, strict=True)))
        if parts.holds is not None:
            usage = {
                one.number: draft.rated.usage for one, draft in zip(issued, drafts, strict=True)
            }
            parts.holds.documents_issued(unit, usage)
        self._post(
            unit,
            [(draft.rated.contract, *each) for draft, each in zip(drafts, written, strict=True)],
        )
        events = [
            draft.announce(parts.ids.new_id("evt"), one)
            for draft, one in zip(drafts, issued, strict=True)
        ]
        unit.publish(
            *(OutboxMessage(each.id, EVENT_SUBJECT, each.to_json(), each.at) for each in events)
        )
        acts = [
            (draft.action, f"document/{one.number}", _noted(one))
            for draft, one in zip(drafts, issued, strict=True)
        ]
        parts.audit.append_all(connection, actor, acts)
        return issued

    def _places(self, unit: UnitOfWork, drafts: Sequence[Draft]) -> list[tuple[str, int]]:
        """Draw the next positions of the series of documents, in the order of these."""
        owners = [
            (draft.rated.contract.invoice_series, draft.rated.contract.supplier.id)
            for draft in drafts
        ]
        for series in sorted({series for series, _ in owners}):
            unit.lock(f"billing-series:{series}")
        drawn = {
            (series, supplier): iter(
                self._parts.store.draw_positions(unit.connection, series, supplier, count)
            )
            for (series, supplier), count in Counter(owners).items()
        }
        return [(owner[0], next(drawn[owner])) for owner in owners]

    def _signed(
        self, draft: Draft, place: tuple[str, int], sign: Callable[[bytes], Signature]
    ) -> tuple[IssuedDocument, dict[str, Any]]:
        issued_at, number = self._parts.clock.now(), f"{place[0]}-{place[1]:06d}"
        content = numbered(draft.content, number, issued_at)
        signed_bytes = canonical.encode(content)
        signature = sign(signed_bytes)
        file = encode_file(signed_bytes, signature.key_id, signature.signature)
        contract = draft.rated.contract
        issued = IssuedDocument(
            number=number,
            contract=contract.id,
            contract_version=contract.version,
            organisation=contract.organisation,
            period=draft.rated.period,
            known_at=draft.rated.known_at,
            issued_at=issued_at,
            gross=draft.gross,
            sha256=canonical.sha256_hex(file),
            type=draft.type,
            correction=draft.correction,
            file=file,
        )
        return issued, content

    def _post(
        self,
        unit: UnitOfWork,
        written: Sequence[tuple[Contract, IssuedDocument, Mapping[str, Any]]],
    ) -> None:
        """Post documents and their months that are over; keep the schedules of their revenue."""
        store = self._parts.store
        bookings = [
            (issued, book(contract, content, self._posted(unit, contract, content)))
            for contract, issued, content in written
        ]
        store.add_slices(
            unit.connection, [(issued, booking.slices) for issued, booking in bookings]
        )
        transactions = [each for one in bookings for each in self._transactions(*one)]
        store.add_transactions(unit.connection, transactions)

    def _posted(
        self, unit: UnitOfWork, contract: Contract, content: Mapping[str, Any]
    ) -> list[Entry]:
        """Return what the documents that one corrects have posted; only finance leases ask."""
        numbers = [one["number"] for one in content.get("corrects", ())]
        if not numbers or not finance_leases(contract):
            return []
        found = [self._parts.store.transaction(unit.connection, number) for number in numbers]
        return [entry for each in found if each is not None for entry in each.entries]

    def _transactions(self, issued: IssuedDocument, booking: Booking) -> Iterator[Transaction]:
        if not booking.entries:
            return
        transaction = Transaction(
            id=self._parts.ids.new_id("txn"),
            document=issued.number,
            effective_at=booking.effective_at,
            posted_at=issued.issued_at,
            entries=booking.entries,
        )
        yield transaction
        for release in booking.releases:
            yield replace(
                transaction,
                id=self._parts.ids.new_id("txn"),
                effective_at=release.effective_at,
                entries=release.entries,
                reason=OF_RECOGNITION,
                reference=release.month,
            )


def _noted(issued: IssuedDocument) -> dict[str, Any]:
    return {"contract": issued.contract, "period": str(issued.period), "sha256": issued.sha256}


def rests_on_records(contract: Contract) -> bool:
    """Tell whether documents of a contract follow from more than its readings and fees."""
    terms = contract.terms
    return bool(terms.promised or terms.deposits or any(replenished(contract)))
