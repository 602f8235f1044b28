"""The close of a month: the documents of many contracts, read, rated and issued in batches.

A document is the same as when it is issued alone: the same rating of the same usage, written by
the same `Issuer`. What is shared is the way to it: the readings of a batch are read at once, and a
transaction holds several documents. Each is whole, so a close that was killed is just begun again,
and two that run at once share the work: what the other has issued is passed over.
"""

from collections.abc import Iterator, Sequence

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from lineshaft.core.errors import InvariantError, Refusal, Unavailable
from lineshaft.core.month import Month
from lineshaft.core.period import Instant, Period, zone_named
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.services.billing.errors import PeriodNotOver, PeriodOverlaps
from lineshaft.services.billing.gate import Gate
from lineshaft.services.billing.issuing import Draft, Issuer, first_draft
from lineshaft.services.billing.model import DocumentHead, RatedDocument
from lineshaft.services.billing.month.model import Closed, NotIssued
from lineshaft.services.billing.parts import BillingParts
from lineshaft.services.contracts.model import Contract, billed_within, reigns_of

BATCH_CONTRACTS_MAX = 250
"""Contracts of one batch: their readings are read at once and are in memory together."""
TOGETHER_MAX = 20
"""Documents of one transaction: other writers wait no longer than for 20 documents."""


class _Batch(msgspec.Struct):
    """What is found on the way through one batch."""

    due: list[tuple[Contract, Period]] = msgspec.field(default_factory=list)
    drafts: list[Draft] = msgspec.field(default_factory=list)
    issued: int = 0
    found: int = 0
    left: list[NotIssued] = msgspec.field(default_factory=list)

    def take(self, rated: RatedDocument, refused: Refusal | None) -> None:
        if refused is None:
            self.drafts.append(first_draft(rated))
        else:
            self.leave(rated.contract.id, rated.period, refused)

    def leave(self, contract: str, period: Period | None, error: Refusal) -> None:
        self.left.append(NotIssued(contract, period, f"{type(error).__name__}: {error}"))


