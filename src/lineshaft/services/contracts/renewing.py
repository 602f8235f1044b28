"""What a contract does by itself: it renews by its term, and says beforehand that it will, or ends.

Nobody acts then; what the terms say becomes an act once it is due, so that it stands in the life of
the contract, is audited, and is told to the customer.
"""

from collections.abc import Iterator
from itertools import groupby, islice
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import UNSET

from lineshaft.core.period import US_PER_DAY, Instant, Period, format_instant, zone_named
from lineshaft.infrastructure.database import UnitOfWork
from lineshaft.security.authorisation.model import SYSTEM_WORKER, Action
from lineshaft.services.contracts.activation import Activation
from lineshaft.services.contracts.contract import Contract
from lineshaft.services.contracts.life import ActKind, ContractLife, reigns
from lineshaft.services.contracts.parts import ContractParts

REMINDED_US = 30 * US_PER_DAY
"""So long before the last instant for notice, or before a fixed end, the customer is reminded."""
BATCH_CONTRACTS_MAX = 250
"""Contracts that are in memory at once."""
ACTS_OF_RUN_MAX = 1_000
"""Acts of one contract that one run records; the next run goes on."""


class DueAct(msgspec.Struct, frozen=True):
    """An act that the terms of a contract say.

    Attributes:
        contract: the version that says so.
        at: since when it holds.
    """

    contract: Contract
    kind: ActKind
    at: Instant
    detail: dict[str, Any]

    @property
    def key(self) -> tuple[ActKind, str]:
        """What makes it the same act: that it is of this boundary of a term."""
        return self.kind, str(self.detail["term_end"])


def due_acts(life: ContractLife, now: Instant) -> Iterator[DueAct]:
    """Yield what the terms of the binding versions say until now and is not recorded, in order.

    A version that another one replaces at the end of its term does not renew, and neither does one
    that ends there.
    """
    known = {(act.kind, act.detail.get("term_end")) for act in life.acts}
    for contract, span in reigns(life.records):
        for due in _said(contract, span, now):
            if due.key not in known:
                yield due


def _said(contract: Contract, span: Period, now: Instant) -> Iterator[DueAct]:
    """Yield what a version says by itself while it holds."""
    if contract.renewal is UNSET:
        if span.end == contract.ends_at:
            yield from _reminder(contract, span, (span.end, span.end), now)
        return
    zone = zone_named(contract.time_zone)
    for term in contract.renewal.terms(contract.starts_at, zone):
        if term.start >= span.end or term.start > now:
            return
        if span.start < term.start:
            yield DueAct(contract, ActKind.RENEW, term.start, _detail(term.start))
        if span.start <= term.start and term.end < span.end:
            notice = contract.renewal.notice_until(term, zone)
            yield from _reminder(contract, term, (term.end, notice), now)
        elif term.end == span.end == contract.ends_at:
            yield from _reminder(contract, term, (term.end, term.end), now)


def _reminder(
    contract: Contract, term: Period, place: tuple[Instant, Instant], now: Instant
) -> Iterator[DueAct]:
    """Yield that a term will end, until it is too late to do something about it."""
    end, notice = place
    at = max(term.start, Instant(notice - REMINDED_US))
    if at <= now < notice:
        detail = _detail(end)
        if contract.ends_at != end:
            detail["notice_until"] = format_instant(notice)
        yield DueAct(contract, ActKind.REMIND, at, detail)


def _detail(term_end: Instant) -> dict[str, Any]:
    return {"term_end": format_instant(term_end)}


class Renewals:
    """Records what is due; each act once, whole or not at all, however often this runs."""

    def __init__(self, parts: ContractParts, activation: Activation) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._activation = activation

    def record_due(self) -> int:
        """Record what the terms of all contracts say until now; return how many acts.

        Act, event and audit entry are one transaction for each contract. Nobody is asked whether
        they may: both sides agreed to it with the contract.
        """
        parts, now = self._parts, self._parts.clock.now()
        with parts.database.read() as connection:
            ids = parts.store.activated(connection, None)
        count = 0
        for at in range(0, len(ids), BATCH_CONTRACTS_MAX):
            with parts.database.read() as connection:
                records = parts.store.versions_of(connection, ids[at : at + BATCH_CONTRACTS_MAX])
                due = [
                    id_
                    for id_, versions in groupby(records, key=lambda one: one.contract.id)
                    if any(due_acts(life := ContractLife(list(versions), ()), now))
                    and any(due_acts(self._with_acts(connection, life), now))
                ]
            count += sum(self._record(id_, now) for id_ in due)
        return count

    def _with_acts(self, connection: sa.Connection, life: ContractLife) -> ContractLife:
        acts = self._parts.store.acts(connection, life.last.contract.id)
        return ContractLife(life.records, acts)

    def _record(self, id_: str, now: Instant) -> int:
        with self._parts.database.unit_of_work() as unit:
            unit.lock(f"contract:{id_}")
            versions = self._parts.store.versions(unit.connection, id_)
            life = self._with_acts(unit.connection, ContractLife(versions, ()))
            due = list(islice(due_acts(life, now), ACTS_OF_RUN_MAX))
            for each in due:
                self._note(unit, each)
        return len(due)

    def _note(self, unit: UnitOfWork, due: DueAct) -> None:
        said = due.kind, due.at, due.detail
        act = self._activation.note(unit, SYSTEM_WORKER, due.contract, said)
        self._activation.announce(unit, act, due.contract)
        detail = {"version": act.version, "act": str(act.kind), "number": act.number}
        subject = f"contract/{due.contract.id}"
        self._parts.audit.append(
            unit.connection, SYSTEM_WORKER, Action.CONTRACT_CHANGE, subject, detail
        )
