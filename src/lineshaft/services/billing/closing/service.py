"""List the month, and check a period before it is billed: the use cases of the close."""

import msgspec

from lineshaft.core.clock import Clock
from lineshaft.core.month import Month
from lineshaft.core.period import Period, zone_named
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.services.billing.closing.model import (
    CLOSE_CONTRACTS_MAX,
    ClosePage,
    CloseRow,
    CloseStep,
    periods_in,
    step_of,
)
from lineshaft.services.billing.completeness import Shortfall, shortfalls
from lineshaft.services.billing.model import (
    DOCUMENTS_PAGE_MAX,
    DocumentHead,
    DocumentQuery,
    RatedDocument,
)
from lineshaft.services.billing.receivables.service import Receivables
from lineshaft.services.billing.rendering.service import Renderings
from lineshaft.services.billing.service import Billing
from lineshaft.services.contracts.errors import NotInForce
from lineshaft.services.contracts.model import Contract
from lineshaft.services.contracts.service import Contracts


class ClosingParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the use cases of the close take."""

    contracts: Contracts
    billing: Billing
    receivables: Receivables
    renderings: Renderings
    authorizer: Authorizer
    clock: Clock


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """What the document of a period would be, and what is in its way.

    Attributes:
        shortfalls: what blocks it; empty when it is ready.
    """

    rated: RatedDocument
    shortfalls: tuple[Shortfall, ...]

    @property
    def refusals(self) -> int:
        """Readings that were refused or excluded in its usage."""
        return sum(each.refusal_count + each.exclusion_count for each in self.rated.usage)


class Closing:
    """The month's close: it only reads; what is done about a row is done where it belongs."""

    def __init__(self, parts: ClosingParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts

    def zones(self, actor: Actor) -> list[str]:
        """Return the time zones of the contracts, by name.

        Raises:
            Forbidden: when the actor may not issue documents.
        """
        return sorted({contract.time_zone for contract in self._contracts(actor)})

    def month(
        self, actor: Actor, month: Month, zone: str | None = None, after: str | None = None
    ) -> ClosePage:
        """Return the periods that begin in a month, of a page of the contracts, by their ids.

        Args:
            actor: who asks.
            month: by the calendar of each contract's own zone.
            zone: only contracts of this one; None: of all.
            after: id of a contract, to go on behind it.

        Raises:
            Forbidden: when the actor may not issue documents.
        """
        found = [
            contract
            for contract in self._contracts(actor)
            if zone in (None, contract.time_zone) and (after is None or contract.id > after)
        ]
        page = found[:CLOSE_CONTRACTS_MAX]
        rows = [row for contract in page for row in self._rows(actor, contract, month)]
        is_last = len(found) <= CLOSE_CONTRACTS_MAX
        return ClosePage(rows=tuple(rows), next=None if is_last else page[-1].id)

    def check(self, actor: Actor, contract_id: str, period: Period) -> Readiness:
        """Measure and rate a period, and say what blocks its document; nothing is kept.

        Raises:
            ContractNotFound: when there is no such contract, or the actor may not see it.
            NotInForce: when no activated version covers the whole period.
        """
        rated = self._parts.billing.preview(actor, contract_id, period)
        return Readiness(rated=rated, shortfalls=shortfalls(rated))

    def _contracts(self, actor: Actor) -> list[Contract]:
        everything = Resource("contract", "*")
        self._parts.authorizer.authorize(actor, Action.INVOICE_ISSUE, everything)
        found = [record.contract for record in self._parts.contracts.contracts(actor)]
        return sorted(found, key=lambda contract: contract.id)

    def _rows(self, actor: Actor, contract: Contract, month: Month) -> list[CloseRow]:
        within = month.within(zone_named(contract.time_zone))
        query = DocumentQuery(contract=contract.id, within=within, limit=DOCUMENTS_PAGE_MAX)
        heads = self._parts.billing.documents(actor, query)
        return [
            self._row(actor, contract, period, [h for h in heads if h.period == period][::-1])
            for period in periods_in(contract, within)
        ]

    def _row(
        self, actor: Actor, contract: Contract, period: Period, documents: list[DocumentHead]
    ) -> CloseRow:
        parts = self._parts
        try:
            bound = parts.contracts.in_force(actor, contract.id, period)
        except NotInForce:
            return CloseRow(contract=contract, period=period, step=CloseStep.DRAFT)
        claims = parts.receivables.claims(actor, documents[0].number) if documents else []
        step = step_of(period, documents, claims, parts.clock.now())
        if step is CloseStep.ISSUED and parts.renderings.is_made(actor, documents[-1].number):
            step = CloseStep.HANDED_OUT
        return CloseRow(
            contract=bound,
            period=period,
            step=step,
            documents=tuple(documents),
            claims=tuple(claims),
        )
