"""From a rated period to a numbered, signed and posted document, in one unit of work."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from lineshaft.core import canonical
from lineshaft.core.events import Event
from lineshaft.core.money import Money
from lineshaft.core.period import Instant, Period, format_instant
from lineshaft.infrastructure.database import OutboxMessage, UnitOfWork
from lineshaft.security.authorisation.model import SYSTEM_WORKER, Action, Actor
from lineshaft.services.billing.document import check_totals, encode_file
from lineshaft.services.billing.engines import rules_of
from lineshaft.services.billing.errors import PeriodNotOver
from lineshaft.services.billing.ledger import book
from lineshaft.services.billing.model import (
    NO_FACTS,
    OF_RECOGNITION,
    Engine,
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

Content = Callable[[str, Instant], dict[str, Any]]
"""From number and date to the content of a document."""
Announcement = Callable[[str, IssuedDocument], Event]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A document but for its number, date and signature.

    Attributes:
        correction: its place among the documents of the period, from 0.
    """

    rated: RatedDocument
    type: str
    correction: int
    gross: Money
    content: Content
    action: Action
    announce: Announcement


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

    def write(self, unit: UnitOfWork, actor: Actor, draft: Draft) -> IssuedDocument:
        """Number, sign, keep, post, announce and note a document; the caller holds its lock."""
        contract = draft.rated.contract
        series = contract.invoice_series
        unit.lock(f"billing-series:{series}")
        store = self._parts.store
        position = store.draw_position(unit.connection, series, contract.supplier.id)
        issued, content = self._signed(unit, draft, f"{series}-{position:06d}")
        store.add_document(unit.connection, issued, (series, position))
        if self._parts.holds is not None:
            self._parts.holds.document_issued(unit, issued.number, draft.rated.usage)
        self._post(unit, contract, issued, content)
        event = draft.announce(self._parts.ids.new_id("evt"), issued)
        unit.publish(OutboxMessage(event.id, EVENT_SUBJECT, event.to_json(), event.at))
        detail = {"contract": contract.id, "period": str(issued.period), "sha256": issued.sha256}
        self._parts.audit.append(
            unit.connection, actor, draft.action, f"document/{issued.number}", detail
        )
        return issued

    def _signed(
        self, unit: UnitOfWork, draft: Draft, number: str
    ) -> tuple[IssuedDocument, dict[str, Any]]:
        issued_at = self._parts.clock.now()
        content = draft.content(number, issued_at)
        check_totals(content)
        signed_bytes = canonical.encode(content)
        signature = self._parts.keys.sign(unit.connection, signed_bytes)
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
        self, unit: UnitOfWork, contract: Contract, issued: IssuedDocument, content: dict[str, Any]
    ) -> None:
        """Post the document and its months that are over; keep the schedule of its revenue."""
        store, booking = self._parts.store, book(contract, content)
        store.add_slices(unit.connection, issued, booking.slices)
        if not booking.entries:
            return
        transaction = Transaction(
            id=self._parts.ids.new_id("txn"),
            document=issued.number,
            effective_at=issued.period.start,
            posted_at=issued.issued_at,
            entries=booking.entries,
        )
        store.add_transaction(unit.connection, transaction)
        for release in booking.releases:
            released = replace(
                transaction,
                id=self._parts.ids.new_id("txn"),
                effective_at=release.effective_at,
                entries=release.entries,
                reason=OF_RECOGNITION,
                reference=release.month,
            )
            store.add_transaction(unit.connection, released)


def rests_on_records(contract: Contract) -> bool:
    """Tell whether documents of a contract follow from more than its readings and fees."""
    terms = contract.terms
    return bool(terms.promised or terms.deposits or any(replenished(contract)))