class MonthClose:
    """Issues what is due for a month, batch by batch."""

    def __init__(self, parts: BillingParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts, self._issuer = parts, Issuer(parts)

    def batches(self, actor: Actor) -> list[list[str]]:
        """Return the ids of all contracts that bind, cut into batches.

        Raises:
            Forbidden: when the actor may not issue documents.
        """
        self._parts.authorizer.authorize(actor, Action.INVOICE_ISSUE, Resource("contract", "*"))
        ids = self._parts.contracts.activated(actor)
        return [
            ids[at : at + BATCH_CONTRACTS_MAX] for at in range(0, len(ids), BATCH_CONTRACTS_MAX)
        ]

    def close(self, actor: Actor, month: Month, contracts: Sequence[str]) -> Closed:
        """Issue every document of a month that the contracts of a batch have not had yet.

        A contract that cannot be billed is left, with the reason, and holds up no other.

        Args:
            actor: who asks.
            month: which; the parts of it that contracts cover are billed by their own periods.
            contracts: at most `BATCH_CONTRACTS_MAX` ids.

        Raises:
            Unavailable: when the database or the store does not answer; what was issued stands.
        """
        if len(contracts) > BATCH_CONTRACTS_MAX:
            msg = f"a batch of {len(contracts)} contracts: at most {BATCH_CONTRACTS_MAX}"
            raise InvariantError(msg)
        batch = _Batch()
        self._find_due(actor, month, sorted(set(contracts)), batch)
        if batch.due:
            known_at = self._parts.metering.settle(self._parts.clock.now())
            self._rate(actor, batch, known_at)
        for at in range(0, len(batch.drafts), TOGETHER_MAX):
            self._issue(actor, batch, batch.drafts[at : at + TOGETHER_MAX])
        return Closed(batch.issued, batch.found, tuple(batch.left))

    def _find_due(self, actor: Actor, month: Month, ids: Sequence[str], batch: _Batch) -> None:
        """Find the periods of contracts that have no document yet."""
        bound = self._parts.contracts.bound(actor, ids)
        for id_ in ids:
            try:
                found = list(due_periods(bound.get(id_, ()), month))
            except Refusal as error:
                batch.leave(id_, None, error)
                continue
            resources = [
                Resource("contract", id_, organisation=contract.organisation)
                for contract, _ in found
            ]
            for resource in resources:
                self._parts.authorizer.authorize(actor, Action.INVOICE_ISSUE, resource)
            batch.due += found
        with self._parts.database.read() as connection:
            there = self._there(connection, batch.due)
        open_ = []
        for contract, period in batch.due:
            try:
                is_there = _is_among(there.get(contract.id, ()), period)
            except Refusal as error:
                batch.leave(contract.id, period, error)
                continue
            batch.found += is_there
            open_ += [] if is_there else [(contract, period)]
        batch.due = open_

    def _there(
        self, connection: sa.Connection, due: Sequence[tuple[Contract, Period]]
    ) -> dict[str, list[DocumentHead]]:
        """Return the documents of the time that is due, by contract."""
        if not due:
            return {}
        start, end = min(each.start for _, each in due), max(each.end for _, each in due)
        ids = sorted({contract.id for contract, _ in due})
        there: dict[str, list[DocumentHead]] = {}
        for head in self._parts.store.within(connection, ids, Period(start, end)):
            there.setdefault(head.contract, []).append(head)
        return there

    def _rate(self, actor: Actor, batch: _Batch, known_at: Instant) -> None:
        """Rate what is due and over, from readings that are read at once."""
        due = [(contract, period) for contract, period in batch.due if period.end <= known_at]
        for contract, period in batch.due:
            if period.end > known_at:
                batch.leave(contract.id, period, PeriodNotOver(f"{period} is not over"))
        if not due:
            return
        wanted = [one for contract, period in due for one in contract.measurements(period)]
        metering = self._parts.metering.ahead(wanted, known_at)
        issuer, gate = Issuer(replace(self._parts, metering=metering)), Gate(metering)
        for contract, period in due:
            try:
                rated = issuer.rate(actor, contract, period, known_at)
                batch.take(*gate.judge(actor, rated, None))
            except Unavailable:
                raise
            except Refusal as error:
                batch.leave(contract.id, period, error)

    def _issue(self, actor: Actor, batch: _Batch, together: Sequence[Draft]) -> None:
        """Issue documents in one transaction; where one of them is refused, each in its own."""
        try:
            issued = self._written(actor, together)
        except Unavailable:
            raise
        except Refusal as error:
            if len(together) == 1:
                rated = together[0].rated
                batch.leave(rated.contract.id, rated.period, error)
                return
            for draft in together:
                self._issue(actor, batch, [draft])
            return
        batch.issued += issued
        batch.found += len(together) - issued

    def _written(self, actor: Actor, together: Sequence[Draft]) -> int:
        """Write those documents that nobody has written meanwhile; return how many.

        All locks are taken at the start and in one order, so that no two can wait for each other.
        """
        due = [(draft.rated.contract, draft.rated.period) for draft in together]
        with self._parts.database.unit_of_work() as unit:
            for id_ in sorted({contract.id for contract, _ in due}):
                unit.lock(f"billing:{id_}")
            there = self._there(unit.connection, due)
            new = [
                draft
                for draft, (contract, period) in zip(together, due, strict=True)
                if not _is_among(there.get(contract.id, ()), period)
            ]
            self._issuer.write(unit, actor, new)
        return len(new)


def due_periods(versions: Sequence[Contract], month: Month) -> Iterator[tuple[Contract, Period]]:
    """Yield the billed periods of a contract that end in a month, those of the last version first.

    Each version bills what it covers, by its own billed periods, up to where the next one begins.
    What comes before the first one is its opening, where fees are billed in advance.

    Args:
        versions: those that bind, the first one first.
        month: in the time zone of each version.
    """
    held = reigns_of(versions)
    for contract, reign in reversed(held):
        span = month.within(zone_named(contract.time_zone))
        at, last = max(span.start, reign.start), min(span.end, reign.end)
        while at < last:
            period = billed_within(contract, reign, at)
            if period.end <= span.end:
                yield contract, period
            at = period.end
    first = held[0][0] if held else None
    opening = None if first is None else first.opening
    if first is not None and opening is not None:
        span = month.within(zone_named(first.time_zone))
        if span.start < opening.end <= span.end:
            yield first, opening


def _is_among(heads: Sequence[DocumentHead], period: Period) -> bool:
    """Tell whether a period is among the documents of its contract.

    Raises:
        PeriodOverlaps: when one of them covers a part of it.
    """
    for head in heads:
        if head.period.start < period.end and period.start < head.period.end:
            if head.period == period:
                return True
            msg = f"cannot bill {period}: document {head.number} covers {head.period}"
            raise PeriodOverlaps(msg, contract=head.contract)
    return False
