"""The life of a contract: what may follow on what, and what was in force when; pure.

Nothing that was agreed is ever changed: acts are added, and a change of terms is the next version.
Valid time is when something holds; knowledge time is when it was recorded.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec

from lineshaft.core.errors import PreconditionFailed
from lineshaft.core.period import Instant, Period, format_instant, parse_instant
from lineshaft.services.contracts.contract import Contract, ContractRecord

_END_OF_TIME = Instant(2**63 - 1)


class ActRefused(PreconditionFailed):
    """The contract is not in a state in which this can be done with it."""


class ContractState(StrEnum):
    """Where a version of a contract stands."""

    DRAFT = "draft"
    OFFERED = "offered"
    EXPIRED = "expired"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class ActKind(StrEnum):
    """What somebody does with a contract."""

    AMEND = "amend"
    OFFER = "offer"
    WITHDRAW = "withdraw"
    ACCEPT = "accept"
    ACTIVATE = "activate"
    EXCHANGE = "exchange"
    PAUSE = "pause"
    RESUME = "resume"
    RENEW = "renew"
    """By somebody, or by its term."""
    REMIND = "remind"
    """That it will renew or end; by its term."""
    END = "end"
    PURCHASE = "purchase"
    """Of a leased machine, by the option of its lease."""
    RETURN = "return"
    """Of a machine: it leaves its place and nobody follows."""


ALLOWED: dict[ContractState, frozenset[ActKind]] = {
    ContractState.DRAFT: frozenset(
        {ActKind.AMEND, ActKind.OFFER, ActKind.WITHDRAW, ActKind.ACTIVATE}
    ),
    ContractState.OFFERED: frozenset({ActKind.OFFER, ActKind.WITHDRAW, ActKind.ACCEPT}),
    ContractState.EXPIRED: frozenset({ActKind.AMEND, ActKind.OFFER, ActKind.WITHDRAW}),
    ContractState.ACCEPTED: frozenset({ActKind.ACTIVATE}),
    ContractState.WITHDRAWN: frozenset({ActKind.AMEND}),
    ContractState.ACTIVE: frozenset(
        {ActKind.AMEND, ActKind.EXCHANGE, ActKind.PAUSE, ActKind.RENEW, ActKind.END}
        | {ActKind.PURCHASE, ActKind.RETURN}
    ),
    ContractState.PAUSED: frozenset(
        {ActKind.AMEND, ActKind.EXCHANGE, ActKind.RESUME, ActKind.RENEW, ActKind.END}
        | {ActKind.PURCHASE, ActKind.RETURN}
    ),
    ContractState.ENDED: frozenset({ActKind.AMEND}),
}
"""What may be done in which state. A draft that both sides have signed on paper is activated as it
is; what was offered here binds only once it was accepted here. What a contract does by its term is
in `renewing`."""


class ContractAct(msgspec.Struct, frozen=True):
    """What somebody did with a contract; never changed.

    Attributes:
        number: its place among the acts of the contract, from 1 on.
        version: that it is about; for a change, the version that says it.
        at: since when it holds (valid time).
        recorded_at: when it was written down (knowledge time).
        recorded_by, recorded_name: who did it.
        detail: what else is said of it, such as a reason or the record of an acceptance.
    """

    contract: str
    number: int
    kind: ActKind
    version: int
    at: Instant
    recorded_at: Instant
    recorded_by: str
    recorded_name: str
    detail: dict[str, Any]

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {
            "number": self.number,
            "kind": str(self.kind),
            "version": self.version,
            "at": format_instant(self.at),
            "recorded_at": format_instant(self.recorded_at),
            "recorded_by": self.recorded_by,
            "recorded_name": self.recorded_name,
            "detail": self.detail,
        }


class ContractLife(msgspec.Struct, frozen=True):
    """All versions of a contract and all that was done with it, in order."""

    records: Sequence[ContractRecord]
    acts: Sequence[ContractAct]

    def known_at(self, known_at: Instant) -> "ContractLife":
        """Return what was known at an instant."""
        return ContractLife(
            [
                record if record.activated_at is None or record.activated_at <= known_at
                else ContractRecord(record.contract, record.created_at, None)
                for record in self.records
                if record.created_at <= known_at
            ],
            [act for act in self.acts if act.recorded_at <= known_at],
        )  # fmt: skip

    def record(self, version: int) -> ContractRecord:
        """Return a version, which must be among them."""
        return next(each for each in self.records if each.contract.version == version)

    @property
    def last(self) -> ContractRecord:
        """The last version, whatever its state."""
        return self.records[-1]

    @property
    def binding(self) -> ContractRecord | None:
        """The last version that binds; None while there is none."""
        bound = [record for record in self.records if record.activated_at is not None]
        return bound[-1] if bound else None

    def in_force(self, instant: Instant) -> Contract | None:
        """Return the version that holds at an instant of valid time."""
        return next((each for each, span in reigns(self.records) if span.contains(instant)), None)

    def state(self, version: int, now: Instant) -> ContractState:
        """Return where a version stands at an instant."""
        record = self.record(version)
        if record.activated_at is not None:
            return _bound_state(record.contract, now)
        later = [each for each in self.records if each.contract.version > version]
        if any(each.activated_at is not None for each in later):
            return ContractState.WITHDRAWN
        said = [act for act in self.acts if act.version == version]
        kinds = [act.kind for act in said]
        if ActKind.WITHDRAW in kinds:
            return ContractState.WITHDRAWN
        if ActKind.ACCEPT in kinds:
            return ContractState.ACCEPTED
        offers = [act for act in said if act.kind is ActKind.OFFER]
        if not offers:
            return ContractState.DRAFT
        is_open = now < parse_instant(offers[-1].detail["valid_until"])
        return ContractState.OFFERED if is_open else ContractState.EXPIRED

    def check(self, kind: ActKind, version: int, now: Instant) -> None:
        """Pass what may follow in the state that a version is in.

        Raises:
            ActRefused: otherwise.
        """
        state = self.state(version, now)
        if kind not in ALLOWED[state]:
            expected = " or ".join(each for each in ALLOWED if kind in ALLOWED[each])
            msg = f"cannot {kind} version {version} of contract {self.last.contract.id}: it is "
            msg += f"{state}, expected {expected}"
            raise ActRefused(msg, contract=self.last.contract.id)

    def is_shown_to_customer(self, version: int) -> bool:
        """Tell whether the customer may know of a version: it binds, or was offered."""
        return self.record(version).activated_at is not None or any(
            act.kind is ActKind.OFFER and act.version == version for act in self.acts
        )


def _bound_state(contract: Contract, now: Instant) -> ContractState:
    if contract.ends_at is not None and contract.ends_at <= now:
        return ContractState.ENDED
    is_paused = bool(contract.paused(Period(now, Instant(now + 1))))
    return ContractState.PAUSED if is_paused else ContractState.ACTIVE


def reigns(records: Sequence[ContractRecord]) -> list[tuple[Contract, Period]]:
    """Return the activated versions with the time that each holds: see `reigns_of`."""
    return reigns_of([each.contract for each in records if each.activated_at is not None])


def reigns_of(versions: Sequence[Contract]) -> list[tuple[Contract, Period]]:
    """Return versions that bind with the time that each holds, disjoint, in time order.

    A version holds from its start until it ends or a later version begins: a later version always
    replaces the earlier ones, also where it ends before they would.

    Args:
        versions: the first one first.
    """
    found: list[tuple[Contract, Period]] = []
    until = _END_OF_TIME
    for contract in reversed(versions):
        end = until if contract.ends_at is None else min(until, contract.ends_at)
        if contract.starts_at < end:
            found.append((contract, Period(contract.starts_at, end)))
        until = min(until, contract.starts_at)
    return found[::-1]


def billed_within(contract: Contract, reign: Period, instant: Instant) -> Period:
    """Return the billed period of a version around an instant, cut to the time that it holds.

    So the periods of a contract touch without a gap or an overlap, whatever versions change.
    """
    period = contract.billed_period(instant)
    return Period(max(period.start, reign.start), min(period.end, reign.end))
