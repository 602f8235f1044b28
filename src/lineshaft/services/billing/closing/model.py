"""The close of a month as a list of billed periods, each at a step: pure."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from lineshaft.core.period import Instant, Period
from lineshaft.services.billing.model import DocumentHead
from lineshaft.services.billing.receivables.model import Claim, PaymentState
from lineshaft.services.contracts.model import Contract

CLOSE_CONTRACTS_MAX = 50
"""Contracts of one page of the list."""


class CloseStep(StrEnum):
    """How far a billed period is, from first to last."""

    DRAFT = "draft"
    """No version of the contract is activated for it."""
    NOT_OVER = "not_over"
    TO_BILL = "to_bill"
    """It is over and has no document."""
    ISSUED = "issued"
    HANDED_OUT = "handed_out"
    """The files of its last document are made and frozen."""
    PAID = "paid"


class CloseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A billed period that begins in the month.

    Attributes:
        contract: in the version that binds then; the last version of a draft.
        documents: of the period, in order.
        claims: what is open of each.
    """

    contract: Contract
    period: Period
    step: CloseStep
    documents: tuple[DocumentHead, ...] = ()
    claims: tuple[Claim, ...] = ()

    @property
    def is_disputed(self) -> bool:
        """Whether one of its documents waits for an answer."""
        return any(claim.dispute is not None for claim in self.claims)

    @property
    def is_overdue(self) -> bool:
        """Whether one of its documents is not paid in time."""
        return any(claim.state is PaymentState.OVERDUE for claim in self.claims)


class ClosePage(msgspec.Struct, frozen=True, kw_only=True):
    """The periods of some contracts.

    Attributes:
        next: id of a contract to go on behind; None after the last one.
    """

    rows: tuple[CloseRow, ...]
    next: str | None


def periods_in(contract: Contract, month: Period) -> list[Period]:
    """Return the billed periods of a contract that begin in a month, its opening before them."""
    opening = contract.opening
    found = [] if opening is None or not month.contains(opening.start) else [opening]
    at, end = max(month.start, contract.starts_at), month.end
    if contract.ends_at is not None:
        end = min(end, contract.ends_at)
    while at < end:
        period = contract.billed_period(at)
        if period.start >= month.start:
            found.append(period)
        at = Instant(period.end)
    return found


def step_of(
    period: Period, documents: Sequence[DocumentHead], claims: Sequence[Claim], now: Instant
) -> CloseStep:
    """Return how far an activated period is, but for whether its files are made."""
    if not documents:
        return CloseStep.TO_BILL if period.end <= now else CloseStep.NOT_OVER
    is_paid = all(claim.state is PaymentState.PAID for claim in claims)
    return CloseStep.PAID if is_paid else CloseStep.ISSUED
